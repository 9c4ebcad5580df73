"""Messages stay on one screen, and showing a value never fails."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.errors import DataError, PaddleLabError
from paddle_lab.i18n import T
from paddle_lab.text.brief import LONGEST_PART, brief, brief_line


class Broken:
    def __repr__(self) -> str:
        raise ValueError("no")


def test_what_is_short_stays_as_it_is() -> None:
    text = T("{n} rows of {name}: {share:.1%}", "{name} {n} {share:.1%}", n=3, name="a", share=0.5)
    assert str(brief(text)) == str(text)
    assert brief_line("one\ntwo") == "one\ntwo"


def test_the_middle_of_a_long_value_is_left_out() -> None:
    shown = str(brief(T("found {word}.", "{word}", word="a" * 100_000 + "end")))
    assert len(shown) < 400 and shown.startswith("found aaa") and shown.endswith("end.")


@pytest.mark.parametrize("value", [Broken(), ValueError("x" * 10**6), {"a": "b" * 10**6}])
@pytest.mark.parametrize("form", ["{value}", "{value!r}", "{value:>20}"])
def test_any_object_can_be_shown(value: Any, form: str) -> None:
    error = DataError(T(form, form, value=value), code="data.texts")
    assert len(str(error)) <= LONGEST_PART and error.to_json()["what"]["zh"]


def test_an_error_fits_on_a_screen() -> None:
    long = T("{a}\n{b}", "{a}\n{b}", a="x\n" * 100, b="word " * 10_000)
    error = PaddleLabError(
        long, T("y" * 10_000, "y"), T("{t}", "{t}", t=long), code="internal.long"
    )
    lines = error.in_language("en").split("\n")
    assert sum(1 + len(line) // 100 for line in lines) <= 48
    assert "\n".join(error._render_traceback_())
