"""What is known of the data before training: counts, lengths, and what looks wrong."""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

SMALL_CLASS: Final = 10
IMBALANCE: Final = 10.0
_SHOWN: Final = 20


@dataclass(frozen=True)
class PartReport:
    """One part: rows, rows of each class, and lengths in characters by percentile."""

    name: str
    rows: int
    classes: dict[str, int]
    lengths: dict[str, int]
    too_long: float

    def to_json(self) -> dict[str, Any]:
        """The report as ``data.json`` holds it."""
        return dict(vars(self))


@dataclass(frozen=True)
class DataReport:
    """The parts, and ``notices``: what a person should know before trusting a result."""

    parts: dict[str, PartReport]
    max_len: int
    notices: tuple[Text, ...]

    def to_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "parts": {name: part.to_json() for name, part in self.parts.items()},
            "max_len": self.max_len,
            "notices": [notice.to_json() for notice in self.notices],
        }

    def text(self, language: str) -> str:
        """The report for a terminal."""
        lines = [" | ".join(row) for row in self._rows(language)]
        return "\n".join([*lines, *("! " + n.in_language(language) for n in self.notices)])

    def html(self, language: str) -> str:
        """The report for a notebook; labels are escaped."""
        head, *body = self._rows(language)

        def row(cells: list[str], tag: str) -> str:
            inside = "".join(
                f"<{tag} style='text-align:left'><bdi>{html.escape(cell)}</bdi></{tag}>"
                for cell in cells
            )
            return f"<tr>{inside}</tr>"

        table = row(head, "th") + "".join(row(cells, "td") for cells in body)
        notices = "".join(
            f"<li>{html.escape(notice.in_language(language))}</li>" for notice in self.notices
        )
        return f"<table>{table}</table>" + (f"<ul>{notices}</ul>" if notices else "")

    def _rows(self, language: str) -> list[list[str]]:
        heads = (
            T("part", "部分"),
            T("rows", "行数"),
            T("classes", "类别"),
            T("characters p50/p90/p99/max", "字符数 p50/p90/p99/最大"),
            T("over {n} tokens", "超过 {n} 词元", n=self.max_len),
        )
        rows = [[head.in_language(language) for head in heads]]
        for name, part in self.parts.items():
            counts = list(part.classes.items())
            classes = ", ".join(f"{label[:40]} {n}" for label, n in counts[:_SHOWN])
            more = f", … ({len(counts)})" if len(counts) > _SHOWN else ""
            lengths = "/".join(str(part.lengths[key]) for key in ("p50", "p90", "p99", "max"))
            rows.append([name, str(part.rows), classes + more, lengths, f"{part.too_long:.1%}"])
        return rows


def check(parts: dict[str, Dataset], max_len: int) -> DataReport:
    """Look at the parts together.

    Raises DataError when there is one class only, or when a label of another part never occurs in
    training. All else that looks wrong becomes a notice.
    """
    train = parts["train"]
    _refuse_one_class(train)
    for name, part in parts.items():
        if name != "train":
            _refuse_unseen_labels(train, part)
    notices = [notice for part in parts.values() for notice in part.notices]
    notices += _about_classes(train)
    notices += _about_repeats(train)
    notices += _about_leaks(parts)
    reports = {name: _describe(name, part, max_len) for name, part in parts.items()}
    return DataReport(reports, max_len, tuple(notices))


def _describe(name: str, part: Dataset, max_len: int) -> PartReport:
    lengths = sorted(map(len, part.texts))

    def percentile(share: float) -> int:
        return lengths[min(len(lengths) - 1, int(share * len(lengths)))]

    counts = Counter(part.labels)
    # A Chinese character is about a token; two more stand around the text.
    longer = sum(length + 2 > max_len for length in lengths)
    return PartReport(
        name,
        len(part),
        dict(counts.most_common()),
        {
            "p50": percentile(0.5),
            "p90": percentile(0.9),
            "p99": percentile(0.99),
            "max": lengths[-1],
        },
        longer / len(lengths),
    )


