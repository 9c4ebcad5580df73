"""What checking finds in any data: what a person should know before trusting a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.garbled import garbled
from paddle_lab.data.schema import RowSchema
from paddle_lab.i18n import T, Text

SMALL_PART: Final = 100  # rows of an evaluation: one row is a whole percent
LONG_TEXT: Final = 10_000  # characters: most likely rows that ran together
MUCH_CUT: Final = 0.1  # share of rows longer than max_len


def notices(
    schema: RowSchema, parts: Mapping[str, Dataset], keys: Mapping[str, list[str]], max_len: int
) -> list[Text]:
    """Everything that looks wrong, the weightiest first.

    ``keys`` are the rows of each part as :meth:`Dataset.key` compares them.
    """
    found = [
        *garbled(schema, parts),
        *_leaks(parts, keys),
        *schema.notices(parts, keys),
        *_small_parts(parts),
        *_lengths(schema, parts, max_len),
        *_repeats(keys["train"]),
    ]
    return [*(notice for part in parts.values() for notice in part.notices), *found]


def _leaks(parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
    """Rows of one part that also stand in another: its figures would be memory, not learning."""
    found = []
    order = [name for name in ("train", "dev", "test") if name in parts]
    for index, first in enumerate(order):
        seen = set(keys[first])
        for second in order[index + 1 :]:
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


def _repeats(keys: list[str]) -> list[Text]:
    repeated = len(keys) - len(set(keys))
    if not repeated:
        return []
    return [T("{n} of {all} training rows repeat another row's text.",
              "训练数据 {all} 行中有 {n} 行文本重复。", n=repeated, all=len(keys))]  # fmt: skip


def _small_parts(parts: Mapping[str, Dataset]) -> list[Text]:
    return [
        T("{name} has {n} rows only: one row more or less right is {share:.1%} of the accuracy.",
          "{name} 只有 {n} 行：多对或少对一行，准确率就变化 {share:.1%}。",
          name=name, n=len(part), share=1 / len(part))
        for name, part in parts.items() if name != "train" and len(part) < SMALL_PART
    ]  # fmt: skip


def _lengths(schema: RowSchema, parts: Mapping[str, Dataset], max_len: int) -> list[Text]:
    found = []
    train = parts["train"]
    cut = sum(is_cut(train.size(row), max_len) for row in range(len(train)))
    if schema.long_text == "truncate" and cut > MUCH_CUT * len(train):
        found.append(
            T("About {share:.0%} of the training texts are longer than --max-len {max_len}; what "
              "is beyond it is not read.",
              "约 {share:.0%} 的训练文本超过 --max-len {max_len}，超出部分不会被读取。",
              share=cut / len(train), max_len=max_len)
        )  # fmt: skip
    for part in parts.values():
        long = [row for row in range(len(part)) if part.size(row) > LONG_TEXT]
        if long:
            found.append(
                T("{where}: {size:,} characters in one row ({n} rows of {name} are that long). "
                  "Have rows run together?",
                  "{where}：一行有 {size:,} 个字符（{name} 中共有 {n} 行过长）。"
                  "是否有多行连在了一起？",
                  where=part.where(long[0]), size=part.size(long[0]), n=len(long),
                  name=part.name)
            )  # fmt: skip
    return found


def is_cut(characters: int, max_len: int) -> bool:
    """Whether a row of so many characters is longer than the tokens it is given, roughly.

    A Chinese character is about a token; two more stand around the text.
    """
    return characters + 2 > max_len
