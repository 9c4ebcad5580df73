"""Figures, verdict and what the report says plainly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from scipy import stats
from tasks.regress.evaluations import evaluation_of

from paddle_lab.tasks import Evaluation, get_task
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import report_json
from paddle_lab.tasks.regress.baseline import fit_baseline
from paddle_lab.tasks.regress.codec import Answer
from paddle_lab.tasks.regress.scale import written
from paddle_lab.tasks.regress.scores import compare, pearson, spearman
from paddle_lab.tasks.regress.trial import RegressTrial

REGRESS = get_task("regress")
SCHEMA = json.loads(
    (Path(__file__).parents[3] / "paddle_lab" / "runs" / "schema.json").read_text(encoding="utf-8")
)
RANDOM = np.random.default_rng(4)
GOLD = np.round(RANDOM.uniform(0, 5, 300), 1)
NEAR, FAR = GOLD + RANDOM.normal(0, 0.3, 300), GOLD + RANDOM.normal(0, 4, 300)


def report_of(rows: Evaluation, **known: Any) -> dict[str, Any]:
    metrics = REGRESS.measure(rows)
    blocks = REGRESS.report(rows, metrics, **known)
    report = report_json(rows.split, len(rows.data), metrics, blocks)
    jsonschema.validate(report, {"$ref": "#/$defs/Report", "$defs": SCHEMA["$defs"]})
    return report


def block(report: dict[str, Any], kind: str, title: str = "") -> dict[str, Any]:
    for found in report["blocks"]:
        if found["type"] == kind and found.get("title", {"en": ""})["en"].startswith(title):
            return dict(found)
    raise AssertionError(f"no {kind} {title}")


def said(report: dict[str, Any], language: str = "en") -> str:
    return " ".join(
        item[language]
        for block in report["blocks"] if block["type"] == "advice" for item in block["items"]
    )  # fmt: skip


def baseline(found: Any) -> Baseline:
    return Baseline("ridge", np.asarray(found, np.float64), 0.5, 10)


def test_correlations_are_those_of_scipy() -> None:
    tied = np.round(FAR)
    assert spearman(GOLD, tied) == pytest.approx(stats.spearmanr(GOLD, tied).statistic)
    assert pearson(GOLD, FAR) == pytest.approx(stats.pearsonr(GOLD, FAR).statistic)


@pytest.mark.parametrize("found", [[2.0] * 4, [1e9] * 4, [0.1 + 0.2, 0.3, 0.3, 0.3]])
def test_the_same_number_for_all_rows_correlates_with_nothing(found: list[float]) -> None:
    gold = np.array([1.0, 2.0, 3.0, 4.0])
    assert spearman(gold, np.array(found[:1] * 4)) == 0.0
    assert pearson(gold, np.array(found)) == 0.0


def test_the_error_is_on_the_persons_scale() -> None:
    metrics = REGRESS.measure(evaluation_of([0.0, 50.0, 100.0], [10.0, 40.0, 100.0]))
    assert metrics["mae"] == pytest.approx(20 / 3, rel=1e-5)
    assert metrics["spearman"] == pytest.approx(1.0)
    assert metrics["loss"] == pytest.approx(200 / 3 / np.var([0.0, 50.0, 100.0]), rel=1e-4)


@pytest.mark.parametrize(
    ("own", "other", "outcome"),
    [(NEAR, FAR, "better"), (NEAR, NEAR + 0.01, "level"), (FAR, NEAR, "worse")],
)
def test_the_verdict_has_three_states(own: Any, other: Any, outcome: str) -> None:
    report = report_of(evaluation_of(GOLD.tolist(), own), baseline=baseline(other))
    verdict = report["blocks"][0]
    assert verdict["outcome"] == outcome
    assert "±" in verdict["text"]["en"] and "paired bootstrap" in verdict["detail"]["en"]
    assert ("Try:" in said(report)) == (outcome != "better")
    assert len(block(report, "table", "Beside the baseline")["rows"]) == 2


def test_the_bootstrap_is_the_same_every_time_and_covers_the_truth() -> None:
    one, two = compare(GOLD, NEAR, FAR), compare(GOLD, NEAR, FAR)
    assert one == two and one.low < one.gain < one.high
    level = compare(GOLD[:40], NEAR[:40], NEAR[:40] * 2)
    assert level.gain == pytest.approx(0, abs=1e-12) and level.outcome == "level"


def test_constant_answers_are_called_collapsed_and_measured_as_0() -> None:
    report = report_of(evaluation_of([1.0, 2.0, 3.0] * 20, [2.0] * 60),
                       baseline=baseline([1.0, 2.0, 3.0] * 20))  # fmt: skip
    assert report["metrics"]["spearman"] == 0.0 and report["metrics"]["pearson"] == 0.0
    assert "collapsed: it gives 2 to every row" in said(report) and "退化" in said(report, "zh")
    assert report["blocks"][0]["outcome"] == "worse"


def test_one_score_in_the_evaluation_is_said_to_leave_correlations_undefined() -> None:
    report = report_of(evaluation_of([2.0] * 5, [1.0, 2.0, 3.0, 2.0, 2.0]))
    assert "same score" in said(report)


def test_answers_that_hardly_spread_are_told() -> None:
    timid = GOLD.mean() + (GOLD - GOLD.mean()) * 0.2
    assert "spread less than half" in said(report_of(evaluation_of(GOLD.tolist(), timid)))


def test_overfitting_is_named() -> None:
    training = Training("spearman", train_metrics={"spearman": 0.99})
    report = report_of(evaluation_of(GOLD.tolist(), FAR), training=training)
    assert "overfits" in said(report) and "过拟合" in said(report, "zh")


def test_errors_are_drawn_around_0() -> None:
    errors = block(report_of(evaluation_of(GOLD.tolist(), NEAR)), "histogram")
    assert sum(errors["counts"]) == 300 and len(errors["edges"]) == len(errors["counts"]) + 1
    assert errors["line"] == 0.0 and errors["edges"][0] == -errors["edges"][-1]


def test_the_scale_is_looked_at_in_fifths() -> None:
    rows = block(report_of(evaluation_of(GOLD.tolist(), NEAR)), "table", "Along")["rows"]
    assert len(rows) == 5 and sum(row[1] for row in rows) == 300
    assert [row[2] for row in rows] == sorted(row[2] for row in rows)
    few = block(report_of(evaluation_of([1.0, 2.0], [1.0, 3.0])), "table", "Along")["rows"]
    assert [row[0] for row in few] == ["1 - 1", "2 - 2"]


def test_the_worst_come_first_with_both_numbers_and_their_line() -> None:
    rows = evaluation_of([1.0, 2.0, 3.0], [1.0, 4.5, 2.0])
    (worst, other) = block(report_of(rows), "examples")["items"]
    assert worst["expected"] == "2" and worst["answered"] == "4.5" and worst["line"] == 2
    assert other["line"] == 3
    heading, lines = REGRESS.tables(rows)["answers"]
    assert heading == ("text", "score", "answered", "line") and lines[0][0] == "第1条"


def test_exact_answers_have_no_mistakes() -> None:
    kinds = [found["type"] for found in report_of(evaluation_of([1.0, 2.0], [1.0, 2.0]))["blocks"]]
    assert "examples" not in kinds and "histogram" in kinds


def test_ridge_learns_words_and_overlap_and_is_the_same_every_time() -> None:
    words = {"很好": 1.0, "一般": 0.0, "很差": -1.0}
    texts = [f"{n}号{word}" for n in range(60) for word in words]
    scores = np.array([value for _ in range(60) for value in words.values()])
    found = fit_baseline([texts], scores, [["99号很好", "98号很差"]])
    assert found is not None and found.answers[0] > 0.5 > -0.5 > found.answers[1]
    again = fit_baseline([texts], scores, [["99号很好", "98号很差"]])
    assert again is not None and np.array_equal(found.answers, again.answers)
    pairs = fit_baseline([texts, [*texts[::2], *texts[1::2]]], scores, [["1号"], ["1号"]])
    assert pairs is not None and "overlap" in str(pairs.name)
    assert fit_baseline([texts], scores * 0, [["a"]]) is None
    assert fit_baseline([[""] * 30], np.arange(30.0), [["a"]]) is None


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (4.1837, 1, 5, "4.2"),
        (0.8391, 0, 1, "0.84"),
        (83.91, 0, 100, "84"),
        (8391.2, 0, 100_000, "8391"),
        (0.08391, 0, 0.1, "0.084"),
        (3.0, 3, 3, "3.00"),
    ],
)
def test_a_score_has_the_decimals_that_its_scale_deserves(
    value: float, low: float, high: float, said: str
) -> None:
    """The same in a table of answers, on the card, and where a correction begins."""
    assert written(value, low, high) == said
    answer = Answer(value, low, high)
    shown = RegressTrial().shown(answer)
    assert [str(get_task("regress").cells(answer, 1)[0]), shown.bars[0].value] == [said, said]
    assert shown.right == float(said)
