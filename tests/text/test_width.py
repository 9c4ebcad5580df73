"""Text in columns of equal width: a Chinese character takes two."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from paddle_lab.text.width import padded, width, wrapped


def test_chinese_takes_two_columns() -> None:
    assert (width("词元 ab"), padded("词", 4)) == (7 - 0, "词  ")


def test_a_line_ends_between_words_or_at_a_chinese_character() -> None:
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("每行一个选项", 6) == ["每行一", "个选项"]
    assert wrapped("用 --lr 5e-5", 8) == ["用 --lr", "5e-5"]


def test_no_line_begins_with_what_closes_or_ends_with_what_opens() -> None:
    assert wrapped("一二三，四", 6) == ["一二", "三，四"]
    assert wrapped("一二（三）", 6) == ["一二", "（三）"]


def test_a_word_that_does_not_fit_has_its_own_line() -> None:
    assert wrapped("a paddlenlp b", 4) == ["a", "paddlenlp", "b"]


@given(st.text("词元ab ，（）", max_size=60), st.integers(8, 40))
def test_nothing_but_spaces_is_lost(text: str, columns: int) -> None:
    assert "".join(wrapped(text, columns)).replace(" ", "") == text.replace(" ", "")
