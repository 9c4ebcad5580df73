"""The verdict on micro F1: an exact answer for few rows, an interval, and no lead out of chance."""

from __future__ import annotations

import numpy as np
import pytest

from paddle_lab.tasks.f1 import chance, compare_f1, difference_margin, f1, f1_margin, f1_verdict

RIGHT, WRONG = [1, 0, 0], [0, 1, 1]


def rows(*counts: list[int]) -> np.ndarray:
    return np.array(counts, dtype=np.int64)


def test_it_is_the_f1_of_all_rows_together() -> None:
    assert f1(rows([3, 1, 0], [0, 0, 2])) == pytest.approx(2 * 3 / (2 * 3 + 1 + 2))
    assert f1(rows([0, 0, 0])) == 0.0


def test_few_rows_are_counted_exactly() -> None:
    # Of 2^5 mixtures only the two extremes differ as much: 1/16, not enough for the 5 % level.
    assert chance(rows(*[RIGHT] * 5), rows(*[WRONG] * 5)) == pytest.approx(2 / 32)
    assert compare_f1(rows(*[RIGHT] * 5), rows(*[WRONG] * 5)) == "level"
    assert compare_f1(rows(*[RIGHT] * 6), rows(*[WRONG] * 6)) == "better"
    assert compare_f1(rows(*[WRONG] * 6), rows(*[RIGHT] * 6)) == "worse"


def test_the_same_answers_are_level() -> None:
    same = rows(*[RIGHT, WRONG] * 20)
    assert chance(same, same) == 1.0 and compare_f1(same, same) == "level"


def test_two_models_of_one_quality_are_hardly_ever_apart() -> None:
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(100):
        own, other = (
            np.where(rng.random((200, 1)) < 0.7, rows(RIGHT), rows(WRONG)) for _ in range(2)
        )
        found += compare_f1(own, other) != "level"
    assert found <= 12, "five in a hundred are expected"


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    chances = rng.random(20_000) * 0.6 + 0.2
    whole = np.stack([rng.binomial(3, chances), rng.binomial(2, 1 - chances),
                      rng.binomial(2, 1 - chances)], axis=1)  # fmt: skip
    truth = f1(whole)
    inside = 0
    for _ in range(200):
        sample = whole[rng.integers(0, len(whole), 300)]
        inside += abs(f1(sample) - truth) <= f1_margin(sample)
    assert 0.88 <= inside / 200 <= 0.99


def test_where_all_is_right_the_interval_is_not_nothing() -> None:
    assert f1_margin(rows(*[RIGHT] * 10)) > 0.1
    assert difference_margin(rows(*[RIGHT] * 10), rows(*[WRONG] * 10)) > 0.1


def test_the_sentence_has_both_figures_in_both_languages() -> None:
    said = f1_verdict(rows(*[RIGHT] * 30, *[WRONG] * 10), rows(*[RIGHT] * 10, *[WRONG] * 30), "X")
    assert said.outcome == "better"
    assert said.text.in_language("en").startswith("Micro F1 75.0% ± ")
    assert "better than X (+50.0 ± " in said.text.in_language("en")
    assert said.detail is not None
    assert "X has 25.0% on the same 40 rows" in said.detail.in_language("en")
    assert "优于 X（+50.0 ± " in said.text.in_language("zh")
