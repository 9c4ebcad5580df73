"""The report: which way is best, a collapsed model called that, mistakes as pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from tasks.pair.evaluations import evaluation_of

from paddle_lab.tasks import Evaluation, get_task
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import report_json
from paddle_lab.tasks.pair.arms import Arm, auc, figures_of
from paddle_lab.tasks.pair.cosine import NAME as COSINE

PAIR = get_task("pair")
SCHEMA = json.loads(
    (Path(__file__).parents[3] / "paddle_lab" / "runs" / "schema.json").read_text(encoding="utf-8")
)
GOLD = ["0", "1"] * 20


def logits(answers: list[str], sure: float = 2.0) -> Any:
    return [[sure, 0.0] if answer == "0" else [0.0, sure] for answer in answers]


def report_of(rows: Evaluation, **known: Any) -> dict[str, Any]:
    metrics = PAIR.measure(rows)
    blocks = PAIR.report(rows, metrics, **known)
    report = report_json(rows.split, len(rows.data), metrics, blocks)
    jsonschema.validate(report, {"$ref": "#/$defs/Report", "$defs": SCHEMA["$defs"]})
    return report


def baseline(answers: list[str], name: str = "TF-IDF") -> Baseline:
    return Baseline(name, Arm.of(np.array(logits(answers))), 0.5, 10)


def said(report: dict[str, Any], language: str = "en") -> str:
    return " ".join(
        item[language]
        for block in report["blocks"] if block["type"] == "advice" for item in block["items"]
    )  # fmt: skip


def beside(report: dict[str, Any]) -> list[list[Any]]:
    for block in report["blocks"]:
        if block["type"] == "table" and block["title"]["en"] == "Beside the baseline":
            return list(block["rows"])
    raise AssertionError("no comparison")


def test_figures_are_those_of_hand() -> None:
    rows = evaluation_of(["0", "0", "1", "1"], [[2, 0], [0, 1], [0, 3], [1, 0]], ["0", "1"])
    metrics = PAIR.measure(rows)
    assert metrics["accuracy"] == 0.5 and metrics["macro_f1"] == 0.5
    # Differences 1-0: -2, 1 | 3, -1: of four (0, 1) pairs, three are in order.
    assert metrics["auc"] == 0.75


def test_auc_of_three_classes_and_of_one() -> None:
    gold = np.array([0, 1, 2, 2])
    assert auc(gold, np.eye(3)[gold]) == 1.0
    assert np.isnan(auc(np.array([1, 1]), np.zeros((2, 2))))
    assert auc(np.array([0, 2]), np.array([[1, 0, 0], [1, 0, 0]])) == 0.5


@pytest.mark.parametrize(
    ("own", "other", "outcome"),
    [(GOLD, ["0"] * 40, "better"), (GOLD, GOLD, "level"), (["1", "0"] * 20, GOLD, "worse")],
)
def test_the_verdict_has_three_states(own: list[str], other: list[str], outcome: str) -> None:
    report = report_of(evaluation_of(GOLD, logits(own), ["0", "1"]), baseline=baseline(other))
    assert report["blocks"][0]["outcome"] == outcome
    assert ("Try:" in said(report)) == (outcome != "better")


def test_the_best_of_three_ways_is_named_with_its_figure() -> None:
    own = [*GOLD[:30], *["0"] * 10]
    cosine = baseline(GOLD, f"{COSINE} (from 0.800)")
    training = Training("macro_f1", model="m3e-small", alternatives=[cosine])
    report = report_of(
        evaluation_of(GOLD, logits(own), ["0", "1"]),
        baseline=baseline([*GOLD[:20], *["1"] * 20]), training=training,
    )  # fmt: skip
    text = said(report)
    assert f"By AUC, the highest first: {COSINE} (from 0.800) 1.000; fine-tuned" in text
    assert "The vectors of m3e-small" in text and "向量" in said(report, "zh")
    assert str(COSINE) in report["blocks"][0]["text"]["en"], "the best of them"
    assert [row[0] for row in beside(report)] == [
        {"en": "fine-tuned", "zh": "微调模型"}, "TF-IDF", f"{COSINE} (from 0.800)"
    ]  # fmt: skip


def test_a_model_that_always_says_0_is_called_collapsed() -> None:
    gold = ["0"] * 30 + ["1"] * 10
    report = report_of(evaluation_of(gold, logits(["0"] * 40), ["0", "1"]), baseline=baseline(gold))
    assert "collapsed: it answers 0 to every pair" in said(report)
    assert "75.0%" in said(report) and "退化" in said(report, "zh")
    assert beside(report)[0][0]["zh"].endswith("（始终为 0）")
    assert report["metrics"]["macro_f1"] < 0.5


def test_one_class_only_is_no_collapse() -> None:
    rows = evaluation_of(["0"] * 3, logits(["0"] * 3), ["0", "1"])
    assert "collapsed" not in said(report_of(rows))


def test_the_worst_mistakes_show_both_texts_and_the_file_has_columns_for_them() -> None:
    rows = evaluation_of(["0", "1"], [[0, 3], [0, 1]], ["0", "1"])
    (examples,) = [block for block in report_of(rows)["blocks"] if block["type"] == "examples"]
    (item,) = examples["items"]
    assert item["text"] == "第0问 || 第0答" and item["expected"] == "0" and item["line"] == 1
    heading, lines = PAIR.tables(rows)["mistakes"]
    assert heading[:2] == ("text", "text2") and lines[0][:4] == ("第0问", "第0答", "0", "1")


def test_no_rows_are_said_to_be_none() -> None:
    rows = evaluation_of([], np.zeros((0, 2)), ["0", "1"])
    blocks = PAIR.report(rows, {"accuracy": 0.0, "macro_f1": 0.0, "auc": 0.5, "loss": 0.0})
    assert any(
        "no rows" in item.in_language("en")
        for block in blocks
        if block.type == "advice"
        for item in block.items
    )  # type: ignore[attr-defined]


@pytest.mark.slow
def test_hundreds_of_classes_and_long_texts_stay_small() -> None:
    labels = [f"类{n}" for n in range(300)]
    report = report_of(evaluation_of(labels, np.roll(np.eye(300), 1, 0) * 5, labels))
    assert len(json.dumps(report, ensure_ascii=False)) < 20_000


def test_figures_of_a_way_that_gives_one_answer() -> None:
    gold = np.array([0, 0, 1])
    assert figures_of(gold, Arm.of(np.array([[1, 0]] * 3))).always == 0
    assert figures_of(gold, Arm.of(np.array([[1, 0], [1, 0], [0, 1]]))).always is None
