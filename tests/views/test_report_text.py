"""A report in a terminal: what was missed and what was wrong in a text with marks."""

from __future__ import annotations

from paddle_lab.i18n import T
from paddle_lab.tasks.blocks import Examples, Mark, Sample, report_json
from paddle_lab.views.report_text import report_lines
from paddle_lab.views.words import Words


def lines(marks: list[Mark]) -> str:
    block = Examples(T("Worst rows", "最差的行"), [Sample("张三在北京大学", marks=marks)])
    return "\n".join(report_lines(report_json("dev", 1, {}, [block]), Words("en")))


def test_missed_and_wrong_spans_are_told() -> None:
    marks = [Mark(0, 2, "missed", "PER"), Mark(3, 5, "wrong", "LOC"), Mark(3, 7, "right", "ORG")]
    assert "张三在北京大学  -张三(PER)  +北京(LOC)" in lines(marks)
    assert "ORG" not in lines(marks)


def test_many_spans_are_cut_off() -> None:
    assert lines([Mark(n, n + 1, "missed", "字") for n in range(7)]).count("(字)") == 4
