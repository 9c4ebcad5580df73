"""From what a person named as data to the parts that a run works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.read import read, read_sample_parts
from paddle_lab.data.report import DataReport, check
from paddle_lab.data.rows import fingerprint
from paddle_lab.data.split import limit as limited
from paddle_lab.data.split import split as split_off


@dataclass(frozen=True)
class Prepared:
    """The parts of a run's data. ``labels`` are all classes: numbers by size, else by spelling."""

    train: Dataset
    dev: Dataset
    test: Dataset | None
    labels: list[str]
    report: DataReport
    fingerprint: str
    provenance: dict[str, Any]


def prepare(
    train: Any,
    dev: Any = None,
    test: Any = None,
    *,
    text: str | None = None,
    label: str | None = None,
    sep: str | None = None,
    encoding: str | None = None,
    split: float = 0.1,
    limit: int | None = None,
    names: Mapping[str, Any] | None = None,
    max_len: int = 128,
    skip_bad: bool = False,
) -> Prepared:
    """Read, split and check the data of a run.

    Without ``dev``, a share ``split`` of the training rows is set aside by content hash; the sample
    brings its own dev and test parts. ``limit`` bounds the training rows only.

    Raises DataError.
    """

    def get(source: Any) -> Dataset:
        return read(
            source,
            names=names,
            text=text,
            label=label,
            sep=sep,
            encoding=encoding,
            skip_bad=skip_bad,
        )

    if train == "reviews" and train not in (names or {}):
        sample = read_sample_parts("reviews")
        part_train = sample["train"]
        part_test: Dataset | None
        part_dev = sample["dev"] if dev is None else get(dev)
        part_test = sample["test"] if test is None else get(test)
    else:
        part_train = get(train)
        part_test = None if test is None else get(test)
        if dev is None:
            part_train, part_dev = split_off(part_train, split)
        else:
            part_dev = get(dev)
    part_train = limited(part_train, limit)
    parts = {"train": part_train, "dev": part_dev}
    if part_test is not None:
        parts["test"] = part_test
    report = check(parts, max_len)
    return Prepared(
        part_train,
        part_dev,
        part_test,
        class_order(set(part_train.labels)),
        report,
        fingerprint([part_train, part_dev, part_test]),
        {name: part.provenance for name, part in parts.items()},
    )


def class_order(labels: set[str]) -> list[str]:
    """Classes in an order that does not depend on the rows: whole numbers by size, else by text."""
    if all(label.lstrip("-").isdecimal() for label in labels):
        return sorted(labels, key=lambda label: (int(label), label))
    return sorted(labels)
