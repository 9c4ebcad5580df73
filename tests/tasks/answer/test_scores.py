"""F1 and exact match as CMRC's own script counts them: figures worked out by its rules by hand."""

from __future__ import annotations

import pytest

from paddle_lab.tasks.answer.scores import (
    IGNORED,
    exact,
    f1,
    longest_common_run,
    score,
    segments,
    without_marks,
)
from paddle_lab.tasks.answer.words import latin_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("光荣和ω-force", ["光", "荣", "和", "ωforce"]),
        ("《战国无双3》", ["战", "国", "无", "双", "3"]),
        ("1990年10月", ["1990", "年", "10", "月"]),
        ("Tokyo Tower在东京", ["tokyo", "tower", "在", "东", "京"]),
        ("约为0.304平方公里。", ["约", "为", "0.304", "平", "方", "公", "里"]),
        ("３，０００人", ["３０００", "人"]),  # the wide comma is a mark, the wide digits are none
        ("3,000 人", ["3,000", "人"]),
        ("A, B和C", ["a", ",", "b", "和", "c"]),
        ("等等……", ["等", "等", "……"]),  # the ellipsis is none of the marks
        ("(NPC)", ["(", "npc", ")"]),
        ("50%", ["50", "%"]),
        ('"Iskra"', ["``", "iskra", "''"]),
        ("don't", ["do", "n't"]),
        ("it's U.S. news.", ["it", "'s", "u.s.", "news", "."]),
        ("Mr. Smith left. He ran.", ["mr.", "smith", "left", ".", "he", "ran", "."]),
        ("cannot", ["can", "not"]),
        ("コーヒー", ["コーヒー"]),  # no Chinese character: one word
        ("  两 边  ", ["两", "边"]),
        ("，。！", []),
        ("", []),
    ],
)
def test_segments(text: str, expected: list[str]) -> None:
    assert list(segments(text)) == expected


@pytest.mark.parametrize(
    ("given", "right", "expected"),
    [
        ("踢爆", "踢爆", 1.0),
        ("踢爆。", "《踢爆》", 1.0),
        ("算为踢爆", "踢爆", 2 * 0.5 * 1.0 / 1.5),
        ("村雨城", "任天堂游戏谜之村雨城", 2 * 3 / (3 + 10)),
        ("北京上海", "上海北京", 0.5),  # a common run, not a common sequence
        ("1990年", "1990年10月", 2 * 2 / (2 + 4)),
        ("1990", "1991", 0.0),  # a number is one word
        ("Apple公司", "apple公司", 1.0),
        ("", "北京", 0.0),
        ("。", "。", 0.0),  # nothing is left of both, and nothing is shared
        ("在北京", "北京在", 2 * 2 / 6),
    ],
)
def test_f1(given: str, right: str, expected: float) -> None:
    assert f1(given, right) == pytest.approx(expected, abs=1e-12)
    assert f1(right, given) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("given", "right", "expected"),
    [
        ("《踢爆》", "踢爆", True),
        ("ABC", "abc", True),
        (" 北京 ", "北京", True),
        ("3-1", "31", True),
        ("北 京", "北京", False),  # blanks inside count
        ("北京…", "北京", False),
        ("北京(中国)", "北京（中国）", False),  # narrow brackets are no ignored marks
        ("。", "", True),
    ],
)
def test_exact_match(given: str, right: str, expected: bool) -> None:
    assert exact(given, right) is expected


def test_the_ignored_marks_are_single_characters() -> None:
    assert len(IGNORED) == 32 and all(len(mark) == 1 for mark in IGNORED)
    assert without_marks("".join(IGNORED)) == ""
    assert without_marks("…,.()!?‘") == "…,.()!?‘"


def test_of_several_right_answers_the_nearest_counts() -> None:
    found = score("村雨城", ["任天堂游戏谜之村雨城", "村雨城", "村"])
    assert found.f1 == 1.0 and found.exact
    assert score("雨城", ["北京", "村雨城"]).f1 == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("given", "right", "expected"),
    [(None, [], 1.0), ("北京", [], 0.0), (None, ["北京"], 0.0)],
)
def test_without_an_answer_all_or_nothing_is_right(
    given: str | None, right: list[str], expected: float
) -> None:
    found = score(given, right)
    assert (found.f1, found.exact) == (expected, bool(expected))


def test_the_longest_run_is_without_a_gap() -> None:
    assert longest_common_run("abcxdef", "abcdef") == 3
    assert longest_common_run("", "a") == longest_common_run("a", "") == 0
    assert longest_common_run("aaaa", "aa") == 2


@pytest.mark.parametrize("text", ["a" * 10_000, "." * 10_000, "' " * 5_000, "n't" * 3_000])
def test_odd_words_end(text: str) -> None:
    assert "".join(latin_words(text)).replace(" ", "") == text.replace(" ", "")
