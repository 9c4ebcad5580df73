"""Texts to windows of tokens, scores of tags to spans of the texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from paddle_lab.tasks.codec import (
    TOKENS,
    Agreement,
    FloatArray,
    IntArray,
    Outputs,
    Rows,
    Signature,
    TensorSpec,
    Windows,
)
from paddle_lab.tasks.encoding import TextEncoder, as_texts
from paddle_lab.tasks.neutral import NEUTRAL_TEXTS
from paddle_lab.tasks.tag.alignment import spans_of_path, tag_count
from paddle_lab.tasks.tag.viterbi import Scores, best_paths, path_score

EMISSIONS = "emissions"


@dataclass(frozen=True)
class Found:
    """A span that was found: characters ``start`` to ``end`` (exclusive), its type, its text."""

    start: int
    end: int
    label: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return {"start": self.start, "end": self.end, "label": self.label, "text": self.text}


@dataclass(frozen=True)
class Answer:
    """The spans of one text, in its order and without overlaps.

    ``truncated``: the text was longer than the model reads and its end was not seen. ``windows``:
    how many pieces a long text was read in. ``empty``: there was nothing that the model could read.
    """

    spans: tuple[Found, ...]
    truncated: bool = False
    windows: int = 1
    empty: bool = False

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return {
            "spans": [span.to_json() for span in self.spans],
            "truncated": self.truncated,
            "windows": self.windows,
            "empty": self.empty,
        }


@dataclass(frozen=True)
class Chain:
    """The tokens of one whole text: scores [tokens, tags] and offsets [tokens, 2]."""

    emissions: FloatArray
    offsets: IntArray


class TagCodec:
    """The types of spans in the order of their tags, the transitions, and the tokenizer.

    ``transitions`` [tags, tags] are zero until training has taught them.
    """

    def __init__(
        self,
        tokenizer_json: str,
        max_len: int,
        types: Sequence[str],
        transitions: Scores | None = None,
    ) -> None:
        self.types = list(types)
        self._json, self._max_len = tokenizer_json, max_len
        tags = tag_count(len(self.types))
        self.transitions = np.zeros((tags, tags)) if transitions is None else transitions
        self._encoder = TextEncoder(tokenizer_json, max_len, offsets=True)

    @property
    def signature(self) -> Signature:
        """Two inputs of token ids; ``emissions`` [rows, tokens, tags]."""
        tags = tag_count(len(self.types))
        return Signature(TOKENS, (TensorSpec(EMISSIONS, ("rows", "tokens", tags)),))

    @property
    def pad_id(self) -> int:
        """The id of the padding token."""
        return self._encoder.pad_id

    def with_transitions(self, transitions: Scores) -> TagCodec:
        """The same with other transitions."""
        return TagCodec(self._json, self._max_len, self.types, transitions)

    def rows_of(self, values: Any) -> Rows:
        """A text or a list of texts. Raises DataError, with the number, for what is no text."""
        return {"text": as_texts(values)}

    def encode(self, rows: Rows, long_text: str = "windows") -> Windows:
        """Tokens of each text with their characters."""
        return self._encoder.encode(rows["text"], long_text=long_text)

    def decode(self, rows: Rows, windows: Windows, outputs: Outputs) -> list[Answer]:
        """The spans of the best path that BIO allows; windows of a text are put together before."""
        chains = chains_of(windows, outputs[EMISSIONS])
        paths = best_paths([chain.emissions for chain in chains], self.transitions)
        pieces = np.bincount(windows.owner, minlength=len(chains))
        return [
            self._answer(text, chain, path, windows, row, int(pieces[row]))
            for row, (text, chain, path) in enumerate(zip(rows["text"], chains, paths, strict=True))
        ]

    def _answer(
        self, text: str, chain: Chain, path: IntArray, windows: Windows, row: int, pieces: int
    ) -> Answer:
        spans = spans_of_path(path.tolist(), chain.offsets, self.types)
        found = tuple(Found(*span, text[span.start : span.end]) for span in spans)
        return Answer(found, windows.truncated[row], pieces, windows.empty[row])

    def agree(
        self, rows: Rows, windows: Windows, expected: Outputs, found: Outputs, tolerance: float
    ) -> Agreement:
        """The same paths, or others whose score lies within the tolerance of the best.

        Each token's score may be off by the tolerance, so two paths of n tokens that differ in
        score by less than 2 n tolerances are a tie.
        """
        right, other = (chains_of(windows, outputs[EMISSIONS]) for outputs in (expected, found))
        paths, others = (
            best_paths([chain.emissions for chain in chains], self.transitions)
            for chains in (right, other)
        )
        ties = 0
        for chain, path, given in zip(right, paths, others, strict=True):
            if np.array_equal(path, given):
                continue
            best, least = (
                path_score(chain.emissions, one, self.transitions) for one in (path, given)
            )
            if best - least > 2 * len(path) * tolerance:
                return Agreement(equal=False)
            ties += 1
        return Agreement(equal=True, ties=ties)

    def neutral_rows(self) -> Rows:
        """Sentences of all lengths and kinds."""
        return {"text": list(NEUTRAL_TEXTS)}

    def to_json(self) -> dict[str, Any]:
        """``{"types": [...], "transitions": [[...], ...]}``."""
        return {"types": self.types, "transitions": self.transitions.tolist()}


def chains_of(windows: Windows, emissions: Sequence[FloatArray]) -> list[Chain]:
    """The tokens of each text, without special ones; those of several windows put together."""
    assert windows.offsets is not None and windows.sequence is not None
    tags = emissions[0].shape[1] if len(emissions) else 1
    none = Chain(np.zeros((0, tags), np.float32), np.zeros((0, 2), np.int64))
    chains = [none] * len(windows.empty)
    for index, owner in enumerate(windows.owner.tolist()):
        real = windows.sequence[index] >= 0
        chain = Chain(emissions[index][real], windows.offsets[index][real])
        chains[owner] = chain if not len(chains[owner].offsets) else joined(chains[owner], chain)
    return chains


def joined(before: Chain, after: Chain) -> Chain:
    """Two windows that share tokens as one: each keeps the half of them that is nearer to its own
    middle, where it has seen most on both sides.
    """
    shared = _shared(before.offsets, after.offsets)
    kept = len(before.offsets) - (shared - shared // 2)
    return Chain(
        np.concatenate([before.emissions[:kept], after.emissions[shared // 2 :]]),
        np.concatenate([before.offsets[:kept], after.offsets[shared // 2 :]]),
    )


def _shared(before: IntArray, after: IntArray) -> int:
    """How many tokens at the end of one are those at the start of the other."""
    for first in np.flatnonzero((before == after[0]).all(axis=1)):
        count = len(before) - int(first)
        if count <= len(after) and np.array_equal(before[first:], after[:count]):
            return count
    return 0
