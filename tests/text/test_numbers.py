"""One way to write a number, whatever it is of and wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.text.numbers import cell, figure


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("accuracy", 0.84364, "84.4%"),
        ("macro_f1", 0.5, "50.0%"),
        ("f1", 1, "100.0%"),
        ("em", 0.0, "0.0%"),
        ("eval_recall", 0.25, "25.0%"),
        ("accuracy", 84.4, "84.40"),  # of a Trainer that counts in percent already
        ("accuracy", None, "–"),
        ("loss", 0.47812, "0.4781"),
        ("auc", 0.9, "0.9000"),
        ("spearman", -0.5, "-0.5000"),
        ("mae", 12.345, "12.35"),
        ("perplexity", 17319.2, "17,319"),
        ("remoteness", 0.5, "0.5000"),
    ],
)
def test_a_metric_is_written_as_what_it_is(name: str, value: Any, written: str) -> None:
    assert figure(name, value) == written


@pytest.mark.parametrize(
    ("value", "form", "written"),
    [
        (17319, "count", "17,319"),
        (0.5, "percent", "50.0%"),
        (None, "count", "–"),
        ("a", "count", "a"),
    ],
)
def test_a_cell_of_a_report_is_written_in_its_format(value: Any, form: str, written: str) -> None:
    assert cell(value, form) == written
