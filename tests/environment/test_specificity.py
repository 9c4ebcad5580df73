"""What speaks first: the match that says more, stands in the error, and is narrowed by facts."""

from __future__ import annotations

import re

import pytest

from paddle_lab.environment.blame import read
from paddle_lab.environment.matching import Searcher
from paddle_lab.environment.specificity import (
    LAST,
    OF_A_FACT,
    OF_A_PLACE,
    conditions,
    rank,
    regions,
    score,
)

NOISE = "warning: libfoo.so.1 is old\n"
ERROR = (
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n'
    "ImportError: libbar.so.2: cannot open shared object file\n"
)


def ranked(pattern: str, text: str, facts: int = 0) -> float:
    compiled = re.compile(pattern)
    match = Searcher(text).search(compiled)
    assert match is not None
    return rank([(compiled, match)], [], facts, regions(text, read(text)))


def test_fixed_characters_count_and_wildcards_do_not() -> None:
    assert ranked(r"lib\w+ is old", "libfoo is old") == len("lib") + len(" is old")
    assert ranked(r".*", "anything at all") == 0


def test_of_alternatives_one_counts() -> None:
    loose = r"(?:jupyter|notebook|kernel)[^\n]{0,60}(?:not found|environment)"
    text = "the jupyter kernel of this environment: model not found"
    assert ranked(loose, text) == len("jupyter") + len("environment")


def test_a_line_that_says_an_error_is_as_good_as_a_traceback() -> None:
    text = "# OMP: Error #15: libiomp5md.dll is there twice\ncuDNN version: None\n"
    assert ranked("libiomp5", text) == len("libiomp5") + OF_A_PLACE
    assert ranked("cuDNN version", text) == len("cuDNN version")


def test_a_match_in_the_error_beats_one_in_what_was_printed_before() -> None:
    text = NOISE + ERROR
    assert ranked(r"libbar\.so", text) == ranked(r"libfoo\.so", text) + OF_A_PLACE


def test_facts_count_each_and_alternatives_once() -> None:
    fact = {"fact": "a", "equals": 1}
    assert conditions({"all": [fact, {"any": [fact, {"all": [fact, fact]}]}]}) == 2
    assert conditions(None) == 0
    assert ranked("old", NOISE, facts=2) == ranked("old", NOISE) + 2 * OF_A_FACT


@pytest.mark.parametrize("value", [0.0, 1.0, 30.0, 10_000.0])
def test_what_speaks_last_stays_below_all_others(value: float) -> None:
    assert score(value, last=True) < LAST <= score(0, last=False) <= score(value, last=False) < 40
