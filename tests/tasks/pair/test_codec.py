"""What may be asked, and how two texts become tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tasks.pair.evaluations import TOKENIZER

from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.pair.codec import PairCodec

PAIR = get_task("pair")
CODEC = PairCodec(TOKENIZER, 16, ["0", "1"])


@pytest.mark.parametrize(
    "values",
    ["好\t坏", ["好\t坏"], ("好", "坏"), ["好", "坏"], [("好", "坏")], [["好", "坏"]],
     [{"text": "好", "text2": "坏"}], {"text": ["好"], "text2": ["坏"]},
     {"text": "好", "text2": "坏"}],
)  # fmt: skip
def test_every_way_to_give_one_pair(values: Any) -> None:
    assert CODEC.rows_of(values) == {"text": ["好"], "text2": ["坏"]}


def test_two_lines_with_tabs_are_two_pairs() -> None:
    assert CODEC.rows_of(["a\tb", "c\td"]) == {"text": ["a", "c"], "text2": ["b", "d"]}
    assert CODEC.rows_of([]) == {"text": [], "text2": []}


@pytest.mark.parametrize(
    ("values", "number"),
    [("好", 1), (["a\tb", "c"], 2), (["a", "b", "c"], 1), (["a\tb\tc"], 1), ([("a", "b", "c")], 1),
     ([("a", "b"), 3], 2), (7, 1), ([{"text": "a"}], 1), ({"text": ["a"]}, 1), ([b"ab"], 1)],
)  # fmt: skip
def test_what_is_no_pair_is_refused_by_its_number(values: Any, number: int) -> None:
    with pytest.raises(DataError) as found:
        CODEC.rows_of(values)
    assert f"Row {number} " in found.value.what.in_language("en")
    assert f"第 {number} 行" in found.value.what.in_language("zh")
    assert found.value.code == "data.pair"


def test_sides_that_are_no_texts_or_of_other_number_are_refused() -> None:
    with pytest.raises(DataError, match="Text 1"):
        CODEC.rows_of([(3, "a")])
    with pytest.raises(DataError, match="2 first texts and 1 second"):
        CODEC.rows_of({"text": ["a", "b"], "text2": ["c"]})


def test_the_second_text_has_a_type_of_its_own_and_the_longer_is_cut_first() -> None:
    windows = CODEC.encode(CODEC.rows_of([("好" * 40, "坏坏")]))
    assert windows.type_ids is not None
    assert len(windows.ids[0]) == 16 and windows.truncated == [True]
    assert windows.type_ids[0].tolist() == [0] * 13 + [1] * 3


def test_a_row_with_nothing_on_one_side_counts_as_empty() -> None:
    windows = CODEC.encode(CODEC.rows_of([("", "好"), ("好", " "), ("好", "好")]))
    assert windows.empty == [True, True, False]


def test_windows_read_a_long_second_text_whole_beside_half_of_a_long_first() -> None:
    rows = CODEC.rows_of([("好" * 40, "坏" * 40), ("好", "坏")])
    windows = CODEC.encode(rows, "windows")
    assert windows.type_ids is not None
    assert windows.truncated == [True, False] and (windows.owner == 0).sum() > 3
    second = [int(types.sum()) - 1 for types in windows.type_ids]
    assert sum(second) >= 41 and max(len(ids) for ids in windows.ids) <= 16
    answers = CODEC.decode(rows, windows, {"logits": np.zeros((len(windows.ids), 2), np.float32)})
    assert [answer.windows for answer in answers] == [len(windows.ids) - 1, 1]


def test_neutral_rows_are_read_both_ways() -> None:
    rows = CODEC.neutral_rows()
    for how in ("truncate", "windows"):
        windows = CODEC.encode(rows, how)
        assert len(windows.empty) == len(rows["text"]) == len(rows["text2"])
        assert any(windows.empty) and not all(windows.empty)


def test_it_travels_as_json() -> None:
    assert PAIR.codec_from(TOKENIZER, 16, {**CODEC.to_json(), "x": 1}).to_json() == {
        "labels": ["0", "1"]
    }


@pytest.mark.parametrize(
    "content", [{}, {"labels": "01"}, {"labels": ["0"]}, {"labels": ["0", "0"]}, {"labels": [0, 1]},
                {"labels": ["", "1"]}, {"labels": None}]
)  # fmt: skip
def test_what_is_no_codec_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        PAIR.codec_from(TOKENIZER, 16, content)


def test_cells_of_an_answer() -> None:
    answer = CODEC.decode(
        CODEC.rows_of("a\tb"), CODEC.encode(CODEC.rows_of("a\tb")),
        {"logits": np.array([[0.0, 2.0]], np.float32)},
    )[0]  # fmt: skip
    assert [str(cell) for cell in PAIR.cells(answer, 1)] == ["1", "88.1%"]
    assert len(PAIR.headings(2)) == 3
    assert str(PAIR.cells(answer, 2)[2]) == "0 11.9%"
