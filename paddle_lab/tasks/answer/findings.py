"""What forbids learning to answer, and what a person should know of the questions."""

from __future__ import annotations

from collections.abc import Mapping

from paddle_lab.data.dataset import Dataset
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

_MOST_OF_CONTEXT = 0.9
_ENOUGH = 10


def check_answers(parts: Mapping[str, Dataset]) -> None:
    """Raise DataError for a part in which no question has an answer: it is not labelled."""
    for name, part in parts.items():
        if any(target["answers"] for target in part.targets):
            continue
        raise DataError(
            T("{name}: none of the {n} questions has an answer.",
              "{name}：{n} 个问题都没有答案。", name=part.name, n=len(part)),
            T("There is nothing to learn from, or to measure by.", "没有可供学习或评估的内容。")
            if name == "train"
            else T("It measures nothing: the part is without labels, perhaps a test part.",
                   "无法用于评估：该部分没有标注，可能是测试集。"),
            T("Give a part whose questions are answered; questions without an answer may be among "
              "them.",
              "请提供带答案的数据；其中可以包含无法回答的问题。"),
            code="data.no_answers",
        )  # fmt: skip


def row_notices(parts: Mapping[str, Dataset]) -> list[Text]:
    """Contexts that stand on both sides, kinds of rows on one side only, and odd answers."""
    train = parts["train"]
    found = [*_shared_contexts(parts), *_one_sided(parts)]
    whole = sum(
        any(len(one["text"]) > _MOST_OF_CONTEXT * len(context) for one in target["answers"])
        for context, target in zip(train.given["context"], train.targets, strict=True)
    )
    if whole > _ENOUGH and 2 * whole > len(train):
        found.append(
            T("{n} of {all} training answers are nearly their whole context: are these contexts "
              "the answers themselves?",
              "训练数据 {all} 行中有 {n} 行的答案几乎就是整个上下文：上下文是否就是答案本身？",
              n=whole, all=len(train))
        )  # fmt: skip
    return found


def _shared_contexts(parts: Mapping[str, Dataset]) -> list[Text]:
    """Other questions about a known context are easier than those about a new one."""
    if parts["train"].groups is None:
        return []
    known = set(parts["train"].groups)
    found = []
    for name, part in parts.items():
        if name == "train" or part.groups is None:
            continue
        shared = sum(group in known for group in part.groups)
        if shared:
            found.append(
                T("{n} of {all} questions of {name} are about contexts that training knows: its "
                  "figures will be too good.",
                  "{name} 的 {all} 个问题中有 {n} 个的上下文也出现在训练数据中，指标会偏高。",
                  n=shared, all=len(part), name=name)
            )  # fmt: skip
    return found


def _one_sided(parts: Mapping[str, Dataset]) -> list[Text]:
    """Unanswerable questions in one part only."""
    without = {name: sum(not target["answers"] for target in part.targets)
               for name, part in parts.items()}  # fmt: skip
    found = []
    for name, count in without.items():
        if name == "train":
            continue
        if count and not without["train"]:
            found.append(
                T("{n} questions of {name} have no answer and training has none such: the model "
                  "will always answer.",
                  "{name} 中有 {n} 个问题没有答案，而训练数据中没有这类问题：模型总会给出答案。",
                  n=count, name=name)
            )  # fmt: skip
        elif without["train"] and not count and name == "dev":
            found.append(
                T("Training has {n} questions without an answer and dev has none: when to say \"no "
                  "answer\" cannot be learnt there.",
                  "训练数据中有 {n} 个问题没有答案，而验证集中没有：无法据此学习何时回答“无答案”。",
                  n=without["train"])
            )  # fmt: skip
    return found
