"""Answers of every task in a notebook: beside their rows, with bars and the model they are of."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.bundle.shown import ShownAnswers, answered_by
from paddle_lab.i18n import Text, speaking
from paddle_lab.tasks import TASKS, get_task
from paddle_lab.tasks.answer.codec import Answer as Reply
from paddle_lab.tasks.answer.codec import Piece
from paddle_lab.tasks.label_codec import Answer as OneLabel
from paddle_lab.tasks.multilabel.codec import Answer as Labels
from paddle_lab.tasks.regress.codec import Answer as Score
from paddle_lab.tasks.tag.codec import Answer as Spans
from paddle_lab.tasks.tag.codec import Found

HOSTILE = "<script>alert(1)</script>"
LABEL = OneLabel("好评", 0.932, {"好评": 0.932, "差评": 0.068})
BY = Text("Answered by reviews-1a2b (ernie-lab-mini).", "由 reviews-1a2b（ernie-lab-mini）给出。")

# What was given, the answer, what the page says of it, and the lengths of its bars in pixels.
ANSWERS: dict[str, tuple[dict[str, str], Any, str, list[int]]] = {
    "classify": ({"text": "很好"}, LABEL, "93.2%", [89]),
    "pair": ({"text": "甲", "text2": "乙"}, LABEL, "93.2%", [89]),
    "multilabel": ({"text": "甲"}, Labels(["体育"], {"体育": 0.75}), "体育</bdi> <bdi>75.0%", [72]),
    "regress": ({"text": "甲"}, Score(4.0, 1, 5), "1 to 5", [72]),
    "tag": ({"text": "在北京"}, Spans((Found(1, 3, "LOC", "北京"),)), "北京 <small>LOC", []),
    "answer": (
        {"question": "谁？", "context": "李明在北京"},
        Reply("李明", 0, 2, 0.5, others=(Piece("北京", 3, 5, 0.25),)),
        ">李明</mark>",
        [48],
    ),
}


def shown(task: str, answer: Any = None) -> ShownAnswers:
    given, found, _, _ = ANSWERS[task]
    columns = {role: [text, text] for role, text in given.items()}
    return ShownAnswers([answer or found, None], columns, task, BY)


def test_every_task_is_tried_here() -> None:
    assert set(ANSWERS) == set(TASKS.names())


@pytest.mark.parametrize("task", sorted(ANSWERS))
def test_a_notebook_shows_answers_beside_their_rows(task: str) -> None:
    _, _, said, bars = ANSWERS[task]
    with speaking("en"):
        page = shown(task)._repr_html_()
    assert said in page and BY.en in page
    assert page.count("<tr ") == 3  # the head, the answer, and the row that has none
    for pixels in bars:
        assert f"width:{pixels}px'" in page
    assert page.count("aria-hidden") == len(bars)


@pytest.mark.parametrize("task", sorted(ANSWERS))
def test_the_next_best_answers_stand_in_lines_that_do_not_break(task: str) -> None:
    _, answer, _, _ = ANSWERS[task]
    assert len(get_task(task).cells(answer, 3)) == len(get_task(task).headings(3))
    for cell in get_task(task).cells(answer, 3):
        assert "\n" not in str(cell)


def test_python_has_a_list_as_before() -> None:
    answers = shown("classify")
    assert answers == [LABEL, None] and answers[0].label == "好评"
    assert pickle.loads(pickle.dumps(answers)) == answers


def test_nothing_of_the_data_is_markup() -> None:
    hostile = OneLabel(HOSTILE, 0.5, {HOSTILE: 0.5})
    page = ShownAnswers([hostile], {"text": [HOSTILE]}, "classify", Text(HOSTILE, HOSTILE))
    assert HOSTILE not in page._repr_html_()


def test_of_many_answers_the_first_are_shown_and_the_others_counted() -> None:
    page = ShownAnswers([LABEL] * 25, {"text": ["好"] * 25}, "classify", BY)._repr_html_()
    assert page.count("<tr ") == 21 and "5" in page.split("</table>")[1]


@pytest.mark.parametrize(
    ("source", "model", "said"),
    [
        ({"run": "1a2b", "name": "reviews"}, {"name": "ernie-lab-mini"}, "reviews-1a2b"),
        ({"run": "1a2b", "name": "reviews"}, {"name": "m3e-small"}, "m3e-small"),
        ({}, {}, "my-model"),
        ({"run": "1a2b"}, {"name": None}, "my-model"),
    ],
)
def test_the_model_that_answered_is_named(
    source: dict[str, Any], model: dict[str, Any], said: str
) -> None:
    told = answered_by(Path("/somewhere/my-model"), source, model)
    assert said in told.in_language("en") and said in told.in_language("zh")
