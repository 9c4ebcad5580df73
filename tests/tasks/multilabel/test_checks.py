"""Rows that teach no labels are refused with what to do; what else is odd is told."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.data import Dataset
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task

MULTILABEL = get_task("multilabel")


def data(name: str, targets: list[list[str]], texts: list[str] | None = None) -> Dataset:
    given = texts or [f"{name}第{n}条" for n in range(len(targets))]
    return Dataset(name, {"text": given}, targets, [n + 1 for n in range(len(targets))])


def notices(**parts: Dataset) -> str:
    keys = {name: [part.key(n) for n in range(len(part))] for name, part in parts.items()}
    found = MULTILABEL.notices(parts, keys)
    return " ".join(notice.in_language("en") for notice in found)


@pytest.mark.parametrize(
    ("targets", "code", "words"),
    [
        ([[], []], "data.no_label", "no row carries a label"),
        ([["a"], ["a"]], "data.one_label", "the same labels: 'a'"),
        ([[f"标签{n}"] for n in range(40)], "data.labels", "separator"),
    ],
)
def test_nothing_to_learn_is_refused(targets: Any, code: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        MULTILABEL.check({"train": data("train", targets)})
    assert caught.value.code == code and words in caught.value.in_language("en")
    assert caught.value.fix is not None


def test_a_label_of_dev_that_training_lacks_is_named_with_its_line() -> None:
    train, dev = data("train", [["a"], ["b"], []]), data("dev.tsv", [["a"], ["a", "c"], ["d"]])
    with pytest.raises(DataError) as caught:
        MULTILABEL.check({"train": train, "dev": dev})
    assert caught.value.code == "data.unknown_label"
    assert "dev.tsv line 2: label 'c'" in caught.value.in_language("en")
    assert "2 of 3 rows" in caught.value.in_language("en")
    assert MULTILABEL.unusable(train, dev) == [1, 2]


def test_odd_labels_are_told() -> None:
    train = data("train", [["a", "x"], ["x"], ["a", "x"]] * 10)
    assert "Every training row carries 'x'" in notices(train=train)
    rare = data("train", [["a"], ["b", "a"], []] + [["a"], []] * 10)
    assert "1 of 2 labels have fewer than 10 training rows ('b')" in notices(train=rare)
    one = data("train", [["a"], ["b"]] * 10)
    assert "--task classify" in notices(train=one)


def test_labels_that_a_part_has_no_row_of_are_told() -> None:
    train = data("train", [["a"], ["b", "a"], []] * 10)
    said = notices(train=train, dev=data("dev", [["a"], []]))
    assert "dev has no row of 1 of 2 labels ('b'): its figures say nothing of them" in said


def test_one_text_on_several_rows_with_other_labels_is_told() -> None:
    train = data("train", [["a"], ["b"], ["a"]], ["同一条", "同一条 ", "另一条"])
    assert "1 training texts stand with different labels, the first at train line 1" in notices(
        train=train
    )