def _refuse_one_class(train: Dataset) -> None:
    if len(set(train.labels)) > 1:
        return
    raise DataError(
        T(
            "{name} has one class only: '{label}'.",
            "{name} 只有一个类别：“{label}”。",
            name=train.name,
            label=train.labels[0][:80],
        ),
        T(
            "All {n} rows carry it, so there is nothing to tell apart.",
            "全部 {n} 行都是该标签，无法学习区分。",
            n=len(train),
        ),
        T(
            "Check that --label names the right column, or add rows of another class.",
            "请检查 --label 指定的列是否正确，或加入其他类别的数据。",
        ),
    )


def _refuse_unseen_labels(train: Dataset, part: Dataset) -> None:
    known = set(train.labels)
    strange = [place for place, label in enumerate(part.labels) if label not in known]
    if not strange:
        return
    label = part.labels[strange[0]]
    raise DataError(
        T(
            "{where}: label '{label}' never occurs in the training rows.",
            "{where}：标签“{label}”在训练数据中没有出现。",
            where=part.where(strange[0]),
            label=label[:80],
        ),
        T(
            "{n} rows of {name} carry labels that training does not know ({labels}).",
            "{name} 中有 {n} 行的标签不在训练数据中（{labels}）。",
            n=len(strange),
            name=part.name,
            labels=", ".join(sorted({part.labels[place][:40] for place in strange})[:5]),
        ),
        T(
            "Add rows of that class to the training data, or remove them here.",
            "请在训练数据中加入该类别的数据，或删除这些行。",
        ),
    )


def _about_classes(train: Dataset) -> list[Text]:
    counts = Counter(train.labels).most_common()
    notices = []
    small = [label for label, count in counts if count < SMALL_CLASS]
    if small:
        notices.append(
            T(
                "{n} classes have fewer than {least} rows ({labels}): expect little of them.",
                "有 {n} 个类别少于 {least} 行（{labels}），效果可能较差。",
                n=len(small),
                least=SMALL_CLASS,
                labels=", ".join(label[:40] for label in small[:5]),
            )
        )
    if counts[0][1] > IMBALANCE * counts[-1][1]:
        notices.append(
            T(
                "Classes are uneven: {most} has {n} rows, {least} has {m}. "
                "Look at macro F1 rather than accuracy (--metric macro_f1).",
                "类别不均衡：{most} 有 {n} 行，{least} 有 {m} 行。"
                "请关注 macro F1（--metric macro_f1）。",
                most=counts[0][0][:40],
                n=counts[0][1],
                least=counts[-1][0][:40],
                m=counts[-1][1],
            )
        )
    return notices


def _about_repeats(train: Dataset) -> list[Text]:
    labels_of: dict[str, set[str]] = {}
    for text, label in train.rows():
        labels_of.setdefault(text, set()).add(label)
    repeats = len(train) - len(labels_of)
    conflicts = sum(len(labels) > 1 for labels in labels_of.values())
    notices = []
    if repeats:
        notices.append(
            T(
                "{n} training rows repeat another row's text.",
                "训练数据中有 {n} 行文本重复。",
                n=repeats,
            )
        )
    if conflicts:
        notices.append(
            T(
                "{n} texts stand under more than one label.",
                "有 {n} 条文本带有互相矛盾的标签。",
                n=conflicts,
            )
        )
    return notices


def _about_leaks(parts: dict[str, Dataset]) -> list[Text]:
    train = set(parts["train"].texts)
    notices = []
    for name, part in parts.items():
        shared = 0 if name == "train" else sum(text in train for text in part.texts)
        if shared:
            notices.append(
                T(
                    "{n} rows of {name} also stand in training: its figures will be too good.",
                    "{name} 中有 {n} 行也出现在训练数据中，指标会偏高。",
                    n=shared,
                    name=part.name,
                )
            )
    return notices
