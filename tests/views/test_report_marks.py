"""A report's texts: what was missed and what was wrong is told in words, also in a terminal."""

from __future__ import annotations

from typing import Any

from paddle_lab.i18n import T
from paddle_lab.tasks.blocks import (
    FINE_TUNED,
    Column,
    Examples,
    Mark,
    Sample,
    Table,
    report_json,
)
from paddle_lab.tasks.markdown import markdown
from paddle_lab.views.report_html import report_html
from paddle_lab.views.report_text import report_lines
from paddle_lab.views.words import Words


def report(*samples: Sample) -> dict[str, Any]:
    return report_json("dev", 1, {}, [Examples(T("Worst rows", "最差的行"), samples)])


def lines(marks: list[Mark]) -> str:
    return "\n".join(report_lines(report(Sample("张三在北京大学", marks=marks)), Words("en")))


def test_missed_and_wrong_spans_are_told() -> None:
    marks = [Mark(0, 2, "missed", "PER"), Mark(3, 5, "wrong", "LOC"), Mark(3, 7, "right", "ORG")]
    assert "张三在北京大学  -张三(PER)  +北京(LOC)" in lines(marks)
    assert "ORG" not in lines(marks)


def test_a_cell_of_a_table_is_said_in_the_readers_language() -> None:
    columns = [Column(T("model", "模型")), Column(T("F1", "F1"), "percent")]
    table = Table(T("Beside", "对比"), columns, [[FINE_TUNED, 0.9], ["TF-IDF", 0.8]])
    made = report_json("dev", 1, {}, [table])
    assert "微调模型" in report_html(made, Words("zh")) and "fine-tuned" not in report_html(
        made, Words("zh")
    )
    assert any("fine-tuned" in line and "90.0%" in line for line in report_lines(made, Words("en")))
    assert "fine-tuned / 微调模型" in markdown(made)


def test_many_spans_are_cut_off() -> None:
    assert lines([Mark(n, n + 1, "missed", "字") for n in range(7)]).count("(字)") == 4


def test_a_page_says_in_words_what_a_mark_means() -> None:
    page = report_html(report(Sample("张三", marks=[Mark(0, 2, "missed", "<P>")])), Words("zh"))
    assert 'title="漏掉 &lt;P&gt;"' in page and ">误标</span>" in page
    assert "误标" not in report_html(report(Sample("张三", "1", "0", 0.9)), Words("zh"))


def test_an_answer_without_a_probability_is_not_called_sure() -> None:
    page = report_html(report(Sample("很好", "4.5", "3.1")), Words("en"))
    assert "expected 4.5, answered 3.1" in page and "sure" not in page
