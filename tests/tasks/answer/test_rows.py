"""Questions, contexts and answers from tables."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from paddle_lab.data import Dataset
from paddle_lab.data.objects import records_of
from paddle_lab.data.read import read, read_typed
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.answer.options import AnswerOptions

ANSWER = get_task("answer")
CONTEXT = "王芳在北京开了一家书店，李强在北京开了茶馆。"


def of(frame: pd.DataFrame, **options: Any) -> Dataset:
    return read(ANSWER, frame, **options)


def said(data: Dataset) -> str:
    return "\n".join(notice.in_language("en") for notice in data.notices)


def test_columns_are_known_by_their_names() -> None:
    frame = pd.DataFrame(
        {"id": [7, 8], "question": ["谁开了书店？", "李强在哪里？"], "context": [CONTEXT] * 2,
         "answer": ["王芳", "北京"], "answer_start": [0, 15]}
    )  # fmt: skip
    data = of(frame)
    assert data.targets == [
        {"id": "7", "answers": [{"text": "王芳", "start": 0}]},
        {"id": "8", "answers": [{"text": "北京", "start": 15}]},
    ]
    assert data.groups is not None and len(set(data.groups)) == 1
    assert data.columns["start"] == "answer_start"
    assert not data.notices


def test_columns_may_be_named() -> None:
    frame = pd.DataFrame({"q": ["谁？"], "p": [CONTEXT], "a": ["王芳"], "context": ["别的"]})
    data = of(frame, columns={"question": "q", "context": "p", "answer": "a"})
    assert data.given["context"] == [CONTEXT]
    with pytest.raises(DataError) as caught:
        of(frame)
    assert caught.value.code == "data.columns"
    assert "question, answer" in caught.value.what.in_language(
        "en"
    ) and "--text" in caught.value.fix.in_language("en")


@pytest.mark.parametrize(
    "answers",
    [
        ["王芳", "王芳"],
        [{"text": "王芳", "answer_start": 0}, {"text": "王芳", "answer_start": 0}],
        {"text": ["王芳", "王芳"], "answer_start": [0, 0]},
        {"id": "q", "answers": [{"text": "王芳", "start": 0}, {"text": "王芳", "start": 0}]},
    ],
)
def test_json_lines_give_several_answers_in_the_forms_that_people_write(answers: Any) -> None:
    line = json.dumps({"question": "谁开了书店？", "context": CONTEXT, "answers": answers})
    data = read_typed(ANSWER, line + "\n", "typed")
    assert data.targets[0]["answers"] == [{"text": "王芳", "start": 0}] * 2


def test_an_empty_answer_means_that_there_is_none_and_is_told() -> None:
    frame = pd.DataFrame(
        {"question": ["谁？", "多大？", "多高？"], "context": [CONTEXT] * 3,
         "answer": ["王芳", None, ""]}
    )  # fmt: skip
    data = of(frame)
    assert [len(target["answers"]) for target in data.targets] == [1, 0, 0]
    assert "2 rows have an empty answer" in said(data)


def test_an_answer_from_elsewhere_is_refused_by_row() -> None:
    frame = pd.DataFrame(
        {"question": ["谁？", "哪里？"], "context": [CONTEXT] * 2, "answer": ["王芳", "广州"]}
    )
    with pytest.raises(DataError) as caught:
        of(frame)
    assert "row 2" in caught.value.what.in_language(
        "en"
    ) and "广州" in caught.value.what.in_language("en")
    assert len(of(frame, skip_bad=True)) == 1


def test_numbers_are_texts() -> None:
    frame = pd.DataFrame({"question": ["几号？"], "context": ["编号是 1998 号"], "answer": [1998]})
    assert of(frame).targets[0]["answers"] == [{"text": "1998", "start": 4}]


def test_broken_characters_are_told() -> None:
    frame = pd.DataFrame({"question": ["谁\ud800？"], "context": [CONTEXT], "answer": ["王芳"]})
    data = of(frame)
    assert data.given["question"] == ["谁\ufffd？"] and "lone surrogates" in said(data)


def test_answers_longer_than_can_be_given_are_told() -> None:
    frame = pd.DataFrame({"question": ["谁？"], "context": [CONTEXT], "answer": [CONTEXT]})
    assert "longer" not in said(of(frame))
    told = said(of(frame, options=AnswerOptions(answer_length=5)))
    assert "1 answers are longer than 5 characters" in told and "answer_length" in told


@pytest.mark.parametrize(
    ("columns", "how"),
    [
        ({"question": ["谁？"] * 3, "context": [CONTEXT] * 3, "answer": ["王芳"] * 3}, "certain"),
        ({"question": ["谁？"] * 3, "context": [CONTEXT] * 3, "answer": ["是"] * 3}, "possible"),
        ({"question": ["谁？"] * 3, "context": [CONTEXT] * 3, "label": ["是"] * 3}, None),
        ({"text": ["谁？"] * 3, "label": ["是"] * 3}, None),
    ],
)
def test_a_table_is_recognised_by_answers_that_stand_in_their_context(
    columns: dict[str, Any], how: str | None
) -> None:
    assert ANSWER.recognise(records_of(pd.DataFrame(columns), "data")) == how


def test_other_rows_are_referred_to_their_task() -> None:
    frame = pd.DataFrame({"text": ["很好"] * 3, "label": ["1", "0", "1"]})
    with pytest.raises(DataError) as caught:
        of(frame)
    assert "no column for question, context, answer" in caught.value.what.in_language("en")
