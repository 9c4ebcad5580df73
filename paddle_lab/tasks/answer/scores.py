"""F1 and exact match as CMRC 2018 counts them; DuReader-robust is counted the same way.

The rules, in words: case does not count, nor do blanks at the ends, nor the marks in
:data:`IGNORED`. For F1 a text is its Chinese characters and the words between them
(:mod:`~paddle_lab.tasks.answer.words`); what two texts share is their longest common run of these.
Of several right answers the nearest counts. A question without an answer scores 1 when none is
given and 0 otherwise, as in SQuAD 2.0; CMRC has no such questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from paddle_lab.tasks.answer.words import latin_words

#: Marks that neither score counts. The single dot of an ellipsis is none of them: the script
#: compares single characters with "……", which two of them are.
IGNORED: Final = frozenset("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
_FIRST_CHINESE, _LAST_CHINESE = "\u4e00", "\u9fa5"


@dataclass(frozen=True)
class Score:
    """The two scores of one answer, 0 to 1."""

    f1: float
    exact: bool


def score(given: str | None, right: Sequence[str]) -> Score:
    """The scores of an answer (None: that there is none) beside the right ones."""
    if not right or given is None:
        agreed = given is None and not right
        return Score(float(agreed), agreed)
    return Score(max(f1(given, one) for one in right), any(exact(given, one) for one in right))


def exact(given: str, right: str) -> bool:
    """Whether two answers are the same but for case and ignored marks."""
    return without_marks(given) == without_marks(right)


def f1(given: str, right: str) -> float:
    """Twice the longest common run over the segments of both."""
    one, other = segments(given), segments(right)
    shared = longest_common_run(one, other)
    return 2 * shared / (len(one) + len(other)) if shared else 0.0


def without_marks(text: str) -> str:
    """``text`` in lower case without ignored marks. Blanks beside a mark stay, as in the script."""
    return "".join(char for char in text.lower().strip() if char not in IGNORED)


@lru_cache(maxsize=4096)
def segments(text: str) -> tuple[str, ...]:
    """Chinese characters and the words between them, without ignored marks."""
    found: list[str] = []
    between: list[str] = []
    for char in text.lower().strip():
        if char in IGNORED:
            continue
        if _FIRST_CHINESE <= char <= _LAST_CHINESE:
            found += latin_words("".join(between))
            found.append(char)
            between = []
        else:
            between.append(char)
    return (*found, *latin_words("".join(between)))


def longest_common_run(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest run of segments that stands in both, without a gap."""
    longest = 0
    before = [0] * (len(other) + 1)
    for segment in one:
        row = [0] * (len(other) + 1)
        for index, candidate in enumerate(other):
            if segment == candidate:
                row[index + 1] = before[index] + 1
        longest = max(longest, *row)
        before = row
    return longest
