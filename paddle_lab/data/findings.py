"""What checking finds: what forbids training, and what a person should know before trusting it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.excerpt import excerpt
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

SMALL_CLASS: Final = 10  # rows of training
SMALL_PART: Final = 100  # rows of an evaluation: one row is a whole percent
IMBALANCE: Final = 10.0  # largest class / smallest
LONG_TEXT: Final = 10_000  # characters: most likely rows that ran together
MUCH_CUT: Final = 0.1  # share of rows longer than max_len
_ENOUGH_ROWS: Final = 20
_NAMED: Final = 5


# -- what forbids training ----------------------------------------------------------------------


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
        T("All {n} rows carry it, so there is nothing to tell apart.",
          "全部 {n} 行都是该标签，无法学习区分。", n=len(train)),
        T("Check that --label names the right column, or add rows of another class.",
          "请检查 --label 指定的列是否正确，或加入其他类别的数据。"),
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
    )  # fmt: skip


def unknown_labels(train: Dataset, part: Dataset) -> list[int]:
    """Places (from 0) of the rows of ``part`` whose label training does not know."""
    known = set(train.labels)
    return [place for place, label in enumerate(part.labels) if label not in known]


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
          labels=_named(sorted({part.labels[place] for place in strange})),
          like=T(" Training has '{label}'.", "训练数据中有“{label}”。", label=excerpt(like[0]))
          if like else Text("", "")),
        T("Add rows of that class to the training data, or drop these rows with --skip-bad.",
          "请在训练数据中加入该类别，或用 --skip-bad 丢弃这些行。"),
    )  # fmt: skip


# -- what a person should know ------------------------------------------------------------------


def notices(
    parts: Mapping[str, Dataset], keys: Mapping[str, list[str]], max_len: int
) -> list[Text]:
    """Everything that looks wrong, the weightiest first.

    ``keys`` are the texts of each part as :func:`same_text` compares them.
    """
    train = parts["train"]
    found = [
        *_leaks(parts, keys),
        *_conflicts(train, keys["train"]),
        *_classes(train),
        *_alike_labels(train),
        *_small_parts(parts),
        *_lengths(parts, max_len),
        *_repeats(keys["train"]),
    ]
    return [*(notice for part in parts.values() for notice in part.notices), *found]


def _leaks(parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
    """Rows of one part that also stand in another: its figures would be memory, not learning."""
    found = []
    order = [name for name in ("train", "dev", "test") if name in parts]
    for place, first in enumerate(order):
        seen = set(keys[first])
        for second in order[place + 1 :]:
            shared = [n for n, key in enumerate(keys[second]) if key in seen]
            if shared:
                found.append(
                    T("{n} of {all} rows of {second} also stand in {first}, the first at {where}: "
                      "its figures will be too good.",
                      "{second} 的 {all} 行中有 {n} 行也出现在 {first} 中（第一处：{where}），"
                      "指标会偏高。",
                      n=len(shared), all=len(parts[second]), second=second, first=first,
                      where=parts[second].where(shared[0]))
                )  # fmt: skip
    return found


def _conflicts(train: Dataset, keys: list[str]) -> list[Text]:
    label_of: dict[str, str] = {}
    clashing = {
        key
        for key, label in zip(keys, train.labels, strict=True)
        if label_of.setdefault(key, label) != label
    }
    if not clashing:
        return []
    first = next(place for place, key in enumerate(keys) if key in clashing)
    return [
        T("{n} training texts stand under more than one label, the first at {where}.",
          "训练数据中有 {n} 条文本带有互相矛盾的标签，第一处：{where}。",
          n=len(clashing), where=train.where(first))
    ]  # fmt: skip


def _repeats(keys: list[str]) -> list[Text]:
    repeated = len(keys) - len(set(keys))
    if not repeated:
        return []
    return [T("{n} of {all} training rows repeat another row's text.",
              "训练数据 {all} 行中有 {n} 行文本重复。", n=repeated, all=len(keys))]  # fmt: skip


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
            T("Classes are uneven: '{most}' has {n} rows, '{least}' has {m}. Look at macro F1 "
              "rather than accuracy (--metric macro_f1).",
              "类别不均衡：“{most}”有 {n} 行，“{least}”有 {m} 行。"
              "请关注 macro F1 而不是准确率（--metric macro_f1）。",
              most=excerpt(most), n=largest, least=excerpt(least), m=smallest)
        )  # fmt: skip
    return found


def _alike_labels(train: Dataset) -> list[Text]:
    """Labels that a reader takes for one: they differ in case, width or unseen characters."""
    groups: dict[str, list[str]] = {}
    for label in sorted(set(train.labels)):
        groups.setdefault(_alike(label), []).append(label)
    return [
        T("These labels look alike but count as {n} classes: {labels}.",
          "这些标签看起来相同，却算作 {n} 个类别：{labels}。", n=len(group), labels=_named(group))
        for group in groups.values() if len(group) > 1
    ]  # fmt: skip


def _alike(label: str) -> str:
    seen = "".join(char for char in label if unicodedata.category(char) not in ("Cf", "Cc"))
    return unicodedata.normalize("NFKC", seen).casefold().strip()


def _small_parts(parts: Mapping[str, Dataset]) -> list[Text]:
    return [
        T("{name} has {n} rows only: one row more or less right is {share:.1%} of the accuracy.",
          "{name} 只有 {n} 行：多对或少对一行，准确率就变化 {share:.1%}。",
          name=name, n=len(part), share=1 / len(part))
        for name, part in parts.items() if name != "train" and len(part) < SMALL_PART
    ]  # fmt: skip


def _lengths(parts: Mapping[str, Dataset], max_len: int) -> list[Text]:
    found = []
    train = parts["train"]
    cut = sum(is_cut(text, max_len) for text in train.texts)
    if cut > MUCH_CUT * len(train):
        found.append(
            T("About {share:.0%} of the training texts are longer than --max-len {max_len}; what "
              "is beyond it is not read.",
              "约 {share:.0%} 的训练文本超过 --max-len {max_len}，超出部分不会被读取。",
              share=cut / len(train), max_len=max_len)
        )  # fmt: skip
    for part in parts.values():
        long = [place for place, text in enumerate(part.texts) if len(text) > LONG_TEXT]
        if long:
            found.append(
                T("{where}: {size:,} characters in one row ({n} rows of {name} are that long). "
                  "Have rows run together?",
                  "{where}：一行有 {size:,} 个字符（{name} 中共有 {n} 行过长）。"
                  "是否有多行连在了一起？",
                  where=part.where(long[0]), size=len(part.texts[long[0]]), n=len(long),
                  name=part.name)
            )  # fmt: skip
    return found


def is_cut(text: str, max_len: int) -> bool:
    """Whether a text is longer than the tokens it is given, roughly.

    A Chinese character is about a token; two more stand around the text.
    """
    return len(text) + 2 > max_len


def _named(labels: list[str]) -> str:
    more = ", …" if len(labels) > _NAMED else ""
    return ", ".join(f"'{excerpt(label)}'" for label in labels[:_NAMED]) + more
