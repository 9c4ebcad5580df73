"""What forbids learning spans, and what a person should know of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.excerpt import excerpt
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

MOST_TYPES: Final = 200  # the transitions between tags grow with their square
FEW_SPANS: Final = 20  # of a type, in training
MANY_EMPTY: Final = 0.5  # share of rows without a span
_NAMED: Final = 5


def types_of(data: Dataset) -> Counter[str]:
    """How many spans each type has."""
    return Counter(label for target in data.targets for _, _, label in target)


def unknown_types(train: Dataset, part: Dataset) -> list[int]:
    """Rows (from 0) of ``part`` with a type that training does not know."""
    known = types_of(train)
    return [
        row
        for row, target in enumerate(part.targets)
        if any(label not in known for _, _, label in target)
    ]


def check_spans(parts: Mapping[str, Dataset]) -> None:
    """Raise DataError when training teaches no spans, or another part has types of its own."""
    train = parts["train"]
    types = types_of(train)
    if not types:
        raise DataError(
            T("{name} has no span.", "{name} 中没有任何片段。", name=train.name),
            T("None of its {n} rows is marked, so there is nothing to learn.",
              "{n} 行都没有标注，无从学习。", n=len(train)),
            T("Give rows with spans; see docs/tasks/tag.md for the formats.",
              "请提供带片段的数据；格式见 docs/tasks/tag.md。"),
            code="data.no_spans",
        )  # fmt: skip
    if len(types) > MOST_TYPES:
        raise DataError(
            T("{name} has {n} different types of spans.", "{name} 有 {n} 种不同的片段类型。",
              name=train.name, n=len(types)),
            T("At most {most} can be learnt, each from several spans. Found: {types} …",
              "最多可学习 {most} 种，且每种需要多个片段。找到的类型：{types}……",
              most=MOST_TYPES, types=_named(sorted(types))),
            T("Give the type of a span, not its mention or number.",
              "请提供片段的类型，而不是其内容或编号。"),
            code="data.types",
        )  # fmt: skip
    for name, part in parts.items():
        if name != "train":
            _refuse_unknown(train, part)


def _refuse_unknown(train: Dataset, part: Dataset) -> None:
    strange = unknown_types(train, part)
    if not strange:
        return
    unknown = sorted(set(types_of(part)) - set(types_of(train)))
    raise DataError(
        T("{where}: the type '{label}' never occurs in the training rows.",
          "{where}：类型“{label}”在训练数据中没有出现。",
          where=part.where(strange[0]), label=excerpt(_first(part, strange[0], unknown))),
        T("{n} of {all} rows of {name} have types that training does not know: {types}. "
          "Training has {known}.",
          "{name} 的 {all} 行中有 {n} 行含有训练数据中没有的类型：{types}。训练数据中有：{known}。",
          n=len(strange), all=len(part), name=part.name, types=_named(unknown),
          known=_named(sorted(types_of(train)))),
        T("Add rows with that type to the training data, or drop these rows with --skip-bad.",
          "请在训练数据中加入该类型，或用 --skip-bad 丢弃这些行。"),
        code="data.unknown_types",
    )  # fmt: skip


def _first(part: Dataset, row: int, unknown: list[str]) -> str:
    return next(str(label) for _, _, label in part.targets[row] if label in unknown)


def span_notices(parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
    """What looks wrong with the spans. ``keys`` as :meth:`Dataset.key` gives them, by part."""
    train = parts["train"]
    return [*_conflicts(train, keys["train"]), *_few(train), *_empty(train)]


def _conflicts(train: Dataset, keys: list[str]) -> list[Text]:
    """Equal texts that are marked differently."""
    target_of: dict[str, object] = {}
    clashing = [
        row
        for row, (key, target) in enumerate(zip(keys, train.targets, strict=True))
        if target_of.setdefault(key, target) != target
    ]
    if not clashing:
        return []
    return [
        T("{n} training rows have the text of another row and other spans, the first at {where}.",
          "训练数据中有 {n} 行与另一行文本相同而片段不同，第一处：{where}。",
          n=len(clashing), where=train.where(clashing[0]))
    ]  # fmt: skip


def _few(train: Dataset) -> list[Text]:
    types = types_of(train)
    few = sorted(label for label, count in types.items() if count < FEW_SPANS)
    if not few:
        return []
    return [
        T("{n} of {all} types have fewer than {least} training spans ({types}): expect little of "
          "them.",
          "{all} 个类型中有 {n} 个的训练片段少于 {least} 个（{types}），效果可能较差。",
          n=len(few), all=len(types), least=FEW_SPANS, types=_named(few))
    ]  # fmt: skip


def _empty(train: Dataset) -> list[Text]:
    empty = sum(not target for target in train.targets)
    if empty <= MANY_EMPTY * len(train):
        return []
    return [
        T("{share:.0%} of the training rows have no span. Right where there is nothing to find; "
          "where nobody marked them, they teach to find nothing.",
          "{share:.0%} 的训练数据没有片段。如果其中确实没有可标的内容则无妨；"
          "如果只是没有标注，它们会教模型什么都不标。",
          share=empty / len(train))
    ]  # fmt: skip


def _named(labels: list[str]) -> str:
    more = ", …" if len(labels) > _NAMED else ""
    return ", ".join(f"'{excerpt(label)}'" for label in labels[:_NAMED]) + more
