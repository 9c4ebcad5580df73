"""Rows of one label each: what forbids learning them, and what a person should know.

For every task whose target is a label.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.excerpt import excerpt
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

SMALL_CLASS: Final = 10  # rows of training
IMBALANCE: Final = 10.0  # largest class / smallest
_ENOUGH_ROWS: Final = 20
_NAMED: Final = 5
# How libraries, databases, spreadsheets and people write a missing value, folded.
_WRITTEN_NONE: Final = frozenset({
    "nan", "na", "n/a", "nat", "null", "none", "nil", "undefined", "\\n", "unlabeled", "unlabelled",
    "未标注", "无标签", "缺失",
})  # fmt: skip


def check_labels(parts: Mapping[str, Dataset]) -> None:
    """Raise DataError when training teaches no classes, or another part has labels of its own."""
    refuse_unlearnable(parts["train"])
    for name, part in parts.items():
        if name != "train":
            refuse_unknown_labels(parts["train"], part)


def label_notices(parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
    """What looks wrong with the labels. ``keys`` as :meth:`Dataset.key` gives them, by part."""
    train = parts["train"]
    return [
        *_conflicts(train, keys["train"]),
        *_classes(train),
        *alike_labels(train.labels),
        *missing_labels(train.labels),
        *absent_labels({name: part.labels for name, part in parts.items()}),
    ]


def refuse_unlearnable(train: Dataset) -> None:
    """Raise DataError when the training rows teach no classes: one only, or one for each row."""
    _refuse_one_class(train)
    _refuse_label_per_row(train)


def _refuse_one_class(train: Dataset) -> None:
    """Raise DataError when there is nothing to tell apart."""
    if len(set(train.labels)) > 1:
        return
    raise DataError(
        T("{name} has one class only: '{label}'.", "{name} 只有一个类别：“{label}”。",
          name=train.name, label=excerpt(train.labels[0])),
        T("All rows ({n}) carry it, so there is nothing to tell apart.",
          "全部 {n} 行都是该标签，无法学习区分。", n=len(train)),
        T("Check that --label names the right column, or add rows of another class.",
          "请检查 --label 指定的列是否正确，或加入其他类别的数据。"),
        code="data.one_class",
    )  # fmt: skip


def _refuse_label_per_row(train: Dataset) -> None:
    """Raise DataError when almost every row is a class of its own: the wrong column, surely."""
    kinds = len(set(train.labels))
    if len(train) < _ENOUGH_ROWS or 2 * kinds <= len(train):
        return
    raise DataError(
        T("{name} has {kinds} different labels in {n} rows.",
          "{name} 的 {n} 行中有 {kinds} 种不同的标签。",
          name=train.name, kinds=kinds, n=len(train)),
        T("A class can only be learnt from several rows. Labels found: {labels} …",
          "每个类别需要多行数据才能学习。找到的标签：{labels}……",
          labels=_named(train.labels)),
        T("Name the column that holds the class with --label.", "请用 --label 指定类别所在的列。"),
        code="data.label_per_row",
    )  # fmt: skip


def unknown_labels(train: Dataset, part: Dataset) -> list[int]:
    """Indices (from 0) of the rows of ``part`` whose label training does not know."""
    known = set(train.labels)
    return [index for index, label in enumerate(part.labels) if label not in known]


def refuse_unknown_labels(train: Dataset, part: Dataset) -> None:
    """Raise DataError when a label of an evaluation part never occurs in training."""
    strange = unknown_labels(train, part)
    if not strange:
        return
    label = part.labels[strange[0]]
    like = [known for known in sorted(set(train.labels)) if _alike(known) == _alike(label)]
    raise DataError(
        T("{where}: label '{label}' never occurs in the training rows.",
          "{where}：标签“{label}”在训练数据中没有出现。",
          where=part.where(strange[0]), label=excerpt(label)),
        T("{n} of {all} rows of {name} carry labels that training does not know: {labels}.{like}",
          "{name} 的 {all} 行中有 {n} 行的标签不在训练数据中：{labels}。{like}",
          n=len(strange), all=len(part), name=part.name,
          labels=_named(sorted({part.labels[index] for index in strange})),
          like=T(" Training has '{label}'.", "训练数据中有“{label}”。", label=excerpt(like[0]))
          if like else Text("", "")),
        T("That looks like a missing value: drop these rows with --skip-bad.",
          "这看起来是缺失值：请用 --skip-bad 丢弃这些行。")
        if written_none(label)
        else T("Add rows of that class to the training data, or drop these rows with --skip-bad.",
               "请在训练数据中加入该类别，或用 --skip-bad 丢弃这些行。"),
        code="data.unknown_label",
    )  # fmt: skip


def _conflicts(train: Dataset, keys: list[str]) -> list[Text]:
    label_of: dict[str, str] = {}
    clashing = {
        key
        for key, label in zip(keys, train.labels, strict=True)
        if label_of.setdefault(key, label) != label
    }
    if not clashing:
        return []
    first = next(index for index, key in enumerate(keys) if key in clashing)
    return [
        T("{n} training texts stand under more than one label, the first at {where}.",
          "训练数据中有 {n} 条文本带有互相矛盾的标签，第一处：{where}。",
          n=len(clashing), where=train.where(first))
    ]  # fmt: skip


def _classes(train: Dataset) -> list[Text]:
    counts = Counter(train.labels).most_common()
    found = []
    small = [label for label, count in counts if count < SMALL_CLASS]
    if small:
        found.append(
            T("{n} of {all} classes have fewer than {least} training rows ({labels}): "
              "expect little of them.",
              "{all} 个类别中有 {n} 个少于 {least} 行训练数据（{labels}），效果可能较差。",
              n=len(small), all=len(counts), least=SMALL_CLASS, labels=_named(small))
        )  # fmt: skip
    (most, largest), (least, smallest) = counts[0], counts[-1]
    if largest > IMBALANCE * smallest:
        found.append(
            T("Classes are uneven: '{most}' has {n} rows, '{least}' has {m}. Accuracy hides the "
              "small ones.",
              "类别不均衡：“{most}”有 {n} 行，“{least}”有 {m} 行。准确率会掩盖小类别。",
              most=excerpt(most), n=largest, least=excerpt(least), m=smallest)
        )  # fmt: skip
    return found


def absent_labels(labels: Mapping[str, Sequence[str]]) -> list[Text]:
    """Labels of training that another part has no row of, by the labels of each part."""
    kinds = Counter(labels["train"])
    found = []
    for name, others in labels.items():
        absent = sorted(kinds.keys() - set(others))
        if absent:
            found.append(
                T("{name} has no row of {n} of {all} labels ({labels}): its figures say nothing of "
                  "them.",
                  "{name} 中没有 {all} 个标签里的 {n} 个（{labels}）：其指标不反映它们。",
                  name=name, n=len(absent), all=len(kinds), labels=_named(absent))
            )  # fmt: skip
    return found


def missing_labels(labels: Iterable[str]) -> list[Text]:
    """Labels that are most likely how a program wrote that there is none."""
    counts = Counter(labels)
    found = [label for label in counts if written_none(label)]
    return [
        T("The label '{label}' ({n} rows) looks like a missing value: drop these rows if it is.",
          "标签“{label}”（{n} 行）看起来是缺失值：如果是，请删除这些行。",
          label=excerpt(label), n=counts[label])
        for label in sorted(found)
    ]  # fmt: skip


def written_none(label: str) -> bool:
    """Whether a label is most likely how a program wrote that there is none."""
    return label.strip("<>#()[]").casefold() in _WRITTEN_NONE


def alike_labels(labels: Iterable[str]) -> list[Text]:
    """Labels that a reader takes for one: they differ in case, width or unseen characters."""
    groups: dict[str, list[str]] = {}
    for label in sorted(set(labels)):
        groups.setdefault(_alike(label), []).append(label)
    return [
        T("These labels look alike but count as {n} classes: {labels}.",
          "这些标签看起来相同，却算作 {n} 个类别：{labels}。", n=len(group), labels=_named(group))
        for group in groups.values() if len(group) > 1
    ]  # fmt: skip


def _alike(label: str) -> str:
    seen = "".join(char for char in label if unicodedata.category(char) not in ("Cf", "Cc"))
    return unicodedata.normalize("NFKC", seen).casefold().strip()


def _named(labels: list[str]) -> str:
    more = ", …" if len(labels) > _NAMED else ""
    return ", ".join(f"'{excerpt(label)}'" for label in labels[:_NAMED]) + more
