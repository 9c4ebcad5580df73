"""Patterns on texts of strangers, in bounded time.

A rule's pattern may look for one word within some hundred characters of another, which a text made
for it turns into hours. Three things bound the work, whatever the pattern and the text:

- a pattern is tried only where a word is that each of its matches must hold;
- a search has a time limit, which the module ``regex`` keeps inside of the search;
- all searches in one text together have a budget, after which none is begun any more.

An ordinary text uses a few per cent of the budget, and gets the answer that ``re`` gives.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, Protocol

import regex

if sys.version_info >= (3, 11):
    from re import _constants as codes  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]
else:
    import sre_constants as codes
    import sre_parse as parser

#: Processor seconds for all searches in one text, and for one of them.
BUDGET_S: Final = 0.6
SHARE_S: Final = 0.1
_MOST_WORDS: Final = 60

Words = frozenset[str]


class Pattern(Protocol):
    """A regular expression, compiled or not."""

    @property
    def pattern(self) -> str:
        """As it is written."""

    @property
    def flags(self) -> int:
        """As :mod:`re` has them."""

    def __hash__(self) -> int:
        """What is worked out for a pattern is kept."""


class Match(Protocol):
    """What is asked of a match."""

    def groupdict(self) -> dict[str, str | None]:
        """The named groups; None for those that took no part."""

    def span(self) -> tuple[int, int]:
        """Where it begins and ends."""

    def group(self, group: int, /) -> str:
        """What matched."""


class TooCostly(Exception):
    """A pattern was given up on a text: whether it matches is not known."""


class Searcher:
    """Searches of many patterns in one text, within one budget (seconds of this thread)."""

    def __init__(self, text: str, budget: float = BUDGET_S) -> None:
        self.text = text
        self.complete = True
        self._folded = text.lower()
        self._present: dict[str, bool] = {}
        self._ends = time.thread_time() + budget

    def search(self, pattern: Pattern) -> Match | None:
        """The first match of ``pattern``, as its own ``search`` finds it.

        Raises TooCostly when the pattern's share or the whole budget is used up.
        """
        words = words_of(pattern)
        if words and not any(map(self._holds, words)):
            return None
        left = min(self._ends - time.thread_time(), SHARE_S)
        try:
            if left <= 0:
                raise TimeoutError
            found: Match | None = _limited(pattern).search(self.text, timeout=left)
        except TimeoutError:
            self.complete = False
            raise TooCostly(pattern.pattern) from None
        return found

    def _holds(self, word: str) -> bool:
        known = self._present.get(word)
        if known is None:
            known = self._present[word] = word in self._folded
        return known


@lru_cache(maxsize=4096)
def words_of(pattern: Pattern) -> Words:
    """Words in lower case of which each match holds at least one; empty when there are none."""
    tree: Any = parser.parse(pattern.pattern, pattern.flags)
    return _words_of_all(tree) or frozenset()


def fixed_characters(pattern: Pattern, found: str) -> int:
    """How many characters of ``found``, a match in lower case, the pattern fixes.

    Of alternatives the longest that ``found`` can have been counts, so a pattern gains nothing by
    the other words that it would have taken.
    """
    return _fixed_of_all(_tree(pattern), found) or 0


@lru_cache(maxsize=4096)
def _tree(pattern: Pattern) -> Any:
    return parser.parse(pattern.pattern, pattern.flags)


def _fixed_of_all(items: Iterable[tuple[Any, Any]], found: str) -> int | None:
    """Of a sequence; None where ``found`` lacks something that each of its matches holds."""
    total = 0
    run = ""
    for code, value in [*items, (None, None)]:
        if code is codes.LITERAL:
            run += chr(value).lower()
            continue
        if len(run) > 1:
            if run not in found:
                return None
            total += len(run)
        run = ""
        part = _fixed_of_one(code, value, found)
        if part is None:
            return None
        total += part
    return total


def _fixed_of_one(code: Any, value: Any, found: str) -> int | None:
    if code is codes.SUBPATTERN:
        return _fixed_of_all(value[-1], found)
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        part = _fixed_of_all(value[2], found)
        return part if value[0] else part or 0
    if code is codes.BRANCH:
        parts = [_fixed_of_all(branch, found) for branch in value[1]]
        return max((part for part in parts if part is not None), default=None)
    return 0


@lru_cache(maxsize=4096)
def _limited(pattern: Pattern) -> Any:
    """The pattern for the module whose searches can be limited; the flags mean the same there."""
    flags = regex.VERSION0
    for one in (re.IGNORECASE, re.MULTILINE, re.DOTALL, re.ASCII):
        if pattern.flags & one:
            flags |= getattr(regex, str(one.name))
    return regex.compile(pattern.pattern, flags)


def _words_of_all(items: Iterable[tuple[Any, Any]]) -> Words | None:
    """The most telling words of a sequence: each of its parts must match."""
    best: Words | None = None
    run = ""
    for code, value in [*items, (None, None)]:
        if code is codes.LITERAL:
            run += chr(value).lower()
            continue
        best = _better(best, frozenset([run]) if run else None)
        run = ""
        best = _better(best, _words_of_one(code, value))
    return best


def _words_of_one(code: Any, value: Any) -> Words | None:
    if code is codes.SUBPATTERN:
        return _words_of_all(value[-1])
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        return _words_of_all(value[2]) if value[0] else None
    if code is codes.BRANCH:
        branches = [_words_of_all(branch) for branch in value[1]]
        if any(words is None for words in branches):
            return None
        together = frozenset[str]().union(*(words for words in branches if words is not None))
        return together if len(together) <= _MOST_WORDS else None
    return None


def _better(first: Words | None, second: Words | None) -> Words | None:
    """The words that are met less often: long ones, then few."""
    if first is None or second is None:
        return first if second is None else second

    def weight(words: Words) -> tuple[int, int]:
        return min(map(len, words)), -len(words)

    return max(first, second, key=weight)
