"""Splits and samples that depend on the texts alone: the same on every machine, in any order."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.excerpt import same_text
from paddle_lab.errors import DataError
from paddle_lab.i18n import T


def split(dataset: Dataset, share: float) -> tuple[Dataset, Dataset]:
    """Set about ``share`` (0 to 1) of the texts aside by their hash; returns (rest, aside).

    Equal texts stay on one side, and each class is on both in its proportion. A class keeps at
    least one text in the rest, so that no label is met for the first time in an evaluation; texts
    that stand under several labels stay there too, since they measure nothing.

    Raises DataError when ``share`` is out of range or there is nothing to set aside.
    """
    if not 0 < share < 1:
        raise DataError(
            T("--split {share}: no share of the rows.",
              "--split {share}：不是有效的比例。", share=share),
            T("It must be above 0 and below 1.", "必须大于 0 且小于 1。"),
            T("For example: --split 0.1", "例如：--split 0.1"),
        )  # fmt: skip
    label_of = _unambiguous(dataset)
    by_label: dict[str, list[str]] = {}
    for text, label in label_of.items():
        by_label.setdefault(label, []).append(text)
    spare = {label: len(texts) - 1 for label, texts in by_label.items() if len(texts) > 1}
    if not spare:
        raise DataError(
            T("No rows of {name} can be set aside for evaluation.",
              "{name} 中没有可留作评估的数据。", name=dataset.name),
            T("Each class has one text only, which training needs.",
              "每个类别只有一条文本，训练需要它。"),
            T("Add rows, or give a second file for evaluation.",
              "请增加数据，或另给一个评估文件。"),
        )  # fmt: skip
    wanted = {label: len(by_label[label]) * share for label in spare}
    counts = _apportion(max(1, round(sum(wanted.values()))), wanted, spare)
    aside = {
        text
        for label, count in counts.items()
        for text in sorted(by_label[label], key=lambda text: content_hash(text, "split"))[:count]
    }
    inside: list[int] = []
    outside: list[int] = []
    for place, text in enumerate(dataset.texts):
        (outside if same_text(text) in aside else inside).append(place)
    return dataset.take(inside), replace(dataset.take(outside), notices=())


def limit(dataset: Dataset, rows: int | None) -> Dataset:
    """At most ``rows`` rows, those with the lowest hashes, each class in its proportion.

    A fair sample that is the same every time; the order of the rows is kept, and every class keeps
    a row. Raises DataError when there are more classes than rows.
    """
    if rows is None or rows >= len(dataset):
        return dataset
    places: dict[str, list[int]] = {}
    for place, label in enumerate(dataset.labels):
        places.setdefault(label, []).append(place)
    if rows < len(places):
        raise DataError(
            T("--limit {rows} leaves no row for some of the classes.",
              "--limit {rows} 使部分类别没有数据。", rows=rows),
            T("{name} has {n} classes, and each needs a row.",
              "{name} 有 {n} 个类别，每个类别至少需要一行。", name=dataset.name, n=len(places)),
            T("Use --limit {n} or more.", "请使用 --limit {n} 或更大的值。", n=len(places)),
        )  # fmt: skip
    share = rows / len(dataset)
    wanted = {label: len(found) * share for label, found in places.items()}
    room = {label: len(found) for label, found in places.items()}
    counts = _apportion(rows, wanted, room, least=1)
    taken = [
        place
        for label, count in counts.items()
        for place in sorted(
            places[label], key=lambda place: (content_hash(dataset.texts[place], "limit"), place)
        )[:count]
    ]
    return dataset.take(sorted(taken))


def content_hash(text: str, purpose: str) -> int:
    """A number made of the text's SHA-256, another for each ``purpose``.

    Stable across machines and Python versions; white space at the ends does not count.
    """
    content = f"{purpose}\0{same_text(text)}".encode("utf-8", errors="surrogatepass")
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big")


def _unambiguous(dataset: Dataset) -> dict[str, str]:
    """Each different text with its label, without those that stand under several."""
    labels: dict[str, str | None] = {}
    for text, label in dataset.rows():
        key = same_text(text)
        labels[key] = label if labels.get(key, label) == label else None
    return {text: label for text, label in labels.items() if label is not None}


def _apportion(
    total: int, wanted: Mapping[str, float], room: Mapping[str, int], least: int = 0
) -> dict[str, int]:
    """Whole numbers near ``wanted`` that add up to ``total`` where ``room`` allows.

    By largest remainder; equal ones by the label's hash, so that the order of rows does not count.
    """
    counts = {k: min(room[k], max(least, math.floor(value))) for k, value in wanted.items()}
    behind = sorted(wanted, key=lambda k: (counts[k] - wanted[k], content_hash(k, "class")))
    for step, labels in ((1, behind), (-1, behind[::-1])):
        _move(counts, total, step, labels, room, least)
    return counts


def _move(
    counts: dict[str, int],
    total: int,
    step: int,
    labels: Iterable[str],
    room: Mapping[str, int],
    least: int,
) -> None:
    """Add ``step`` to one label after another until the counts add up to ``total``, or none can."""
    labels = list(labels)
    missing = (total - sum(counts.values())) * step
    while missing > 0:
        free = [k for k in labels if least <= counts[k] + step <= room[k]]
        if not free:
            return
        for label in free[:missing]:
            counts[label] += step
        missing -= min(missing, len(free))
