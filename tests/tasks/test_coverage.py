"""Classes that an evaluation lacks: told before training, and marked in every figure without them.

A figure over rows without a class says nothing of that class, and must not look as if it did.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from classify_data import prepare, rows_of
from tasks.classify_evaluations import evaluation_of

from paddle_lab.bundle.card import card
from paddle_lab.bundle.manifest import Manifest
from paddle_lab.data import Dataset
from paddle_lab.tasks import get_task
from paddle_lab.tasks.blocks import report_json
from paddle_lab.tasks.codec import Signature, TensorSpec
from paddle_lab.tasks.coverage import coverage_of, marked
from paddle_lab.tasks.markdown import markdown
from paddle_lab.tasks.multilabel.scores import macro_f1 as macro_of_labels
from paddle_lab.tasks.scores import macro_f1
from paddle_lab.views.report_html import report_html
from paddle_lab.views.report_text import report_lines
from paddle_lab.views.words import Words

CLASSIFY = get_task("classify")
LABELS = ["a", "b", "c", "d", "e"]


def report(gold: list[int], answers: list[int]) -> dict[str, Any]:
    evaluation = evaluation_of(
        "dev", [f"第{n}条" for n in range(len(gold))], [None] * len(gold), gold,
        np.eye(5, dtype=np.float32)[answers], LABELS,
    )  # fmt: skip
    lacking = coverage_of(CLASSIFY, evaluation.data, LABELS)
    metrics = CLASSIFY.measure(evaluation)
    blocks = marked(CLASSIFY.report(evaluation, metrics), CLASSIFY, lacking)
    found = report_json(
        "dev", len(gold), metrics, blocks, None if lacking is None else lacking.to_json()
    )
    json.dumps(found, allow_nan=False)
    return found


def figures(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    block = next(block for block in found["blocks"] if block["type"] == "metrics")
    return {item["name"]: item for item in block["items"]}


# -- before training ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dev", "said"),
    [
        ([("好", "a"), ("坏", "b")], "dev has no row of 1 of 3 labels ('c')"),
        ([("好", "a")], "dev has no row of 2 of 3 labels ('b', 'c')"),
        ([("好", "a"), ("坏", "b"), ("中", "c")], ""),
    ],
)
def test_classes_that_an_evaluation_lacks_are_told_with_the_data(
    dev: list[tuple[str, str]], said: str
) -> None:
    rows = [(f"文本{n}", "abc"[n % 3]) for n in range(90)]
    notices = prepare(rows, dev).report.notices
    told = "\n".join(notice.in_language("en") for notice in notices)
    assert said in told
    assert ("has no row of" in told) == bool(said)


@pytest.mark.parametrize("rare", [2, 3, 5])
def test_imbalanced_data_get_every_class_of_two_texts_into_dev(rare: int) -> None:
    """Field case H10: of a class of two rows none came into dev, and macro F1 was called 1.0."""
    rows = [*[(f"第{n}条内容", "正常") for n in range(400)],
            *[(f"违规内容{n}", "违规") for n in range(rare)]]  # fmt: skip
    prepared = prepare(rows)
    assert set(prepared.dev.labels) == set(prepared.train.labels) == {"正常", "违规"}


# -- macro figures ------------------------------------------------------------------------------


def test_a_mean_over_classes_is_over_those_that_have_rows() -> None:
    gold, answers = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])
    assert macro_f1(gold, answers) == pytest.approx((1 + 2 / 3) / 2)


@pytest.mark.parametrize("answers", [[0, 0, 0], [0, 1, 0]])
def test_of_one_class_there_is_no_macro_figure(answers: list[int]) -> None:
    assert math.isnan(macro_f1(np.array([0, 0, 0]), np.array(answers)))
    found = report([0, 0, 0], answers)
    assert found["metrics"]["macro_f1"] is None
    assert figures(found)["macro_f1"]["value"] is None


def test_several_labels_have_a_macro_figure_over_those_that_have_rows() -> None:
    gold = np.array([[True, False, False], [True, True, False]])
    assert macro_of_labels(gold, gold | np.array([False, False, True])) == 1.0
    assert math.isnan(macro_of_labels(np.zeros((2, 3), bool), gold))


# -- marks --------------------------------------------------------------------------------------


def test_every_figure_is_marked_with_what_it_leaves_out() -> None:
    found = report([0, 1, 2, 0], [0, 1, 2, 1])
    assert found["coverage"]["present"] == 3 and found["coverage"]["total"] == 5
    assert found["coverage"]["absent"] == ["d", "e"]
    for name in ("accuracy", "macro_f1"):
        assert figures(found)[name]["note"]["en"] == "3 of 5 classes"
        assert figures(found)[name]["note"]["zh"] == "5 个类别中的 3 个"
    assert figures(found)["loss"]["note"] is None


def test_the_table_of_classes_gives_no_figure_of_an_absent_one() -> None:
    found = report([0, 1, 2, 0], [0, 1, 2, 3])
    table = next(
        b for b in found["blocks"] if b["type"] == "table" and "Classes" in b["title"]["en"]
    )
    by_label = {row[0]: row[1:] for row in table["rows"]}
    assert by_label["d"] == by_label["e"] == [None, None, None, 0]
    assert "3 of 5 classes" in table["title"]["en"]


def test_every_view_shows_the_marks() -> None:
    found = report([0, 1, 2, 0], [0, 1, 2, 1])
    for language, mark, sentence in (
        ("en", "3 of 5 classes", "say nothing of 2 of 5 classes, which have no row here: 'd', 'e'"),
        ("zh", "5 个类别中的 3 个", "不反映 5 个类别中的 2 个"),
    ):
        text = "\n".join(report_lines(found, Words(language)))
        page = report_html(found, Words(language))
        for shown in (text, page.replace("&#x27;", "'").replace("&#39;", "'"), markdown(found)):
            assert shown.count(mark) >= 2, shown
            assert sentence in shown.replace("\\", ""), shown


def test_nothing_is_marked_where_no_class_is_absent() -> None:
    found = report([0, 1, 2, 3, 4], [0, 1, 2, 3, 3])
    assert found["coverage"] is None
    assert all(item["note"] is None for item in figures(found).values())
    assert " of 5 classes" not in str(found)


def test_the_model_card_says_which_classes_its_figures_leave_out() -> None:
    found = report([0, 1, 2, 0], [0, 1, 2, 1])
    shape = TensorSpec("logits", ("rows", 5))
    manifest = Manifest(
        "classify", {"labels": LABELS}, Signature((shape,), (shape,)), 16, 0, "t", "r",
        {}, "now", found["metrics"], found["coverage"],
    )  # fmt: skip
    shown = card(manifest)
    assert "3 of 5 classes" in shown and "5 个类别中的 3 个" in shown and '"e"' in shown


# -- other tasks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "targets", "known", "mark"),
    [
        ("pair", ["0", "0"], ["0", "1"], "1 of 2 classes"),
        ("multilabel", [["甲"], []], ["甲", "乙", "丙"], "1 of 3 labels"),
        ("tag", [[[0, 1, "LOC"]], []], ["LOC", "ORG", "PER"], "1 of 3 types"),
    ],
)
def test_classes_labels_and_types_are_all_counted(
    task: str, targets: list[Any], known: list[str], mark: str
) -> None:
    data = Dataset("dev", {"text": ["一", "二"]}, targets, [1, 2])
    found = coverage_of(get_task(task), data, known)
    assert found is not None and found.mark.in_language("en") == mark


@pytest.mark.parametrize("task", ["regress", "answer"])
def test_figures_of_no_classes_lack_none(task: str) -> None:
    data = rows_of("dev", ["一"], [1.0], [1])
    assert coverage_of(get_task(task), data, ["1", "2"]) is None
