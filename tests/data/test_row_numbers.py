"""Where a row stands is said by line, or by its number where several stand on one line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from classify_data import prepare, read
from data.data_files import Write

from paddle_lab.errors import DataError

ROWS = [{"text": f"第{n}条评论，还不错", "label": ("好", "坏")[n % 2]} for n in range(40)]
OTHER = [{"text": f"另外{n}条评论，还不错", "label": ("好", "坏")[n % 2]} for n in range(40)]


def one_line(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False)


def changed(row: int, **values: Any) -> list[dict[str, Any]]:
    """The rows with one of them, from 1, changed."""
    return [*ROWS[: row - 1], ROWS[row - 1] | values, *ROWS[row:]]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.txt"])
@pytest.mark.parametrize("join", [", ", ",", "  ,  "], ids=["spaced", "tight", "wide"])
def test_bad_rows_of_an_array_on_one_line(name: str, join: str, write: Write) -> None:
    rows = changed(18, text="")
    rows[30] = rows[30] | {"label": None}
    content = "[" + join.join(json.dumps(row, ensure_ascii=False) for row in rows) + "]"
    with pytest.raises(DataError) as caught:
        read(str(write(name, content)))
    said = caught.value.in_language("en")
    assert f"{name} row 18: the text is empty" in said and "also row 31" in said
    assert "第 18 条" in caught.value.in_language("zh")


def test_two_rows_on_one_line_are_enough(write: Write) -> None:
    pieces = [json.dumps(row, ensure_ascii=False) for row in changed(7, text=" ")]
    pairs = [", ".join(pieces[n : n + 2]) for n in range(0, 40, 2)]
    with pytest.raises(DataError, match="row 7"):
        read(str(write("a.json", "[" + ",\n".join(pairs) + "]")))


def test_rows_on_lines_of_their_own_keep_their_line(write: Write) -> None:
    content = json.dumps(changed(3, text=""), ensure_ascii=False, indent=1)
    with pytest.raises(DataError, match="line 10"):
        read(str(write("a.json", content)))


def test_notices_name_rows_too(write: Write) -> None:
    train = write("train.json", one_line([*ROWS, ROWS[4] | {"label": "坏"}]))
    dev = write("dev.json", one_line([*OTHER, ROWS[9]]))
    said = " ".join(n.in_language("en") for n in prepare(str(train), str(dev)).report.notices)
    assert "the first at dev.json row 41: its figures will be too good" in said
    assert "under more than one label, the first at train.json row 5" in said
    strange = write("strange.json", one_line([*OTHER, {"text": "没见过", "label": "中"}]))
    with pytest.raises(DataError, match=r"strange\.json row 41: label '中' never occurs"):
        prepare(str(train), str(strange))


def test_a_broken_array_says_which_row(write: Write) -> None:
    content = one_line(ROWS)
    with pytest.raises(DataError) as caught:
        read(str(write("a.json", content[: len(content) // 2])))
    assert "Row 20" in caught.value.in_language("en") or "Row 21" in caught.value.in_language("en")
