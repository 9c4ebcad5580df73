"""Long text is cut, on one line, with a sign that something is missing."""

from __future__ import annotations

from paddle_lab.text.short import cut, first_line, last_line, shortened


def test_text_that_fits_stays_and_longer_ends_in_an_ellipsis() -> None:
    assert cut("质量很好", 4) == "质量很好"
    assert cut("质量很好，推荐", 4) == "质量很…"
    assert cut("a\nb", 9) == "a\nb"


def test_shortened_text_is_one_line() -> None:
    assert shortened("  质量\n\t很好\u3000推荐 ", 20) == "质量 很好 推荐"
    assert shortened("a b\nc d", 4) == "a b…"


def test_an_exception_is_told_by_its_first_or_its_last_line() -> None:
    error = ValueError("\n  at the top \n\n\tthe cause\n")
    assert (first_line(error), last_line(error)) == ("at the top", "the cause")
    assert last_line(error, 5) == "the …"
    assert first_line(ValueError()) == last_line(ValueError("\n")) == "ValueError"
