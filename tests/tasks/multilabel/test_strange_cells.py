"""Cells of every kind that a notebook may hold: labels, or one clear error; never a crash."""

from __future__ import annotations

import datetime
import decimal
import random
from typing import Any

import numpy as np
import pytest

from paddle_lab.data import read
from paddle_lab.errors import PaddleLabError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.recognition import choose_task

MULTILABEL = get_task("multilabel")


class Stranger:
    """An object that fails whatever it is asked."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__

    def __len__(self) -> int:
        raise RuntimeError("no")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    __hash__ = object.__hash__


CELLS: list[Any] = [
    "", " ", "a", "a,b", "[1,2]", "['x' 'y']", "[", "{}", '{"choices": []}', "##", "a##", "a##b",
    "\ud800", "，", ";;;", "x" * 5000, "1 2", "0", "1", "0,1,0", "\x00", "[]", '["a"]',
    None, float("nan"), float("inf"), 0, 1, 2, True, 1.0, b"x", decimal.Decimal(1),
    datetime.date(2024, 1, 1), [], ["a"], ["a", "b"], [["a"]], [None], [Stranger()], Stranger(),
    {"choices": ["q"]}, {"a": 1}, {"a", "b"}, ("t",), np.array([1, 0]), np.array(["a", "b"]),
    np.float32(1), np.int64(0),
]  # fmt: skip
NAMES = ("text", "label", "labels", "a", "b", "choices", "id", "标签")


@pytest.mark.parametrize("seed", range(12))
def test_labels_or_one_clear_error(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        names = chance.sample(NAMES, chance.choice([2, 2, 3, 4]))
        pool = chance.sample(CELLS, chance.randint(1, 5))
        rows = [
            {name: f"第{n}条" if name == "text" and chance.random() < 0.9 else chance.choice(pool)
             for name in names}
            for n in range(chance.choice([1, 3, 25]))
        ]  # fmt: skip
        try:
            choose_task(rows)
            found = read(MULTILABEL, rows)
        except PaddleLabError as error:
            assert error.in_language("zh")
            continue
        for target in found.targets:
            assert target == sorted(set(target)) and all(target)


def test_lists_of_a_parquet_file_are_arrays() -> None:
    rows = [{"text": f"第{n}条文本", "label": np.array(["a", "b"][: n % 3])} for n in range(12)]
    assert choose_task(rows) == "multilabel"
    assert read(MULTILABEL, rows).targets[:3] == [[], ["a"], ["a", "b"]]
