"""What a person gives to ``predict`` as columns of two texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.codec import Rows
from paddle_lab.tasks.encoding import as_texts
from paddle_lab.tasks.neutral import NEUTRAL_TEXTS
from paddle_lab.tasks.pair_columns import TEXT, TEXT2

TAB: Final = "\t"
_FIX: Final = T(
    'Give two texts, or a list of pairs: predict([("怎么还款", "如何还款")]), '
    'or "怎么还款<TAB>如何还款".',
    '请给出两条文本或文本对列表：predict([("怎么还款", "如何还款")])，'
    '或 "怎么还款<制表符>如何还款"。',
)


def pairs_of(values: Any) -> Rows:
    """Pairs as columns ``text`` and ``text2``.

    Taken: "a<TAB>b"; two plain texts; (a, b) pairs, "a<TAB>b" or ``{"text": a, "text2": b}`` in a
    list; ``{"text": [...], "text2": [...]}``. Raises DataError, with the number, for anything else.
    """
    if isinstance(values, Mapping):
        return _from_columns(values)
    items = _items(values)
    if len(items) == 2 and all(isinstance(item, str) and TAB not in item for item in items):
        items = [tuple(items)]
    rows = [_pair(item, number) for number, item in enumerate(items, start=1)]
    return {TEXT: as_texts([row[0] for row in rows]), TEXT2: as_texts([row[1] for row in rows])}


def neutral_pairs() -> Rows:
    """Pairs of all lengths and kinds, empty sides among them."""
    texts = list(NEUTRAL_TEXTS)
    return {TEXT: texts, TEXT2: [*texts[3:], *texts[:3]]}


def _from_columns(values: Mapping[Any, Any]) -> Rows:
    if TEXT not in values or TEXT2 not in values:
        raise _no_pair(1, T("it has no '{role}'", "缺少“{role}”",
                            role=TEXT if TEXT not in values else TEXT2))  # fmt: skip
    columns = as_texts(values[TEXT]), as_texts(values[TEXT2])
    if len(columns[0]) != len(columns[1]):
        raise DataError(
            T("There are {n} first texts and {m} second ones.",
              "第一条文本有 {n} 个，第二条文本有 {m} 个。",
              n=len(columns[0]), m=len(columns[1])),
            fix=_FIX,
            code="data.pair",
        )  # fmt: skip
    return {TEXT: columns[0], TEXT2: columns[1]}


def _items(values: Any) -> list[Any]:
    if isinstance(values, str):
        return [values]
    try:
        return list(values)
    except TypeError as error:
        raise _no_pair(1, T("it is {kind}", "它是 {kind}", kind=type(values).__name__)) from error


def _pair(item: Any, number: int) -> tuple[Any, Any]:
    if isinstance(item, str):
        first, tab, second = item.partition(TAB)
        if not tab:
            raise _no_pair(number, T("it is one text without a tab", "只有一条文本，没有制表符"))
        if TAB in second:
            raise _no_pair(number, T("it has more than one tab", "制表符多于一个"))
        return first, second
    if isinstance(item, Mapping):
        if TEXT in item and TEXT2 in item:
            return item[TEXT], item[TEXT2]
        raise _no_pair(number, T("it has no 'text' and 'text2'", "缺少“text”和“text2”"))
    if isinstance(item, Sequence) and not isinstance(item, (bytes, bytearray)) and len(item) == 2:
        return item[0], item[1]
    raise _no_pair(number, T("it is {kind}", "它是 {kind}", kind=type(item).__name__))


def _no_pair(number: int, why: Text) -> DataError:
    return DataError(
        T("Row {number} is not a pair of texts: {why}.", "第 {number} 行不是一对文本：{why}。",
          number=number, why=why),
        fix=_FIX,
        code="data.pair",
    )  # fmt: skip
