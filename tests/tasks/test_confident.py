"""Confident learning: a label is contradicted where another class is surely meant."""

from __future__ import annotations

import numpy as np
import pytest

from paddle_lab.tasks.confident import find_contradictions


def test_a_row_that_is_surely_of_another_class_is_found_and_named() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.05, 0.95]])
    found = find_contradictions(chances, np.array([0, 0, 1, 1, 0]))
    assert found.likely_wrong.tolist() == [False, False, False, False, True]
    assert found.suggested[4] == 1
    assert found.order[0] == 4


def test_each_class_has_a_threshold_of_its_own() -> None:
    """A class that is always guessed with 0.4 is not contradicted by another at 0.5."""
    shy = [[0.5, 0.4, 0.1]] * 10
    sure = [[0.95, 0.02, 0.03]] * 10
    given = np.array([1] * 10 + [0] * 10)
    assert not find_contradictions(np.array(shy + sure), given).likely_wrong.any()


def test_rows_are_ranked_by_their_margin() -> None:
    chances = np.array([[0.3, 0.7], [0.1, 0.9], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7], [0.4, 0.6]])
    given = np.array([0, 0, 0, 0, 1, 1])
    found = find_contradictions(chances, given)
    assert found.order[:3].tolist() == [1, 2, 0]
    assert found.margin[1] == pytest.approx(-0.8)


def test_of_a_row_whose_class_could_not_be_learnt_nothing_is_said() -> None:
    chances = np.array([[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.1, 0.9, 0.0]])
    known = np.array([True, True, False])
    found = find_contradictions(chances, np.array([0, 1, 2]), known)
    assert not found.likely_wrong[2]
    assert found.order[-1] == 2


@pytest.mark.parametrize("classes", [2, 5, 40])
def test_planted_errors_come_first(classes: int) -> None:
    random = np.random.default_rng(0)
    true = random.integers(0, classes, 2000)
    logits = random.normal(0, 1, (2000, classes))
    logits[np.arange(2000), true] += 4
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    given = true.copy()
    planted = random.choice(2000, 100, replace=False)
    given[planted] = (given[planted] + 1) % classes
    found = find_contradictions(chances, given)
    assert np.isin(planted, found.order[:200]).mean() > 0.9
    assert (found.suggested[planted] == true[planted]).mean() > 0.85
