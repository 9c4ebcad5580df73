"""A tokenizer with only the words that a domain uses, and the rows of the embedding that stay."""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from paddle_lab.tasks.codec import IntArray, Windows
from paddle_lab.tasks.encoding import limited, unknown_id

#: A word stays that occurs so often in the training rows.
LEAST_SEEN: Final = 2
#: These stay whatever the rows hold: a word or number that is not among the pieces is spelled.
_ALWAYS: Final = frozenset(string.digits + string.ascii_letters + string.punctuation)


@dataclass(frozen=True)
class TrimmedWords:
    """``tokenizer_json`` with new ids; ``kept`` [words] are the old ones, in the new order."""

    tokenizer_json: str
    kept: IntArray
    before: int


def trimmed_words(
    tokenizer_json: str, windows: Windows, least_seen: int = LEAST_SEEN
) -> TrimmedWords:
    """The tokenizer without the words that occur less than ``least_seen`` times in ``windows``.

    Special tokens, digits, Latin letters and ASCII punctuation always stay. The order stays, so
    that the first ids, padding's among them, are what they were.
    """
    content: dict[str, Any] = json.loads(tokenizer_json)
    vocabulary: dict[str, int] = content["model"]["vocab"]
    seen = np.bincount(np.concatenate(windows.ids), minlength=max(vocabulary.values()) + 1)
    prefix = content["model"].get("continuing_subword_prefix") or "##"
    special = _special(content)
    kept = {
        word: old
        for word, old in vocabulary.items()
        if word in special or word.removeprefix(prefix) in _ALWAYS or seen[old] >= least_seen
    }
    added = {token["id"] for token in content.get("added_tokens") or ()}
    order = sorted({*kept.values(), *added})
    new = {old: index for index, old in enumerate(order)}
    content["model"]["vocab"] = {
        word: new[old] for word, old in sorted(kept.items(), key=lambda item: item[1])
    }
    _renumber(content, new)
    return TrimmedWords(
        json.dumps(content, ensure_ascii=False), np.asarray(order, dtype=np.int64), len(vocabulary)
    )


def unknown_share(tokenizer_json: str, windows: Windows) -> float:
    """The share of tokens that the vocabulary does not know, 0 to 1; special ones do not count."""
    tokenizer = limited(tokenizer_json, 512)
    unknown = unknown_id(tokenizer)
    special = tokenizer.num_special_tokens_to_add(windows.type_ids is not None)
    ids = np.concatenate(windows.ids)
    words = max(1, len(ids) - special * len(windows.ids))
    return float(np.count_nonzero(ids == unknown) / words)


def _special(content: dict[str, Any]) -> set[str]:
    """The tokens that the tokenizer or the model gives a meaning."""
    found = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", str(content["model"].get("unk_token"))}
    found |= {str(token.get("content")) for token in content.get("added_tokens") or ()}
    return found | set(_tokens_of(content.get("post_processor") or {}))


def _tokens_of(post: dict[str, Any]) -> Sequence[str]:
    if post.get("type") == "BertProcessing":
        return [post["sep"][0], post["cls"][0]]
    return [token for one in post.get("special_tokens", {}).values() for token in one["tokens"]]


def _renumber(content: dict[str, Any], new: dict[int, int]) -> None:
    """Give the ids that stand beside the vocabulary their new numbers."""
    for token in content.get("added_tokens") or ():
        token["id"] = new[token["id"]]
    post = content.get("post_processor") or {}
    if post.get("type") == "BertProcessing":
        for side in ("sep", "cls"):
            post[side][1] = new[post[side][1]]
    for one in post.get("special_tokens", {}).values():
        one["ids"] = [new[old] for old in one["ids"]]
