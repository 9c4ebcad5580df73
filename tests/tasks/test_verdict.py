"""The verdict: an exact test on the rows, an interval that is named, and no advice against it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest
from tasks.classify_evaluations import evaluation_of

from paddle_lab.tasks import get_task
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import report_json
from paddle_lab.tasks.verdict import chance, margin, verdict, wilson

CLASSIFY = get_task("classify")


def rows(right: int, all_rows: int) -> np.ndarray:
    return np.arange(all_rows) < right


@pytest.mark.parametrize(("right", "count"), [(0, 7), (7, 7), (1, 2), (844, 1000), (3, 3000)])
def test_the_interval_is_wilsons(right: int, count: int) -> None:
    known = binomtest(right, count).proportion_ci(0.95, method="wilson")
    assert wilson(right / count, count) == pytest.approx((known.low, known.high), abs=1e-4)


def test_nothing_is_known_of_no_rows() -> None:
    assert wilson(0.0, 0) == (0.0, 1.0)
    assert margin(0.0, 0) == 1.0


@pytest.mark.parametrize(("won", "lost"), [(0, 0), (5, 0), (6, 0), (102, 101), (12, 28)])
def test_the_test_is_that_of_a_fair_coin(won: int, lost: int) -> None:
    together = won + lost
    tail = 2 * sum(math.comb(together, n) for n in range(min(won, lost) + 1)) / 2**together
    assert chance(won, lost) == pytest.approx(min(1.0, tail))


def beside(both: int, won: int, lost: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    own = np.repeat([True, True, False, False], [both, won, lost, neither])
    other = np.repeat([True, False, True, False], [both, won, lost, neither])
    return own, other


def test_the_sentence_is_short_and_says_all() -> None:
    said = verdict(*beside(1222, 102, 101, 144), "TF-IDF")
    assert said.outcome == "level"
    assert said.text.in_language("en") == "84.4% ± 1.8, level with TF-IDF (102 against 101 rows)"
    assert said.text.in_language("zh") == "84.4% ± 1.8，与 TF-IDF 持平（102 对 101 行）"
    assert said.detail is not None
    detail = said.detail.in_language("en")
    assert "McNemar's exact test" in detail and "Wilson's 95% interval" in detail


@pytest.mark.parametrize(
    ("won", "lost", "outcome"),
    [(6, 0, "better"), (5, 0, "level"), (0, 6, "worse"), (0, 0, "level"), (30, 12, "better")],
)
def test_three_states_at_the_five_percent_level(won: int, lost: int, outcome: str) -> None:
    assert verdict(*beside(50, won, lost, 3), "TF-IDF").outcome == outcome


def said_of(gold: list[int], own: list[int], other: list[int], metric: str) -> str:
    """All that a report says in words: verdict and advice, in both languages."""
    evaluation = evaluation_of(
        "dev", [f"第{n}条" for n in range(len(gold))], [None] * len(gold), gold,
        np.eye(3, dtype=np.float32)[own], ["a", "b", "c"],
    )  # fmt: skip
    train = evaluation.data.take([*range(len(gold)), *[gold.index(0)] * 20 * len(gold)])
    blocks = CLASSIFY.report(
        evaluation,
        CLASSIFY.measure(evaluation),
        baseline=Baseline("TF-IDF + logistic regression", np.array(other), 1.0, 10, "TF-IDF"),
        training=Training(metric, train=train, still_improving=True),
    )
    report = report_json("dev", len(gold), {}, blocks)
    return str([block for block in report["blocks"] if block["type"] in ("verdict", "advice")])


GOLD = [0] * 90 + [1] * 9 + [2]


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
@pytest.mark.parametrize(
    ("own", "other"),
    [
        pytest.param([0] * 100, [0] * 100, id="the same"),
        pytest.param([*GOLD[:98], 0, 0], GOLD, id="level behind"),
        pytest.param(GOLD, [*GOLD[:97], 0, 0, 0], id="level before"),
    ],
)
def test_what_is_level_is_called_better_nowhere(
    own: list[int], other: list[int], metric: str
) -> None:
    said = said_of(GOLD, own, other, metric)
    assert "level with TF-IDF" in said
    for word in ("better", "优于", "worse", "不如"):
        assert word not in said


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_no_advice_names_the_metric_that_is_used_already(metric: str) -> None:
    said = said_of(GOLD, [0] * 100, GOLD, metric)
    assert f"--metric {metric}" not in said
    assert ("--metric macro_f1" in said) == (metric == "accuracy")
