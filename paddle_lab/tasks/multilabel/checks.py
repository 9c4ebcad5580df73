"""What forbids learning labels, and what a person should know of them before trusting a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.excerpt import excerpt
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.labels import absent_labels, alike_labels, missing_labels

SMALL_LABEL: Final = 10  # rows of training
_NAMED: Final = 5
_ENOUGH_ROWS: Final = 20


def counts_of(targets: Sequence[Sequence[str]]) -> Counter[str]:
    """How many rows carry each label."""
    return Counter(label for target in targets for label in target)


def unusable(train: Dataset, part: Dataset) -> list[int]:
    """Rows (from 0) of ``part`` that carry a label which training does not know."""
    known = set(counts_of(train.targets))
    return [row for row, target in enumerate(part.targets) if not known.issuperset(target)]


def check(parts: Mapping[str, Dataset]) -> None:
    """Raise DataError when training teaches no label, or another part has labels of its own."""
    train = parts["train"]
    _refuse_nothing_to_learn(train)
    for name, part in parts.items():
        if name != "train":
            _refuse_unknown(train, part)


def notices(parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
    """Contradictions, rare and constant labels, and rows that all carry exactly one."""
    train = parts["train"]
    of = {name: [one for target in part.targets for one in target] for name, part in parts.items()}
    labels = of["train"]
    return [
        *_conflicts(train, keys["train"]),
        *_labels(train),
        *alike_labels(labels),
        *missing_labels(labels),
        *absent_labels(of),
        *_always_one(train),
    ]


def _refuse_nothing_to_learn(train: Dataset) -> None:
    counts = counts_of(train.targets)
    if not counts:
        raise DataError(
            T("{name}: no row carries a label.", "{name}：没有任何一行带标签。", name=train.name),
            T("All {n} rows have an empty label.", "全部 {n} 行的标签为空。", n=len(train)),
            T("Check that --label names the right column.", "请检查 --label 指定的列是否正确。"),
            code="data.no_label",
        )  # fmt: skip
    if all(count == len(train) for count in counts.values()):
        raise DataError(
            T("{name}: every row carries the same labels: {labels}.",
              "{name}：每一行的标签都相同：{labels}。", name=train.name, labels=_named(counts)),
            T("There is nothing to tell apart.", "无法学习区分。"),
            T("Add rows without them, or name another column with --label.",
              "请加入不带这些标签的数据，或用 --label 指定另一列。"),
            code="data.one_label",
        )  # fmt: skip
    if len(train) >= _ENOUGH_ROWS and 2 * len(counts) > counts.total():
        raise DataError(
            T("{name} has {kinds} different labels, which stand {n} times in all.",
              "{name} 有 {kinds} 种不同的标签，总共只出现 {n} 次。",
              name=train.name, kinds=len(counts), n=counts.total()),
            T("A label can only be learnt from several rows. Found: {labels}",
              "每个标签需要多行数据才能学习。找到的标签：{labels}", labels=_named(counts)),
            T("Name the column of the labels with --label, or what separates them with "
              "--set separator=comma.",
              "请用 --label 指定标签所在的列，或用 --set separator=comma 指定分隔符。"),
            code="data.labels",
        )  # fmt: skip


def _refuse_unknown(train: Dataset, part: Dataset) -> None:
    rows = unusable(train, part)
    if not rows:
        return
    known = set(counts_of(train.targets))
    strange = sorted({label for row in rows for label in part.targets[row]} - known)
    first = next(label for label in part.targets[rows[0]] if label not in known)
    raise DataError(
        T("{where}: label '{label}' never occurs in the training rows.",
          "{where}：标签“{label}”在训练数据中没有出现。",
          where=part.where(rows[0]), label=excerpt(first)),
        T("{n} of {all} rows of {name} carry labels that training does not know: {labels}.",
          "{name} 的 {all} 行中有 {n} 行的标签不在训练数据中：{labels}。",
          n=len(rows), all=len(part), name=part.name, labels=_named(strange)),
        T("Add rows with it to the training data, drop these rows with --skip-bad, or say what "
          "separates labels with --set separator=comma.",
          "请在训练数据中加入该标签，用 --skip-bad 丢弃这些行，"
          "或用 --set separator=comma 指定标签的分隔符。"),
        code="data.unknown_label",
    )  # fmt: skip


def _conflicts(train: Dataset, keys: Sequence[str]) -> list[Text]:
    first: dict[str, Any] = {}
    clashing = {
        key
        for key, target in zip(keys, train.targets, strict=True)
        if first.setdefault(key, target) != target
    }
    if not clashing:
        return []
    row = next(row for row, key in enumerate(keys) if key in clashing)
    return [
        T("{n} training texts stand with different labels, the first at {where}: one row a text "
          "should hold all its labels.",
          "训练数据中有 {n} 条文本多次出现且标签不同，第一处：{where}："
          "每条文本应只占一行并写全标签。",
          n=len(clashing), where=train.where(row))
    ]  # fmt: skip


def _labels(train: Dataset) -> list[Text]:
    counts = counts_of(train.targets).most_common()
    found = []
    small = [label for label, count in counts if count < SMALL_LABEL]
    if small:
        found.append(
            T("{n} of {all} labels have fewer than {least} training rows ({labels}): expect "
              "little of them.",
              "{all} 个标签中有 {n} 个少于 {least} 行训练数据（{labels}），效果可能较差。",
              n=len(small), all=len(counts), least=SMALL_LABEL, labels=_named(small))
        )  # fmt: skip
    constant = [label for label, count in counts if count == len(train)]
    if constant:
        found.append(
            T("Every training row carries {labels}: nothing can be learnt of it.",
              "每一行训练数据都带有 {labels}：无法从中学习。", labels=_named(constant))
        )  # fmt: skip
    return found


def _always_one(train: Dataset) -> list[Text]:
    if any(len(target) != 1 for target in train.targets):
        return []
    return [
        T("Every training row carries exactly one label: --task classify may suit better.",
          "每一行训练数据恰好有一个标签：可能更适合 --task classify。")
    ]  # fmt: skip


def _named(labels: Sequence[str] | Mapping[str, int]) -> str:
    shown = list(labels)
    more = ", …" if len(shown) > _NAMED else ""
    return ", ".join(f"'{excerpt(label)}'" for label in shown[:_NAMED]) + more
