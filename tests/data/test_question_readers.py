"""Questions about contexts in the layouts in which they are published; the texts are made here."""

from __future__ import annotations

import json
from typing import Any

import pytest
from data.data_files import Write, three_parts

from paddle_lab.data import Dataset
from paddle_lab.data.read import read
from paddle_lab.data.readers import reader_of
from paddle_lab.data.split import split
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.recognition import choose_task

ANSWER = get_task("answer")
SHOP = "王芳在北京开了一家书店。它于1999年开业。"
TEA = "李强的茶馆在杭州。茶馆不大。"


def squad(*contexts: tuple[str, list[dict[str, Any]]], **head: Any) -> str:
    paragraphs = [{"context": context, "qas": qas} for context, qas in contexts]
    return json.dumps({**head, "data": [{"title": "t", "paragraphs": paragraphs}]})


def question(name: str, text: str, *answers: tuple[str, int], **other: Any) -> dict[str, Any]:
    found = [{"text": answer, "answer_start": start} for answer, start in answers]
    return {"id": name, "question": text, "answers": found, **other}


def rows(write: Write, content: str, name: str = "qa.json", **options: Any) -> Dataset:
    return read(ANSWER, str(write(name, content)), **options)


def said(data: Dataset) -> str:
    return "\n".join(notice.in_language("en") for notice in data.notices)


def test_squad_of_version_1(write: Write) -> None:
    content = squad(
        (SHOP, [question("a", "谁开了书店？", ("王芳", 0), ("王芳", 0)),
                question("b", "书店在哪里？", ("北京", 3))]),
        (TEA, [question("c", "茶馆在哪里？", ("杭州", 6))]),
        version="1.1",
    )  # fmt: skip
    data = rows(write, content)
    assert data.given == {
        "question": ["谁开了书店？", "书店在哪里？", "茶馆在哪里？"],
        "context": [SHOP, SHOP, TEA],
    }
    assert data.targets[0] == {"id": "a", "answers": [{"text": "王芳", "start": 0}] * 2}
    assert data.targets[2]["answers"] == [{"text": "杭州", "start": 6}]
    assert data.groups is not None and data.groups[0] == data.groups[1] != data.groups[2]
    assert not data.notices and data.unit == "row" and data.lines == [1, 2, 3]


def test_squad_of_version_2_has_questions_without_an_answer(write: Write) -> None:
    plausible = [{"text": "王芳", "answer_start": 0}]
    content = squad(
        (SHOP, [question("a", "书店在哪里？", ("北京", 3), is_impossible=False),
                question("b", "书店多大？", is_impossible=True, plausible_answers=plausible)]),
        version="v2.0",
    )  # fmt: skip
    data = rows(write, content)
    assert [ANSWER.stratum(target) for target in data.targets] == ["answerable", "unanswerable"]
    assert "1 unanswerable questions carry plausible answers: these are not used" in said(data)


def test_cmrc_in_its_older_layout_gives_no_starts(write: Write) -> None:
    content = json.dumps(
        [
            {"context_id": "D1", "context_text": TEA, "title": "t", "qas": [
                {"query_id": "Q1", "query_text": "茶馆在哪里？", "answers": ["杭州", "杭州"]},
                {"query_id": "Q2", "query_text": "什么不大？", "answers": ["茶馆"]}]},
        ],
        ensure_ascii=False,
    )  # fmt: skip
    data = rows(write, content)
    assert [target["id"] for target in data.targets] == ["Q1", "Q2"]
    assert data.targets[0]["answers"] == [{"text": "杭州", "start": 6}] * 2
    assert data.targets[1]["answers"] == [{"text": "茶馆", "start": 3}]
    assert "2 answers have a start that is wrong or missing, and are taken" in said(data)
    assert "1 answers have a start that is missing although the answer occurs several" in said(data)


def test_dureader_writes_an_empty_answer_at_minus_one_where_there_is_none(write: Write) -> None:
    content = squad(
        (SHOP, [question("a", "书店在哪里？", ("北京", 3)),
                question("b", "书店多大？", ("", -1), is_impossible=True)]),
    )  # fmt: skip
    data = rows(write, content)
    assert data.targets[1] == {"id": "b", "answers": []}


