"""Texts with marked spans: what matters stays in sight, and nothing is markup."""

from __future__ import annotations

from paddle_lab.tasks.blocks import Mark
from paddle_lab.tasks.marked import MarkedText


def mark(start: int, end: int, label: str = "地") -> Mark:
    return Mark(start, end, "right", label)


def test_spans_are_marked_where_they_stand() -> None:
    shown = MarkedText("我在北京上班", [mark(2, 4)])
    assert str(shown) == "我在[北京](地)上班"
    assert "<mark" in shown.html() and ">北京 <small>地</small></mark>" in shown.html()


def test_a_span_in_a_long_text_stays_in_sight() -> None:
    text = "前" * 500 + "北京" + "后" * 500
    shown = str(MarkedText(text, [mark(500, 502)]))
    assert "[北京](地)" in shown and len(shown) < 120 and "…" in shown


def test_spans_that_overlap_or_lie_outside_are_not_shown_twice() -> None:
    shown = str(MarkedText("北京大学", [mark(0, 4, "校"), mark(0, 2), mark(3, 9), mark(-1, 2)]))
    assert shown == "[北京大学](校)"


def test_text_and_labels_are_never_markup() -> None:
    shown = MarkedText("<b>a\u202e</b>", [mark(3, 5, "<i>")]).html()
    assert "<b>" not in shown and "<i>" not in shown and "\u202e" not in shown
