"""Looking for what a model's vocabulary lacks of the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.data.unread import Unread
from paddle_lab.tasks.encoding import limited, unknown_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from paddle_lab.data import Dataset

#: Rows of each part that are looked at, evenly taken from all: enough for a share.
MOST_ROWS: Final = 5000
_EXAMPLES: Final = 200  # texts whose unknown pieces are looked up
_PIECES: Final = 5
_GROUP: Final = 1000


def unread_of(
    tokenizer_json: str, model: str, max_len: int, parts: Mapping[str, Dataset]
) -> Unread:
    """What ``model`` does not know of the texts, by the first ``max_len`` tokens of each."""
    tokenizer = limited(tokenizer_json, max_len)
    unknown = unknown_id(tokenizer)
    tokens = missing = rows = 0
    strange: list[str] = []
    unreadable: list[tuple[Dataset, int, str]] = []
    for part in parts.values():
        step = max(1, len(part) // MOST_ROWS)
        chosen = list(range(0, len(part), step))
        rows += len(chosen)
        nothing: dict[int, str] = {}
        for row, text, ids in _encoded(tokenizer, part, chosen):
            found = ids.count(unknown) if unknown is not None else 0
            tokens += len(ids)
            missing += found
            if found and len(strange) < _EXAMPLES:
                strange.append(text)
            if found and found == len(ids):
                nothing.setdefault(row, text)
        unreadable += [(part, row, text) for row, text in nothing.items()]
    first = unreadable[0] if unreadable else None
    return Unread(
        model,
        rows,
        tokens,
        missing,
        _pieces(tokenizer, strange, unknown),
        len(unreadable),
        first[2] if first else "",
        first[0].where(first[1]) if first else None,
    )


def _encoded(
    tokenizer: Tokenizer, part: Dataset, rows: list[int]
) -> Iterator[tuple[int, str, list[int]]]:
    """Each text of the rows with its token ids, without special ones."""
    for values in part.given.values():
        texts = [(row, values[row]) for row in rows if isinstance(values[row], str)]
        for start in range(0, len(texts), _GROUP):
            group = texts[start : start + _GROUP]
            encodings = tokenizer.encode_batch_fast(
                [text for _, text in group], add_special_tokens=False
            )
            for (row, text), encoding in zip(group, encodings, strict=True):
                yield row, text, encoding.ids


def _pieces(tokenizer: Tokenizer, texts: list[str], unknown: int | None) -> tuple[str, ...]:
    """The commonest pieces of the texts that are unknown."""
    counts: Counter[str] = Counter()
    for text in texts:
        encoding: Any = tokenizer.encode(text, add_special_tokens=False)
        counts.update(
            text[start:end]
            for token, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)
            if token == unknown
        )
    return tuple(piece for piece, _ in counts.most_common(_PIECES))
