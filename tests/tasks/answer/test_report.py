"""The report: the verdict on mean F1, tables by length and kind, marked mistakes, plain advice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from paddle_lab.tasks.answer.baseline import best_sentences, sentences
from paddle_lab.tasks.answer.codec import Answer
from paddle_lab.tasks.answer.kinds import kind_of, length_class, length_name
from paddle_lab.tasks.answer.mistakes import marked_piece, spans_of
from paddle_lab.tasks.answer.report import build_report
from paddle_lab.tasks.answer.scored import Scored, measure, scores_of
from paddle_lab.tasks.answer.spans import Preferences
from paddle_lab.tasks.answer.tables import tables
from paddle_lab.tasks.answer.verdict import compare_means, mean_margin
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import Block, report_json
from paddle_lab.tasks.markdown import markdown

CONTEXT = "王芳在北京开了一家书店。它于1999年开业，第一天来了很多客人。"


def gold(*texts: str, context: str = CONTEXT) -> dict[str, Any]:
    answers = [{"text": text, "start": context.find(text)} for text in texts]
    return {"id": "q", "answers": answers}


def given(text: str | None, context: str = CONTEXT, score: float = 0.5) -> Answer:
    if text is None:
        return Answer(None, None, None, score)
    start = context.index(text)
    return Answer(text, start, start + len(text), score)


def scored(rows: list[tuple[str, str | None, dict[str, Any]]]) -> Scored:
    answers = [given(text) for _, text, _ in rows]
    targets = [target for _, _, target in rows]
    f1, exact = scores_of([answer.answer for answer in answers], targets)
    lines: list[int | None] = list(range(1, len(rows) + 1))
    questions = [question for question, _, _ in rows]
    return Scored(questions, [CONTEXT] * len(rows), lines, targets, answers, f1, exact)


ROWS: list[tuple[str, str | None, dict[str, Any]]] = [
    ("谁开了书店？", "王芳", gold("王芳")),
    ("书店在哪里？", "在北京开了", gold("北京")),
    ("哪一年开业？", "王芳", gold("1999年", "1999")),
    ("卖什么？", None, gold()),
    ("多少钱？", "很多", gold()),
    ("为什么开店？", None, gold("很多客人")),
]


def blocks_of(one: Scored, **options: Any) -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for block in build_report(one, measure(one), **options):
        found.setdefault(block.type, []).append(block)
    return found


def words(block: Any) -> str:
    return json.dumps(block.to_json(), ensure_ascii=False)


def test_figures_of_rows_with_and_without_an_answer() -> None:
    metrics = measure(scored(ROWS))
    partly = 2 * 2 / (2 + 5)
    assert metrics["f1"] == pytest.approx((1 + partly + 0 + 1 + 0 + 0) / 6)
    assert metrics["em"] == pytest.approx(2 / 6)
    assert metrics["f1_answerable"] == pytest.approx((1 + partly) / 4)
    assert metrics["em_answerable"] == 1 / 4
    assert metrics["no_answer_accuracy"] == pytest.approx(4 / 6)
    assert set(measure(scored(ROWS[:3]))) == {"f1", "em"}
    assert measure(scored([])) == {"f1": 0.0, "em": 0.0}


def test_the_whole_report_is_drawn_and_written() -> None:
    one = scored(ROWS)
    baseline = Baseline("best sentence by TF-IDF", [CONTEXT[:12]] * len(ROWS), 0.1, 6)
    report = report_json(
        "dev", len(ROWS), measure(one), build_report(one, measure(one), baseline=baseline)
    )
    assert [block["type"] for block in report["blocks"]] == [
        "verdict", "metrics", "advice", "table", "table", "table", "examples",
    ]  # fmt: skip
    text = markdown(json.loads(json.dumps(report)))
    assert "best sentence by TF\\-IDF" in text or "best sentence by TF-IDF" in text
    assert "By length of the answer" in text and "按问题类型" in text


def test_the_tables_divide_all_rows() -> None:
    by_length, by_kind = (block.to_json() for block in blocks_of(scored(ROWS))["table"])
    assert [row[0] for row in by_length["rows"]] == ["1 – 4", "no answer / 无答案"]
    assert sum(row[-1] for row in by_length["rows"]) == len(ROWS)
    kinds = {row[0]: row[-1] for row in by_kind["rows"]}
    assert kinds == {
        "why / 为什么": 1, "when / 什么时候": 1, "how many / 多少": 1, "where / 哪里": 1,
        "who / 谁": 1, "what, which / 什么、哪个": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("question", "kind"),
    [("战国无双3是由哪两个公司开发的？", "what, which"), ("何时成立？", "when"),
     ("When was it built?", "when"), ("How many people?", "how many"), ("How is it made?", "how"),
     ("Who is it?", "who"), ("哪位作家？", "who"), ("为何失败？", "why"), ("如何使用", "how"),
     ("位于哪里", "where"), ("面积有多大？", "how many"), ("介绍一下", "other"),
     ("which year", "when")],
)  # fmt: skip
def test_kinds_of_questions(question: str, kind: str) -> None:
    assert kind_of(question).en == kind


def test_lengths() -> None:
    assert [length_name(length_class(size)) for size in (1, 4, 5, 39, 40, 999)] == [
        "1 – 4", "1 – 4", "5 – 9", "20 – 39", "40 +", "40 +",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "answer", "expected"),
    [
        (gold("北京"), given("北京"), [("北京", "right")]),
        (gold("北京"), given("在北京开"), [("在", "wrong"), ("北京", "right"), ("开", "wrong")]),
        (gold("在北京开"), given("北京"), [("在", "missed"), ("北京", "right"), ("开", "missed")]),
        (gold("王芳"), given("北京"), [("王芳", "missed"), ("北京", "wrong")]),
        (gold("北京", "1999年"), given("1999"), [("1999", "right"), ("年", "missed")]),
        (gold("北京"), given(None), [("北京", "missed")]),
        (gold(), given("北京"), [("北京", "wrong")]),
        (gold("广州"), given("北京"), [("北京", "wrong")]),
        (gold("广州"), given(None), []),
    ],
)
def test_marks_of_a_mistake(
    target: dict[str, Any], answer: Answer, expected: list[tuple[str, str]]
) -> None:
    marks = spans_of(target, answer)
    assert [(CONTEXT[mark.start : mark.end], mark.kind) for mark in marks] == expected
    text, moved = marked_piece("问？", CONTEXT, marks)
    assert [(text[mark.start : mark.end], mark.kind) for mark in moved] == expected
    assert text.startswith("问？ ▸ ")


def test_far_marks_are_shown_in_pieces_of_the_context() -> None:
    context = "一" * 500 + "王芳" + "二" * 500 + "北京" + "三" * 500
    marks = spans_of(gold("王芳", context=context), given("北京", context))
    text, moved = marked_piece("谁？", context, marks)
    assert [text[mark.start : mark.end] for mark in moved] == ["王芳", "北京"]
    assert len(text) < 250 and text.count("…") == 3
    long = "啊" * 900
    text, moved = marked_piece("谁？", long, spans_of(gold(long, context=long), given(None)))
    assert len(text) < 300 and text[moved[0].start : moved[0].end] == "啊" * 240


def test_the_worst_mistakes_come_first_with_their_place() -> None:
    (examples,) = blocks_of(scored(ROWS))["examples"]
    items = examples.to_json()["items"]
    assert [item["line"] for item in items] == [3, 5, 6, 2]
    assert items[0]["expected"] == "1999年 | 1999" and items[0]["answered"] == "王芳"
    assert items[1]["expected"] == "—" and items[2]["answered"] == "—"


def test_the_table_beside_the_report_holds_every_row() -> None:
    heading, rows = tables(scored(ROWS))["answers"]
    assert len(rows) == len(ROWS) and heading[:3] == ("id", "question", "answer")
    assert rows[-1][4:6] == (1.0, 1)


def test_the_verdict_is_on_mean_f1_of_the_same_rows() -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 0.5, 200)
    assert compare_means(low + 0.2, low) == "better"
    assert compare_means(low, low + 0.2) == "worse"
    assert compare_means(low, rng.permutation(low)) == "level"
    assert compare_means(low, low) == "level"
    assert compare_means(np.array([1.0, 1.0, 1.0]), np.zeros(3)) == "level", "three rows are few"
    assert 0 < mean_margin(np.ones(50)) < 0.1, "all right in 50 rows is not certainty"
    assert mean_margin(np.zeros(1)) == 1.0


def advice(one: Scored, **options: Any) -> str:
    found = blocks_of(one, **options).get("advice", [])
    return " ".join(words(block) for block in found)


def test_a_model_that_has_learnt_nothing_is_called_that() -> None:
    weak = scored([("谁？", "客人", gold("王芳"))] * 60)
    baseline = Baseline("b", [CONTEXT[:12]] * 60, 0.1, 60)
    said = advice(weak, baseline=baseline, training=Training("f1", model="m3e-small"))
    assert "has not learnt to answer" in said and "还没有学会回答" in said
    assert "10,000" in said and "a larger model" in said
    assert "overfits" not in said


def test_better_than_the_baseline_is_not_yet_good() -> None:
    rows = [("谁？", "王芳在", gold("王芳"))] * 60
    said = advice(scored(rows), baseline=Baseline("b", [CONTEXT] * 60, 0.1, 60))
    assert "far from good" in said and "do not use this model" in said
    good = [("谁？", "王芳", gold("王芳"))] * 250
    assert advice(scored(good), baseline=Baseline("b", [CONTEXT] * 250, 0.1, 60)) == ""


def test_collapse_is_named() -> None:
    assert "no answer" in advice(scored([("谁？", None, gold("王芳"))] * 20))
    assert "begin at the first character" in advice(scored([("谁？", "王芳", gold("北京"))] * 20))
    contexts = [f"{CONTEXT}{n // 2}" for n in range(40)]
    rows = scored([("谁？", "很多", gold("北京"))] * 40)
    same = Scored(rows.questions, contexts, rows.lines, rows.targets, rows.answers, rows.f1,
                  rows.exact)  # fmt: skip
    assert "does not read the question" in advice(same)


def test_overfitting_and_missed_answers_are_told() -> None:
    training = Training("f1", train_metrics={"f1": 0.9}, still_improving=False)
    said = advice(scored(ROWS), training=training)
    assert "overfits" in said and "1 of 2 questions without an answer" in said
    assert "1 of 4 that have one" in said and "Only 6 questions" in said
    assert "more epochs may still help" in advice(
        scored(ROWS), training=Training("f1", still_improving=True)
    )


def test_leaning_on_shared_words_is_told() -> None:
    assert "share words" not in advice(scored(ROWS))
    said = advice(replace(scored(ROWS), preferences=Preferences(4.0, 0.1)))
    assert "share words with the question (likeness 4)" in said and "likeness 4" in said
    assert "prefer short answers (brevity 0.1)" in said and "较短的答案" in said


def test_the_best_sentence_of_the_context() -> None:
    contexts = ["天气很好。书店在北京。人很多！", "他姓李。茶馆开在杭州\n他喜欢喝茶"]
    found = best_sentences(
        ["书店在哪里？"] * 2, contexts, ["书店在哪里？", "茶馆开在哪里？"], contexts
    )
    assert found is not None and found.answers == ["书店在北京。", "茶馆开在杭州"]
    assert found.rows == 2
    blank = best_sentences([""], [""], ["谁？"], ["北京。"])
    assert blank is None, "nothing to learn weights from"


@pytest.mark.parametrize(
    ("context", "expected"),
    [("甲。乙！丙？丁", ["甲。", "乙！", "丙？", "丁"]), ("甲", ["甲"]), ("", [""]),
     ("。。", ["。。"]), ("甲\n\n乙", ["甲", "乙"])],
)  # fmt: skip
def test_sentences(context: str, expected: list[str]) -> None:
    assert sentences(context) == expected
