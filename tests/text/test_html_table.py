"""The one table of every page: figures at the right, texts at the left, no markup of the data."""

from __future__ import annotations

import re

import pytest

from paddle_lab.text.bars import Bar, Lines, share_bar
from paddle_lab.text.html_table import Code, figure_columns, html_table, named_values

FIGURES = ["12", "17,319", "84.4%", "-0.5", "+0.41", "1e-05", "1.1 GB", "812 MB", "42 s",
           "3 min 05 s", "3 分 05 秒", "40 / 1,200", "0.8 (3 of 5 classes)", "24 ms"]  # fmt: skip
TEXTS = [
    "2026-11-29 02:26",
    "row 4",
    "negative",
    "accuracy 84.4%",
    "4. dvd上面的",
    "B2",
    "5 星好评",
]


@pytest.mark.parametrize("cell", FIGURES)
def test_a_column_of_figures_ends_at_the_right(cell: str) -> None:
    assert figure_columns([["a", cell], ["b", "–"]]) == [False, True]


@pytest.mark.parametrize("cell", TEXTS)
def test_a_column_with_one_text_begins_at_the_left(cell: str) -> None:
    assert figure_columns([["1", "12"], ["2", cell]]) == [True, False]


def test_a_column_in_which_nothing_stands_is_no_column_of_figures() -> None:
    assert figure_columns([["", "–"], ["", ""]]) == [False, False]


def test_every_cell_says_its_side_since_pages_differ_in_what_is_usual() -> None:
    page = html_table(["text", "rows"], [["很好", "1,728"]])
    sides = re.findall(r"text-align:(\w+)", page)
    assert sides == ["left", "right", "left", "right"]
    assert "<style" not in page and "class=" not in page


def test_a_head_of_nothing_is_left_out() -> None:
    assert "<th" not in html_table(["", ""], [["a", "b"]])


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "'><img src=x>", "&lt;"])
def test_nothing_of_the_data_is_markup(hostile: str) -> None:
    pages = [
        html_table([hostile], [[hostile]]),
        html_table(["n"], [[Bar(hostile, 0.5)], [Lines([hostile, Bar(hostile, 1)])]]),
        named_values([(hostile, Code(hostile))]),
    ]
    for page in pages:
        assert hostile not in page


@pytest.mark.parametrize(("share", "pixels"), [(0, 0), (0.001, 1), (0.5, 48), (1, 96), (3, 96)])
def test_a_bar_is_as_long_as_its_share(share: float, pixels: int) -> None:
    assert f"width:{pixels}px'" in Bar("x", share).html()
    assert str(Bar("93.2%", share)) == "93.2%"


def test_a_command_breaks_between_its_words_alone() -> None:
    page = Code("%ernie_finetune reviews --evals-per-epoch 4").html()
    assert "<span style='white-space:nowrap'>--evals-per-epoch</span>" in page


def test_a_name_from_right_to_left_turns_no_figure_around() -> None:
    bar = share_bar(0.222, "\u202eabc")
    assert bar.html().endswith("<bdi>\u202eabc</bdi> <bdi>22.2%</bdi>")
    assert str(share_bar(0.222, "negative")) == "negative 22.2%"
    assert share_bar(0.222).html().endswith("</span><bdi>22.2%</bdi>")