def test_inner_objects_may_stand_one_a_line(write: Write) -> None:
    lines = [
        {"context": SHOP, "qas": [{"qid": "a", "question": "谁？", "answers": ["王芳"]}]},
        {"context": TEA, "qas": [{"qid": "b", "question": "哪里？", "answers": ["杭州"]},
                                 {"qid": "c", "question": "谁？", "answers": ["李强"]}]},
    ]  # fmt: skip
    content = "\n".join(json.dumps(line) for line in lines) + "\n{broken\n"
    with pytest.raises(DataError) as caught:
        rows(write, content, "qa.jsonl")
    assert "line 3: not JSON" in caught.value.what.in_language("en")
    data = rows(write, content, "qa.jsonl", skip_bad=True)
    assert data.unit == "line" and data.lines == [1, 2, 2]
    assert [target["id"] for target in data.targets] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("entry", "context", "reason"),
    [
        (question("x", "", ("北京", 3)), SHOP, "the question is missing or empty"),
        ({"id": "x", "answers": ["北京"]}, SHOP, "the question is missing or empty"),
        (question("x", "哪里？", ("北京", 3)), " \n", "the context is missing or empty"),
        (question("x", "哪里？", ("北京", 3)), None, "the context is missing or empty"),
        (question("x", "哪里？", ("上海", 3)), SHOP, 'the answer "上海" does not stand in'),
        ({"id": "x", "question": "哪里？"}, SHOP, "nobody has answered the question"),
        ({"id": "x", "question": "哪里？", "answers": None}, SHOP, "nobody has answered"),
        (question("x", "哪里？", is_impossible=False), SHOP, "it is said to have an answer"),
        ({"id": "x", "question": "哪里？", "answers": [{"text": ["北京"]}]}, SHOP,
         "an answer is list, not a text"),
        ({"id": "x", "question": ["哪里"], "answers": ["北京"]}, SHOP, "list"),
        ({"id": "x", "question": "哪里？",
          "answers": {"text": ["北京", "王芳"], "answer_start": [3]}}, SHOP, "2 answers have 1"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_named_and_can_be_dropped(
    write: Write, entry: dict[str, Any], context: Any, reason: str
) -> None:
    content = squad((SHOP, [question("good", "谁？", ("王芳", 0))]), (context, [entry]))
    with pytest.raises(DataError) as caught:
        rows(write, content)
    assert "row 2" in caught.value.what.in_language("en") and "x" in caught.value.what.in_language(
        "en"
    )
    assert reason in caught.value.what.in_language("en")
    assert (
        "--skip-bad" in caught.value.fix.in_language("en") and caught.value.code == "data.bad_rows"
    )
    data = rows(write, content, skip_bad=True)
    assert [target["id"] for target in data.targets] == ["good"]
    assert "1 of 2 rows dropped" in said(data)


def test_an_item_that_is_no_question_is_bad(write: Write) -> None:
    content = json.dumps({"context": SHOP, "qas": ["谁？", question("a", "谁？", ("王芳", 0))]})
    data = rows(write, content, skip_bad=True)
    assert len(data) == 1 and "a question is str, not an object" in said(data)


def test_an_empty_list_of_answers_counts_as_unanswerable_and_is_told(write: Write) -> None:
    content = squad((SHOP, [question("a", "谁？", ("王芳", 0)), question("b", "多大？")]))
    data = rows(write, content)
    assert data.targets[1]["answers"] == []
    assert "1 questions have an empty list of answers and do not say why" in said(data)


def test_a_question_marked_impossible_with_answers_is_unanswerable_and_told(write: Write) -> None:
    content = squad((SHOP, [question("a", "谁？", ("王芳", 0)),
                            question("b", "多大？", ("王芳", 0), is_impossible=True)]))  # fmt: skip
    data = rows(write, content)
    assert data.targets[1]["answers"] == []
    assert "1 questions are marked as impossible and have answers" in said(data)


def test_a_part_without_any_answer_teaches_and_measures_nothing(write: Write) -> None:
    from paddle_lab.data.prepare import prepare

    good = squad(*((f"{SHOP}第{n}家。", [question(f"{n}", "谁？", ("王芳", 0))]) for n in range(9)))
    test = squad((TEA, [question("a", "谁？"), question("b", "哪里？")]))
    train, unlabelled = str(write("train.json", good)), str(write("test.json", test))
    with pytest.raises(DataError) as caught:
        prepare(ANSWER, train, unlabelled)
    assert caught.value.code == "data.no_answers" and "test.json" in caught.value.what.in_language(
        "en"
    )
    three_parts(caught.value)
    with pytest.raises(DataError) as caught:
        prepare(ANSWER, unlabelled)
    assert caught.value.code == "data.no_answers"


def test_a_broken_document_names_its_line(write: Write) -> None:
    content = squad((SHOP, [question("a", "谁？", ("王芳", 0))]))
    with pytest.raises(DataError) as caught:
        rows(write, "\n" + content[:-5])
    assert (
        "line 2: not valid JSON" in caught.value.what.in_language("en")
        and caught.value.code == "data.json"
    )
    three_parts(caught.value)


def test_depth_beyond_measure_is_refused(write: Write) -> None:
    deep = '{"context": "", "qas": ' + "[" * 100_000 + "]" * 100_000 + "}"
    with pytest.raises(DataError) as caught:
        rows(write, deep)
    assert "nested too deeply" in caught.value.why.in_language("en")


@pytest.mark.parametrize(
    ("text", "reader"),
    [
        (squad((SHOP, [question("a", "谁？")])), "questions in SQuAD's layout"),
        ('[{"context_text": "x", "qas": []}]', "questions in CMRC 2018's older layout"),
        ('\n {"qas": [], "context": "x"}', "questions in SQuAD's layout"),
        ('{"text": "says \\"context\\": and \\"qas\\": inside", "label": "x"}', "JSON rows"),
        ('{"text": "x", "label": "y"}', "JSON rows"),
        ('context\tqas: "context": "qas":\n', None),
    ],
)
def test_a_format_is_told_by_its_keys_not_by_words_in_texts(text: str, reader: str | None) -> None:
    found = reader_of(text, ".txt").title.en
    assert found == reader if reader else found not in ("questions in SQuAD's layout", "JSON rows")


def test_the_task_is_found_by_the_content(write: Write) -> None:
    content = squad((SHOP, [question("a", "谁？", ("王芳", 0))]))
    assert choose_task(str(write("qa.json", content))) == "answer"
    with pytest.raises(DataError) as caught:
        read(get_task("classify"), str(write("qa.json", content)))
    assert (
        caught.value.code == "data.other_task"
        and "--task answer" in caught.value.fix.in_language("en")
    )


def test_questions_of_one_context_stay_on_one_side(write: Write) -> None:
    contexts = [
        (
            f"{SHOP}第{n}家。",
            [question(f"{n}-{m}", f"第{m}问：谁？", ("王芳", 0)) for m in range(4)],
        )
        for n in range(20)
    ]
    data = rows(write, squad(*contexts))
    train, dev = split(data, 0.2, ANSWER.stratum)
    assert train.groups is not None and dev.groups is not None
    assert not set(train.groups) & set(dev.groups)
    assert len(set(dev.groups)) == 4 and len(dev) == 16
