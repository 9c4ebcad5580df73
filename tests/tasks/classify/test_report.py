"""The report: what it holds, how large it may grow, and what it says plainly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from tasks.classify_evaluations import evaluation_of

from paddle_lab.data import Dataset
from paddle_lab.errors import UsageError
from paddle_lab.tasks import Evaluation, get_task
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import report_json
from paddle_lab.tasks.label_report import MOST_CLASSES, mistakes
from paddle_lab.tasks.label_scored import Scored

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "paddle_lab" / "runs" / "schema.json").read_text(encoding="utf-8")
)
CLASSIFY = get_task("classify")


def evaluation(gold: list[int], predicted: list[int], labels: list[str], **more: Any) -> Evaluation:
    """An evaluation whose model is sure of ``predicted``."""
    logits = np.full((len(gold), len(labels)), -2.0, dtype=np.float32)
    logits[np.arange(len(gold)), predicted] = more.pop("sure", 2.0)
    texts = more.pop("texts", [f"第{i}条" for i in range(len(gold))])
    lines = more.pop("lines", list(range(2, len(gold) + 2)))
    return evaluation_of("test", texts, lines, gold, logits, labels)


def baseline(predicted: list[int]) -> Baseline:
    return Baseline("TF-IDF + logistic regression", np.array(predicted), 1.5, 100)


def conforms(report: dict[str, Any]) -> dict[str, Any]:
    """The report, once it is what the schema says and JSON can hold it."""
    jsonschema.validate(report, {"$ref": "#/$defs/Report", "$defs": SCHEMA["$defs"]})
    json.dumps(report, allow_nan=False)
    return report


def report_of(rows: Evaluation, **more: Any) -> dict[str, Any]:
    """The report as it is written, checked against the schema."""
    metrics = CLASSIFY.measure(rows)
    blocks = CLASSIFY.report(rows, metrics, **more)
    return conforms(report_json(rows.split, len(rows.data), metrics, blocks))


def block(report: dict[str, Any], kind: str, title: str = "") -> dict[str, Any]:
    """The first block of a kind, with ``title`` in its English title."""
    return next(
        item
        for item in report["blocks"]
        if item["type"] == kind and title in item.get("title", {"en": ""})["en"]
    )


def said(report: dict[str, Any], language: str = "en") -> str:
    """All advice, a line each."""
    return "\n".join(
        text[language]
        for item in report["blocks"]
        if item["type"] == "advice"
        for text in item["items"]
    )


def outcome(report: dict[str, Any]) -> str:
    assert report["blocks"][0]["type"] == "verdict", "the verdict comes first"
    return str(report["blocks"][0]["outcome"])


def test_figures_agree_with_a_count_by_hand() -> None:
    rows = evaluation([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 0], ["甲", "乙", "丙"])
    report = report_of(rows)
    assert report["rows"] == 6 and report["split"] == "test"
    assert report["metrics"]["accuracy"] == pytest.approx(4 / 6, abs=1e-6)
    assert block(report, "matrix")["counts"] == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert block(report, "table", "Classes")["rows"] == [
        ["甲", 0.6667, 0.6667, 0.6667, 3],
        ["乙", 0.6667, 1.0, 0.8, 2],
        ["丙", 0.0, 0.0, 0.0, 1],
    ]
    assert report["metrics"]["macro_f1"] == pytest.approx((2 / 3 + 0.8 + 0) / 3, abs=1e-6)


def test_loss_is_the_cross_entropy_and_stays_finite_for_huge_logits() -> None:
    logits = np.array([[1e4, -1e4], [0.0, 0.0]], dtype=np.float32)
    rows = evaluation_of("dev", ["a", "b"], [1, 2], [0, 1], logits, ["负", "正"])
    assert CLASSIFY.measure(rows)["loss"] == pytest.approx(np.log(2) / 2)
    wrong = evaluation_of("dev", ["a", "b"], [1, 2], [1, 1], logits, ["负", "正"])
    assert np.isfinite(CLASSIFY.measure(wrong)["loss"])


def test_worst_mistakes_come_first_with_their_line() -> None:
    logits = np.array([[3, 0], [0, 1], [9, 0], [0, 5]], dtype=np.float32)
    rows = evaluation_of("dev", "abcd", [5, 6, None, 8], [1, 1, 1, 1], logits, ["负", "正"])
    report = report_of(rows)
    worst = block(report, "examples")["items"]
    assert [(item["text"], item["line"], item["answered"]) for item in worst] == [
        ("c", None, "负"),
        ("a", 5, "负"),
    ]
    assert worst[0]["probability"] > worst[1]["probability"] > 0.9


def test_a_model_behind_the_baseline_is_told_so_plainly_in_both_languages() -> None:
    gold = [0, 1] * 150
    rows = evaluation(gold, [0] * 150 + gold[150:], ["负", "正"])
    report = report_of(
        rows, baseline=baseline(gold[:290] + [0] * 10), training=Training("accuracy")
    )
    verdict = report["blocks"][0]
    assert outcome(report) == "worse"
    assert verdict["text"]["en"] == (
        "75.0% ± 4.9, worse than TF-IDF + logistic regression (5 against 75 rows)"
    )
    assert verdict["detail"]["en"] == (
        "Of 300 rows 225 are right, by TF-IDF + logistic regression 295: 5 only here, 75 only "
        "there; McNemar's exact test on these, p < 0.001. ± is half of Wilson's 95% interval, "
        "69.8 to 79.6%."
    )
    assert "不如" in verdict["text"]["zh"]
    assert "better choice" in said(report) and "--epochs" in said(report)


def test_a_model_that_is_level_with_the_baseline_is_called_neither_better_nor_worse() -> None:
    gold = [0, 1] * 150
    for wrong_here, wrong_there in ((2, 1), (1, 2), (0, 0), (3, 0)):
        answers = [1 - label for label in gold[:wrong_here]] + gold[wrong_here:]
        other = gold[: 300 - wrong_there] + [1 - label for label in gold[300 - wrong_there :]]
        report = report_of(evaluation(gold, answers, ["负", "正"]), baseline=baseline(other))
        assert outcome(report) == "level"
        assert "may be chance" in said(report) and "better choice" not in said(report)
        assert "不相上下" in said(report, "zh")


def test_a_clear_lead_is_called_better_and_needs_no_advice() -> None:
    gold = [0, 1] * 150
    clear = report_of(
        evaluation(gold, gold, ["负", "正"]),
        baseline=baseline([1 - label for label in gold[:40]] + gold[40:]),
    )
    assert outcome(clear) == "better" and said(clear) == ""


def test_where_the_metric_that_chose_the_weights_disagrees_it_is_said() -> None:
    # Accuracy: 0.9 for always "0", 0.8 for the model; macro F1 is the other way round.
    gold = [0] * 270 + [1] * 30
    predicted = [0] * 210 + [1] * 60 + [1] * 30
    rows = evaluation(gold, predicted, ["多", "少"])
    always = baseline([0] * 300)
    assert "By macro F1" not in said(report_of(rows, baseline=always))
    by_f1 = report_of(rows, baseline=always, training=Training(metric="macro_f1"))
    assert outcome(by_f1) == "worse" and "By macro F1" in said(by_f1)


def test_one_answer_for_everything_is_named_as_learning_nothing() -> None:
    report = report_of(evaluation([0, 1] * 150, [1] * 300, ["负", "正"]))
    assert "the same answer, 正" in said(report) and "never recognised" not in said(report)


def test_classes_never_recognised_are_named() -> None:
    labels = [f"类{i}" for i in range(9)]
    gold = list(range(9)) * 30
    predicted = [label if label < 2 else 0 for label in gold]
    assert "7 classes were never recognised (recall 0): 类2, 类3, 类4, 类5, 类6 …" in said(
        report_of(evaluation(gold, predicted, labels))
    )


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (Training("accuracy", train_metrics={"accuracy": 0.999}), "overfits"),
        (
            Training("accuracy", train_metrics={"accuracy": 0.85}, still_improving=True),
            "more epochs may",
        ),
        (
            Training(
                "accuracy", Dataset.of_texts("train", ["x"] * 520, ["负"] * 500 + ["正"] * 20, [])
            ),
            "20. Accuracy hides",
        ),
    ],
)
def test_what_is_known_of_the_training_becomes_advice(training: Training, words: str) -> None:
    gold = [0, 1] * 150
    rows = evaluation(gold, [1 - g if i < 60 else g for i, g in enumerate(gold)], ["负", "正"])
    assert words in said(report_of(rows, training=training))
    assert words not in said(report_of(rows))


def test_advice_does_not_contradict_the_options() -> None:
    gold = [0, 1] * 150
    rows = evaluation(gold, [1 - g if i < 60 else g for i, g in enumerate(gold)], ["负", "正"])
    by_heart = {"accuracy": 0.999}
    once, often = (
        said(
            report_of(
                rows,
                baseline=baseline(gold),
                training=Training(
                    "accuracy", train_metrics=by_heart, epochs=epochs, still_improving=False
                ),
            )
        )
        for epochs in (1.0, 5.0)
    )
    assert "more epochs" in once and "fewer epochs" not in once
    assert "more epochs" not in often and "fewer epochs" in often


def test_few_rows_are_said_to_be_uncertain() -> None:
    report = report_of(evaluation([0, 1] * 10, [0, 1] * 10, ["负", "正"]))
    assert "Only 20 rows" in said(report) and "84% to 100% may be right" in said(report)


def test_three_hundred_classes_with_long_labels_and_texts_stay_small() -> None:
    rng = np.random.default_rng(0)
    labels = [f"类别{i}" + "很长" * 100 for i in range(300)]
    gold = rng.integers(0, 300, 3000).tolist()
    predicted = [g if i % 2 else (g * 7 + 1) % 300 for i, g in enumerate(gold)]
    rows = evaluation(gold, predicted, labels, texts=["评论" * 5000] * 3000)
    report = report_of(rows, baseline=baseline(gold))
    classes = block(report, "table", "Classes")
    assert len(classes["rows"]) == MOST_CLASSES and classes["more"] == 300 - MOST_CLASSES
    assert not [item for item in report["blocks"] if item["type"] == "matrix"]
    worst = block(report, "examples")["items"]
    assert len(worst) == 20 and max(len(item["text"]) for item in worst) == 200
    assert len(json.dumps(report, ensure_ascii=False).encode()) <= 36_000


def test_hostile_labels_and_texts_pass_through_as_data() -> None:
    labels = ["<img src=x onerror=alert(1)>", '"\n{braces}\u202e']
    rows = evaluation([0, 1, 1], [0, 0, 0], labels, texts=["{0}", "</script>", "'; DROP"])
    report = report_of(rows)
    assert block(report, "matrix")["labels"] == labels
    assert labels[0][:20] in said(report)


def test_all_mistakes_can_be_had_with_their_whole_text() -> None:
    rows = evaluation([0] * 50, [1] * 50, ["负", "正"], texts=["长" * 1000] * 50)
    found = mistakes(Scored.of(rows))
    assert len(found) == 50 and len(found[0].text) == 1000


def test_an_unknown_task_names_the_closest() -> None:
    with pytest.raises(UsageError, match="classify"):
        get_task("clasify")
