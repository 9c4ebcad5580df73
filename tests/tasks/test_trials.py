"""Answers of every task as the card draws them, and corrections that its own reader reads back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddle_lab.data import read
from paddle_lab.data.corrections import keep_correction
from paddle_lab.errors import DataError
from paddle_lab.tasks import TASKS, get_task
from paddle_lab.tasks.answer.codec import Answer as Reply
from paddle_lab.tasks.answer.codec import Piece
from paddle_lab.tasks.label_codec import Answer as OneLabel
from paddle_lab.tasks.multilabel.codec import Answer as Labels
from paddle_lab.tasks.regress.codec import Answer as Score
from paddle_lab.tasks.tag.codec import Answer as Spans
from paddle_lab.tasks.tag.codec import Found
from paddle_lab.tasks.trial import Control, Shown, TrialBase

TEXT = '在北京"工作"的李明\t说\n好'
LABELS = Control("label", ["好评", '差"评'])
TOPICS = Control("labels", ["体育", "财经,股票", "科技"])
TYPES = Control("spans", ["LOC", "PER"], "text")
PIECE = Control("piece", of="context")
QUESTION = {"question": "谁\t在北京？", "context": TEXT}
PAIR = {"text": "甲\t1", "text2": '"乙"'}


def trial(task: str) -> TrialBase:
    found = get_task(task).trial
    assert found is not None
    return found


@pytest.mark.parametrize("name", TASKS.names())
def test_every_task_can_be_tried(name: str) -> None:
    assert trial(name) is not None


@pytest.mark.parametrize(
    ("task", "given", "control", "value"),
    [
        ("classify", {"text": TEXT}, LABELS, '差"评'),
        ("pair", PAIR, LABELS, "好评"),
        ("multilabel", {"text": TEXT}, TOPICS, ["体育", "财经,股票"]),
        ("multilabel", {"text": TEXT}, TOPICS, []),
        ("regress", {"text": TEXT}, Control("number"), 3.5),
        ("regress", PAIR, Control("number"), -2),
        ("regress", {"text": TEXT}, Control("number"), 1234567.25),
        ("regress", {"text": TEXT}, Control("number"), 0.000012345678),
        ("tag", {"text": TEXT}, TYPES, [[8, 10, "PER"], [1, 3, "LOC"]]),
        ("tag", {"text": TEXT}, TYPES, []),
        ("answer", QUESTION, PIECE, {"text": "李明", "start": 8}),
        ("answer", QUESTION, PIECE, None),
    ],
)
def test_a_correction_is_read_back_by_the_task(
    task: str, given: dict[str, str], control: Control, value: Any, tmp_path: Path
) -> None:
    row = trial(task).row(value, given, control)
    rows = read(get_task(task), keep_correction(tmp_path, row, task))
    assert [text.split() for text in rows.row_key(0)] == [text.split() for text in given.values()]
    found = trial(task).value_of(rows.targets[0])
    assert found == (sorted(value) if task == "tag" else value)


@pytest.mark.parametrize(
    ("task", "given", "control", "value"),
    [
        ("multilabel", {"text": TEXT}, TOPICS, ["娱乐"]),
        ("multilabel", {"text": TEXT}, TOPICS, "体育"),
        ("regress", {"text": TEXT}, Control("number"), float("nan")),
        ("regress", {"text": TEXT}, Control("number"), True),
        ("regress", {"text": TEXT}, Control("number"), "3"),
        ("tag", {"text": TEXT}, TYPES, [[0, 99, "LOC"]]),
        ("tag", {"text": TEXT}, TYPES, [[3, 3, "LOC"]]),
        ("tag", {"text": TEXT}, TYPES, [[0, 1, "ORG"]]),
        ("tag", {"text": TEXT}, TYPES, [0, 1, "LOC"]),
        ("answer", QUESTION, PIECE, {"text": "上海", "start": 1}),
        ("answer", QUESTION, PIECE, {"text": " ", "start": 0}),
        ("answer", QUESTION, PIECE, "李明"),
    ],
)
def test_what_is_no_answer_of_the_task_is_refused(
    task: str, given: dict[str, str], control: Control, value: Any
) -> None:
    with pytest.raises(DataError) as refused:
        trial(task).row(value, given, control)
    assert refused.value.code == "data.correction_value"


def shown(task: str, answer: Any) -> Shown:
    return trial(task).shown(answer)


def test_a_label_stands_with_the_most_probable_others() -> None:
    chances = {f"类{n}": 0.5 / 2**n for n in range(40)}
    found = shown("classify", OneLabel("类0", 0.5, chances))
    assert found.said.en == found.right == "类0"
    assert len(found.bars) == 8
    assert [(bar.name, bar.value, bar.chosen) for bar in found.bars[:2]] == [
        ("类0", "50.0%", True),
        ("类1", "25.0%", False),
    ]


def test_labels_that_hold_are_marked_among_the_others() -> None:
    found = shown("multilabel", Labels(["体育"], {"体育": 0.9, "财经": 0.2}))
    assert [(bar.name, bar.chosen) for bar in found.bars] == [("体育", True), ("财经", False)]
    assert shown("multilabel", Labels([], {"体育": 0.1})).said.en == "no label"


@pytest.mark.parametrize(("score", "share"), [(3.0, 0.5), (9.0, 1.0), (-1.0, 0.0)])
def test_a_score_lies_on_its_scale(score: float, share: float) -> None:
    (bar,) = shown("regress", Score(score, 1.0, 5.0)).bars
    assert (bar.share, bar.name) == (share, "1 to 5")


def test_spans_and_answers_are_marked_where_they_stand() -> None:
    found = shown("tag", Spans((Found(1, 3, "LOC", "北京"),)))
    assert found.said.en == "北京 (LOC)" and found.right == [[1, 3, "LOC"]]
    assert [(mark.start, mark.end, mark.label) for mark in found.marks["text"]] == [(1, 3, "LOC")]
    assert shown("tag", Spans(())).said.en == "no span"
    found = shown("answer", Reply("李明", 8, 10, 0.6, others=(Piece("北京", 1, 3, 0.2),)))
    assert [(mark.start, mark.end) for mark in found.marks["context"]] == [(8, 10)]
    assert [(bar.name, bar.chosen) for bar in found.bars] == [("李明", True), ("北京", False)]
    assert shown("answer", Reply(None, None, None, 0.7)).right is None


def test_support_falls_with_what_was_said() -> None:
    one, other = Found(0, 2, "PER", "李明"), Found(3, 5, "LOC", "北京")
    assert trial("tag").support([Spans((one,)), Spans(())], Spans((one, other))) == [0.5, 0.0]
    moved = Found(5, 7, "PER", "李明")
    assert trial("tag").support([Spans((moved,))], Spans((one,))) == [1.0]
    assert trial("tag").support([Spans(())], Spans(())) is None
    replies = [
        Reply("李明", 0, 2, 0.9),
        Reply("北京", 3, 5, 0.7, others=(Piece("李明", 0, 2, 0.1),)),
    ]
    assert trial("answer").support(replies, replies[0]) == [0.9, 0.1]
    labels = [Labels(["a"], {"a": 0.9, "b": 0.4}), Labels([], {"a": 0.2, "b": 0.4})]
    assert trial("multilabel").support(labels, labels[0]) == [0.9, 0.2]
    assert trial("multilabel").support(labels, labels[1]) == [pytest.approx(0.1), 0.6]
