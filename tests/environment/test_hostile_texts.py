"""Texts that strangers made: the doctor reads them in bounded time, and says what it left out."""

from __future__ import annotations

import contextlib
import random
import re
import time

import pytest
from hostile_texts import SIZE, UNITS, attacks, rule_patterns

from paddle_lab.environment import explain
from paddle_lab.environment.clues import read
from paddle_lab.environment.matching import BUDGET_S, SHARE_S, Searcher, TooCostly, words_of
from paddle_lab.environment.page import html_explanation, text_explanation
from paddle_lab.environment.tables import load_tables
from paddle_lab.environment.text import LIMIT, tidy

pytestmark = pytest.mark.slow

COSTLY = "import paddle and " * 5000
KNOWN = "ImportError: cannot import name 'download' from 'aistudio_sdk.hub'"


def seconds_of(work: object, *args: object) -> float:
    """Processor seconds of this thread: what other processes do does not count."""
    started = time.thread_time()
    work(*args)  # type: ignore[operator]
    return time.thread_time() - started


@pytest.mark.parametrize("unit", UNITS)
def test_a_repeated_unit_is_explained_in_bounded_time(unit: str) -> None:
    text = (unit * (SIZE // len(unit) + 1))[:SIZE]
    assert seconds_of(explain, text, {}) < 4 * BUDGET_S


@pytest.mark.parametrize("unit", ["paddle ", "\n", " ", "a" * 399 + " ", "x"])
def test_five_megabytes_take_no_longer(unit: str) -> None:
    text = (unit * (5_000_000 // len(unit) + 1))[:5_000_000]
    assert seconds_of(explain, text, {}) < 4 * BUDGET_S


def test_each_pattern_gives_up_in_time_on_a_text_made_for_it() -> None:
    """A part of the patterns, seeded; ``benchmarks/hostile_texts.py`` takes all of them."""
    for pattern in random.Random(20).sample(rule_patterns(), 40):
        for text in list(attacks(pattern, 20_000))[:3]:
            assert seconds_of(give_up_or_search, pattern, text) < 5 * SHARE_S, pattern.pattern


def give_up_or_search(pattern: re.Pattern[str], text: str) -> None:
    with contextlib.suppress(TooCostly):
        Searcher(text).search(pattern)


def test_a_search_that_has_no_end_is_given_up() -> None:
    endless = re.compile(r"(?:a+)+b")
    searcher = Searcher("a" * 5000 + " b")
    with pytest.raises(TooCostly):
        searcher.search(endless)
    assert not searcher.complete


def test_a_search_finds_what_the_pattern_finds() -> None:
    """The two modules agree, on texts that match a pattern, nearly match it, or do not."""
    filler = "the next line says more\n" * 40
    for pattern in rule_patterns()[::3]:
        text = filler + next(attacks(pattern, 300), "") + KNOWN + filler
        found, expected = Searcher(text, 60).search(pattern), pattern.search(text)
        assert (found and found.span()) == (expected and expected.span()), pattern.pattern


def test_every_pattern_names_a_word_that_its_matches_hold() -> None:
    """Otherwise it would be tried on every text, whatever the text is about."""
    assert [pattern.pattern for pattern in rule_patterns() if not words_of(pattern)] == []


def test_one_costly_pattern_does_not_hide_a_known_error() -> None:
    explanation = explain(COSTLY + "\n" + KNOWN, {})
    assert explanation.findings[0].id == "aistudio-download"
    assert not explanation.complete


def test_what_was_not_tried_is_said() -> None:
    explanation = explain(COSTLY, {})
    assert explanation.to_json("en")["complete"] is False
    assert "some rules were not tried" in text_explanation(explanation, "en")
    assert "部分规则未能尝试" in html_explanation(explanation, "zh")
    assert explain(KNOWN, {}).complete


def test_without_budget_nothing_is_tried() -> None:
    searcher = Searcher("import paddle fails", budget=0)
    with pytest.raises(TooCostly):
        searcher.search(re.compile("paddle"))


@pytest.mark.parametrize("unit", UNITS)
def test_clues_are_read_in_bounded_time(unit: str) -> None:
    text = tidy((unit * (SIZE // len(unit) + 1))[:SIZE])
    assert seconds_of(read, text, load_tables()) < 1


@pytest.mark.parametrize("unit", UNITS)
def test_tidying_is_bounded_in_time_and_length(unit: str) -> None:
    text = unit * (5_000_000 // len(unit))
    started = time.thread_time()
    assert len(tidy(text)) <= LIMIT + 10
    assert time.thread_time() - started < 1.5
