"""Rows that are all alike are read in blocks: the same rows as the reader of single lines gives."""

from __future__ import annotations

import random

import pytest

from paddle_lab.data.readers import TextReading, _alike_rows
from paddle_lab.data.readers._alike_rows import alike_rows
from paddle_lab.data.readers.delimited import _plain_rows, _quoted_rows, parse_delimited

PIECES = [
    "好",
    "a",
    "bc",
    " ",
    "",
    "\u3000",
    "\u2028",
    '"x"',
    '"x,y"',
    '"x""y"',
    '"x',
    "\r",
    "\0",
    "::",
]
ENDS = ["\n"] * 6 + ["\r\n", "\n\n", "\n \n", "\r"]


def texts(seed: int, sep: str) -> list[str]:
    """Small tables of few kinds of cells, most of them regular."""
    chance = random.Random(seed)
    found = []
    for _ in range(400):
        pieces = chance.choices(PIECES, k=chance.choice((2, 3, 4)))
        width = chance.choice((1, 2, 2, 3))
        end = chance.choice(ENDS)
        rows = [
            sep.join(chance.choices(pieces, k=width + (chance.random() < 0.02)))
            for _ in range(chance.randint(1, 12))
        ]
        found.append(end.join(rows) + chance.choice(("", "\n", "\r\n", "\n\n")))
    return found


@pytest.mark.parametrize("block", [1, 7, 1 << 18])
@pytest.mark.parametrize(
    ("sep", "quoted"), [(",", True), ("\t", False), ("\t", True), ("::", False), (";", True)]
)
def test_the_same_rows_as_line_by_line(
    sep: str, quoted: bool, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_alike_rows, "_BLOCK", block)
    alike = 0
    for text in texts(block, sep):
        found = alike_rows(text, sep, quoted)
        if found is None:
            continue
        alike += 1
        lines = text.split("\n")
        expected = list(_quoted_rows(lines, sep) if quoted else _plain_rows(lines, sep))
        assert list(found) == expected, repr(text)
        assert [found[n] for n in range(len(found))] == expected
        assert list(found[1:]) == expected[1:]
    assert alike > 50, "many tables are regular"


def test_rows_of_different_width_are_left_to_the_other_reader() -> None:
    assert alike_rows("a,b\nc,d,e\n", ",", True) is None
    assert alike_rows('a,"b\nc",d\n', ",", True) is None
    assert alike_rows("a\nb\n", ",", True) is None


def test_blank_lines_are_no_rows_and_count_as_lines() -> None:
    records = parse_delimited("\n很好\t1\r\n\r\n \n太差\t0\r\n", TextReading("x", ".tsv"))
    assert list(records.cells) == [("很好", "1"), ("太差", "0")]
    assert list(records.lines) == [2, 5]


def test_equal_labels_are_one_object() -> None:
    text = "".join(f"第{n}条评论\t{('好评', '差评')[n % 2]}\n" for n in range(100))
    records = parse_delimited(text, TextReading("x", ".tsv"))
    assert len({id(label) for label in records.column(1)}) == 2
