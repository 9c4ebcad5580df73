"""The report: what it holds, how large it may grow, and what it says plainly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from paddle_lab.errors import UsageProblem
from paddle_lab.tasks import Evaluation, get_task
from paddle_lab.tasks.base import Training
from paddle_lab.tasks.baseline import Baseline
from paddle_lab.tasks.report import MOST_CLASSES, mistakes

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "paddle_lab" / "runs" / "schema.json").read_text(encoding="utf-8")
)
CLASSIFY = get_task("classify")


def evaluation(gold: list[int], predicted: list[int], labels: list[str], **more: Any) -> Evaluation:
    """An evaluation whose model is sure of ``predicted``."""
    logits = np.full((len(gold), len(labels)), -2.0, dtype=np.float32)
    logits[np.arange(len(gold)), predicted] = more.pop("sure", 2.0)
    texts = more.pop("texts", [f"第{i}条" for i in range(len(gold))])
    lines = more.pop("lines", list(range(2, len(gold) + 2)))
    return Evaluation("test", texts, lines, np.array(gold), logits, labels)


def baseline(predicted: list[int]) -> Baseline:
    return Baseline("TF-IDF + logistic regression", np.array(predicted), 1.5, 100)


def conforms(report: dict[str, Any]) -> dict[str, Any]:
    """The report, once it is what the schema says and JSON can hold it."""
    jsonschema.validate(report, {"$ref": "#/$defs/Report", "$defs": SCHEMA["$defs"]})
    json.dumps(report, allow_nan=False)
    return report


def said(report: dict[str, Any], language: str = "en") -> str:
    return "\n".join(text[language] for text in report["advice"])


def test_figures_agree_with_a_count_by_hand() -> None:
    rows = evaluation([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 0], ["甲", "乙", "丙"])
    report = conforms(CLASSIFY.report(rows))
    assert report["rows"] == 6 and report["split"] == "test"
    assert report["metrics"]["accuracy"] == pytest.approx(4 / 6, abs=1e-6)
    assert report["confusion"] == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    first, second, third = report["classes"]
    assert (first["precision"], first["recall"]) == (0.6667, 0.6667)
    assert (second["precision"], second["recall"], second["rows"]) == (0.6667, 1.0, 2)
    assert (third["precision"], third["recall"], third["f1"]) == (0.0, 0.0, 0.0)
    assert report["metrics"]["macro_f1"] == pytest.approx((2 / 3 + 0.8 + 0) / 3, abs=1e-6)


def test_loss_is_the_cross_entropy_and_stays_finite_for_huge_logits() -> None:
    logits = np.array([[1e4, -1e4], [0.0, 0.0]], dtype=np.float32)
    assert CLASSIFY.metrics(logits, np.array([0, 1]))["loss"] == pytest.approx(np.log(2) / 2)
    assert np.isfinite(CLASSIFY.metrics(logits, np.array([1, 1]))["loss"])


def test_worst_mistakes_come_first_with_their_line() -> None:
    logits = np.array([[3, 0], [0, 1], [9, 0], [0, 5]], dtype=np.float32)
    rows = Evaluation(
        "dev", list("abcd"), [5, 6, None, 8], np.array([1, 1, 1, 1]), logits, ["负", "正"]
    )
    report = conforms(CLASSIFY.report(rows))
    assert [(m["text"], m["line"], m["predicted"]) for m in report["mistakes"]] == [
        ("c", None, "负"),
        ("a", 5, "负"),
    ]
    assert report["mistakes"][0]["probability"] > report["mistakes"][1]["probability"] > 0.9


def test_a_model_behind_the_baseline_is_told_so_plainly_in_both_languages() -> None:
    gold = [0, 1] * 150
    rows = evaluation(gold, [0] * 150 + gold[150:], ["负", "正"])
    report = conforms(
        CLASSIFY.report(rows, baseline=baseline(gold[:290] + [0] * 10), training=Training())
    )
    assert report["baseline"]["beaten"] is False
    assert "does not beat the simple baseline" in said(report) and "--epochs" in said(report)
    assert "没有超过" in said(report, "zh")


def test_a_model_that_is_level_with_the_baseline_is_not_called_worse() -> None:
    gold = [0, 1] * 150
    answers = [1 - gold[0], 1 - gold[1], *gold[2:]]
    level = CLASSIFY.report(
        evaluation(gold, answers, ["负", "正"]), baseline=baseline([1 - gold[0], *gold[1:]])
    )
    assert level["baseline"]["beaten"] is False
    assert "does not beat" in said(level) and "may be chance" in said(level)
    assert "不相上下" in said(level, "zh") and "better choice" not in said(level)
    behind = CLASSIFY.report(
        evaluation(gold, [1 - label for label in gold[:40]] + gold[40:], ["负", "正"]),
        baseline=baseline(gold),
    )
    assert "better choice" in said(behind) and "chance" not in said(behind)


def test_a_tie_does_not_beat_the_baseline() -> None:
    gold = [0, 1] * 150
    report = CLASSIFY.report(evaluation(gold, gold, ["负", "正"]), baseline=baseline(gold))
    assert report["baseline"]["beaten"] is False


def test_a_lead_that_may_be_chance_is_called_that_and_a_clear_one_is_not() -> None:
    gold = [0, 1] * 150
    rows = evaluation(gold, gold, ["负", "正"])
    narrow = CLASSIFY.report(rows, baseline=baseline([1, *gold[1:]]))
    assert narrow["baseline"]["beaten"] and "chance" in said(narrow)
    clear = CLASSIFY.report(rows, baseline=baseline([1 - label for label in gold[:40]] + gold[40:]))
    assert clear["baseline"]["beaten"] and said(clear) == ""


def test_the_metric_that_was_asked_for_decides() -> None:
    # Accuracy: 0.9 for always "0", 0.8 for the model; macro F1 is the other way round.
    gold = [0] * 270 + [1] * 30
    predicted = [0] * 210 + [1] * 60 + [1] * 30
    rows = evaluation(gold, predicted, ["多", "少"])
    always = baseline([0] * 300)
    assert not CLASSIFY.report(rows, baseline=always)["baseline"]["beaten"]
    by_f1 = CLASSIFY.report(rows, baseline=always, training=Training(metric="macro_f1"))
    assert by_f1["baseline"]["beaten"]


def test_one_answer_for_everything_is_named_as_learning_nothing() -> None:
    report = CLASSIFY.report(evaluation([0, 1] * 150, [1] * 300, ["负", "正"]))
    assert "the same answer, 正" in said(report) and "never recognised" not in said(report)


def test_classes_never_recognised_are_named() -> None:
    labels = [f"类{i}" for i in range(9)]
    gold = list(range(9)) * 30
    predicted = [label if label < 2 else 0 for label in gold]
    assert "7 classes were never recognised (recall 0): 类2, 类3, 类4, 类5, 类6 …" in said(
        CLASSIFY.report(evaluation(gold, predicted, labels))
    )


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (Training(train_metrics={"accuracy": 0.999}), "learns by heart"),
        (Training(train_metrics={"accuracy": 0.85}, still_improving=True), "more epochs may"),
        (Training(rows_by_label=[5000, 20]), "20. Accuracy hides"),
    ],
)
def test_what_is_known_of_the_training_becomes_advice(training: Training, words: str) -> None:
    gold = [0, 1] * 150
    rows = evaluation(gold, [1 - g if i < 60 else g for i, g in enumerate(gold)], ["负", "正"])
    assert words in said(CLASSIFY.report(rows, training=training))
    assert words not in said(CLASSIFY.report(rows))


def test_advice_does_not_contradict_the_options() -> None:
    gold = [0, 1] * 150
    rows = evaluation(gold, [1 - g if i < 60 else g for i, g in enumerate(gold)], ["负", "正"])
    by_heart = {"accuracy": 0.999}
    once, often = (
        said(
            CLASSIFY.report(
                rows,
                baseline=baseline(gold),
                training=Training(train_metrics=by_heart, epochs=epochs, still_improving=False),
            )
        )
        for epochs in (1.0, 5.0)
    )
    assert "more epochs" in once and "fewer epochs" not in once
    assert "more epochs" not in often and "fewer epochs" in often


def test_few_rows_are_said_to_be_uncertain() -> None:
    report = CLASSIFY.report(evaluation([0, 1] * 10, [0, 1] * 10, ["负", "正"]))
    assert "Only 20 rows" in said(report) and "±1" in said(report)


def test_three_hundred_classes_with_long_labels_and_texts_stay_small() -> None:
    rng = np.random.default_rng(0)
    labels = [f"类别{i}" + "很长" * 100 for i in range(300)]
    gold = rng.integers(0, 300, 3000).tolist()
    predicted = [g if i % 2 else (g * 7 + 1) % 300 for i, g in enumerate(gold)]
    rows = evaluation(gold, predicted, labels, texts=["评论" * 5000] * 3000)
    report = conforms(CLASSIFY.report(rows, baseline=baseline(gold)))
    assert report["classes_total"] == 300
    assert len(report["classes"]) == len(report["labels"]) == MOST_CLASSES
    assert np.shape(report["confusion"]) == (MOST_CLASSES, MOST_CLASSES)
    assert [item["label"] for item in report["classes"]] == report["labels"]
    assert len(report["mistakes"]) == 20 and max(len(m["text"]) for m in report["mistakes"]) == 200
    assert len(json.dumps(report, ensure_ascii=False).encode()) <= 36_000


def test_hostile_labels_and_texts_pass_through_as_data() -> None:
    labels = ["<img src=x onerror=alert(1)>", '"\n{braces}\u202e']
    rows = evaluation([0, 1, 1], [0, 0, 0], labels, texts=["{0}", "</script>", "'; DROP"])
    report = conforms(CLASSIFY.report(rows))
    assert report["labels"] == labels
    assert labels[0][:20] in said(report)


def test_all_mistakes_can_be_had_with_their_whole_text() -> None:
    rows = evaluation([0] * 50, [1] * 50, ["负", "正"], texts=["长" * 1000] * 50)
    assert len(mistakes(rows)) == 50 and len(mistakes(rows)[0]["text"]) == 1000


def test_an_unknown_task_names_the_closest() -> None:
    with pytest.raises(UsageProblem, match="classify"):
        get_task("clasify")
