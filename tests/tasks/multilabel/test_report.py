"""The report: what it holds, how large it may grow, and what it says plainly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from tasks.multilabel.evaluations import evaluation_of, logit

from paddle_lab.tasks import Evaluation, get_task
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import report_json
from paddle_lab.tasks.multilabel.report import MOST_CONFUSIONS, MOST_LABELS
from paddle_lab.tasks.multilabel.scored import indicators

MULTILABEL = get_task("multilabel")
SCHEMA = json.loads(
    (Path(__file__).parents[3] / "paddle_lab" / "runs" / "schema.json").read_text(encoding="utf-8")
)
LABELS = ["乙", "丙", "甲"]
GOLD = [["甲", "乙"], ["甲"], ["丙"], []]
ANSWERS = [["甲"], ["甲"], ["乙"], ["甲"]]


def evaluation(gold: Any = GOLD, answers: Any = ANSWERS, labels: Any = LABELS, **kept: Any) -> Any:
    """Answers with a probability of 0.9, all other labels with 0.1."""
    chosen = np.where(indicators(answers, labels), 0.9, 0.1)
    return evaluation_of(gold, logit(chosen), labels, **kept)


def report_of(rows: Evaluation, **known: Any) -> dict[str, Any]:
    metrics = MULTILABEL.measure(rows)
    blocks = MULTILABEL.report(rows, metrics, **known)
    report = report_json(rows.split, len(rows.data), metrics, blocks)
    jsonschema.validate(report, {"$ref": "#/$defs/Report", "$defs": SCHEMA["$defs"]})
    return report


def table(report: dict[str, Any], title: str) -> list[list[Any]]:
    for block in report["blocks"]:
        if block["type"] == "table" and block["title"]["en"].startswith(title):
            return list(block["rows"])
    raise AssertionError(f"no table {title}")


def said(report: dict[str, Any], language: str = "en") -> str:
    return " ".join(
        item[language]
        for block in report["blocks"] if block["type"] == "advice" for item in block["items"]
    )  # fmt: skip


def baseline(answers: Any, labels: Any = LABELS) -> Baseline:
    return Baseline("TF-IDF", indicators(answers, labels), 0.5, 10)


def test_figures_are_those_of_hand() -> None:
    # Two labels found, two given wrongly, two missed.
    metrics = MULTILABEL.measure(evaluation())
    assert metrics["micro_f1"] == pytest.approx(2 * 2 / (2 * 2 + 2 + 2))
    # 甲: 2 of 2 found, 1 wrong: 0.8; 乙: 0; 丙: 0.
    assert metrics["macro_f1"] == pytest.approx(0.8 / 3)
    assert metrics["subset_accuracy"] == 0.25
    assert metrics["loss"] == pytest.approx(-(8 * np.log(0.9) + 4 * np.log(0.1)) / 12)


def test_macro_f1_leaves_out_labels_that_occur_nowhere() -> None:
    here = evaluation([["甲"], ["乙"]], [["甲"], ["乙"]])
    assert MULTILABEL.measure(here)["macro_f1"] == 1.0


def test_rows_without_labels_and_answers_count_as_wholly_right() -> None:
    none = evaluation([[], []], [[], []])
    metrics = MULTILABEL.measure(none)
    assert metrics["subset_accuracy"] == 1.0 and metrics["micro_f1"] == 0.0


def test_every_label_has_its_figures() -> None:
    assert table(report_of(evaluation()), "Labels")[0] == ["甲", 0.6667, 1.0, 0.8, 2, 3, 0.5]


def test_what_was_missed_where_what_was_given_wrongly() -> None:
    rows = table(report_of(evaluation()), "Labels missed")
    assert [None, "甲", 1] in rows and ["乙", None, 1] in rows and ["丙", "乙", 1] in rows


def test_worst_mistakes_name_missed_and_wrong_labels_with_probability_and_line() -> None:
    report = report_of(evaluation())
    (examples,) = [block for block in report["blocks"] if block["type"] == "examples"]
    worst = examples["items"]
    assert worst[0]["answered"] == "+乙 0.90, −丙 0.10" and worst[0]["expected"] == "丙"
    assert {item["line"] for item in worst} == {1, 3, 4}
    assert next(item for item in worst if item["line"] == 1)["answered"] == "甲, −乙 0.10"
    assert next(item for item in worst if item["line"] == 4)["expected"] == "-"


def test_what_the_threshold_is_worth_is_shown() -> None:
    chosen = np.array([[0.4, 0.1], [0.1, 0.35], [0.2, 0.1]])
    rows = evaluation_of([["甲"], ["乙"], []], logit(chosen), ["甲", "乙"], thresholds=[0.3, 0.3])
    assert [row[:2] for row in table(report_of(rows), "What the threshold")] == [
        ["0.3", 1.0],
        ["0.5", 0.0],
    ]
    assert "trained too little" in said(report_of(rows))


def test_a_threshold_that_is_the_usual_one_stands_once() -> None:
    rows = evaluation_of(GOLD, logit(np.full((4, 3), 0.6)), LABELS, thresholds=[0.5] * 3)
    assert [row[0] for row in table(report_of(rows), "What the threshold")] == ["0.5"]


@pytest.mark.parametrize(
    ("own", "other", "outcome"),
    [([["甲"], ["乙"]] * 20, [["乙"], ["甲"]] * 20, "better"),
     ([["甲"], ["乙"]] * 20, [["甲"], ["乙"]] * 20, "level"),
     ([["乙"], ["甲"]] * 20, [["甲"], ["乙"]] * 20, "worse")],
)  # fmt: skip
def test_the_verdict_has_three_states(own: Any, other: Any, outcome: str) -> None:
    rows = evaluation([["甲"], ["乙"]] * 20, own, ["乙", "甲"])
    report = report_of(rows, baseline=baseline(other, ["乙", "甲"]))
    verdict = report["blocks"][0]
    assert verdict["outcome"] == outcome
    assert ("Try:" in said(report)) == (outcome != "better")
    assert len(table(report, "Beside the baseline")) == 2


def test_levels_are_shown_apart() -> None:
    labels = ["住房", "住房##租赁", "工资"]
    rows = evaluation(
        [["住房", "住房##租赁"], ["工资"]], [["住房"], ["工资"]], labels, split="test"
    )
    first, second = table(report_of(rows), "Levels")
    assert first == [1, 2, 1.0, 1.0, 2] and second == [2, 1, 0.0, 0.0, 1]


def test_no_answer_at_all_is_called_learning_nothing() -> None:
    rows = evaluation([["甲"], ["乙"]] * 20, [[], []] * 20, ["乙", "甲"])
    assert "no label to any text" in said(report_of(rows))
    same = evaluation([["甲"], ["乙"]] * 20, [["甲"], ["甲"]] * 20, ["乙", "甲"])
    assert "the same labels to every text: 甲" in said(report_of(same))


def test_overfitting_is_named() -> None:
    training = Training("micro_f1", train_metrics={"micro_f1": 0.99})
    report = report_of(evaluation(), training=training)
    assert "overfits" in said(report) and "过拟合" in said(report, "zh")


def test_hundreds_of_labels_stay_small() -> None:
    labels = sorted(f"标签{n:03}" * 8 for n in range(300))
    gold = [[labels[n % 300], labels[(n * 7) % 300]] for n in range(900)]
    answers = [[labels[n % 300], labels[(n * 5) % 300]] for n in range(900)]
    rows = evaluation(gold, answers, labels, texts=["评论" * 3000] * 900)
    report = report_of(rows, baseline=baseline(gold, labels))
    assert len(table(report, "Labels")) == MOST_LABELS
    assert len(table(report, "Labels missed")) == MOST_CONFUSIONS
    assert len(json.dumps(report, ensure_ascii=False).encode()) <= 40_000


def test_files_hold_everything() -> None:
    rows = evaluation(texts=["长" * 1000] * 4)
    files = MULTILABEL.tables(rows)
    assert len(files["mistakes"][1]) == 3 and len(files["mistakes"][1][0][0]) == 1000
    assert len(files["labels"][1]) == 3 and len(files["labels"][1][0]) == len(files["labels"][0])
    assert len(files["confusions"][1]) == 3


def test_nothing_to_evaluate_is_said() -> None:
    assert "no rows" in said(report_of(evaluation([], [])))


def test_a_single_label_is_no_pair_of_classes() -> None:
    rows = evaluation([["甲"], [], ["甲"], []], [["甲"], ["甲"], [], []], ["甲"])
    metrics = MULTILABEL.measure(rows)
    assert metrics["micro_f1"] == metrics["macro_f1"] == 0.5
    assert table(report_of(rows), "Labels") == [["甲", 0.5, 0.5, 0.5, 2, 2, 0.5]]
