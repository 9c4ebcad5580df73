"""Columns stay in line whatever stands in them, and a page shows it as text."""

from __future__ import annotations

import pytest

from paddle_lab.text.html import escape, isolated
from paddle_lab.text.tables import aligned
from paddle_lab.text.visible import spelled_out
from paddle_lab.text.width import padded, width


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        *(("", 0), ("abc", 3), ("质量", 4), ("ｗ", 2), ("e\u0301", 1), ("a\u200bb", 2)),
        *(("😀", 2), ("👍🏽", 2), ("👩\u200d💻", 2), ("a\x1bb", 2)),
    ],
)
def test_width_is_what_a_terminal_draws(text: str, columns: int) -> None:
    assert width(text) == columns
    assert width(padded(text, 9)) == width(padded(text, 9, right=True)) == 9


def test_columns_are_aligned_left_or_as_numbers() -> None:
    rows = [["label", "rows"], ["差评", "7"], ["好", "1200"]]
    assert aligned(rows) == ["label  rows", "差评   7", "好     1200"]
    assert aligned(rows, numbers=True) == ["label  rows", "差评      7", "好     1200"]


def test_a_page_gets_text_and_never_markup() -> None:
    hostile = "<img src=x onerror='alert(1)'>&\""
    assert escape(hostile) == "&lt;img src=x onerror=&#x27;alert(1)&#x27;&gt;&amp;&quot;"
    assert isolated("\u202eabc") == "<bdi>\u202eabc</bdi>"
    assert escape(None) == "None"


def test_names_that_look_alike_are_told_apart() -> None:
    assert spelled_out("ernie\u200b\x1b[0m\u202e") == "ernie\\u200b\\u001b[0m\\u202e"
    assert spelled_out("a\nb", keep="\n") == "a\nb"
