"""What forbids learning scores, and what a person should know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from paddle_lab.data.dataset import Dataset
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.pair_columns import TEXT2

_FEW_VALUES: Final = 10
_FAR: Final = 6.0  # deviations from the mean


def check(parts: Mapping[str, Dataset]) -> None:
    """Raise DataError when all training scores are equal, or a part has other texts than train."""
    train = parts["train"]
    values = set(train.targets)
    if len(values) < 2:
        raise DataError(
            T("{name} has one score only: {score:g}.", "{name} 只有一个分数：{score:g}。",
              name=train.name, score=train.targets[0]),
            T("All rows ({n}) carry it, so there is nothing to learn.",
              "全部 {n} 行都是该分数，没有可学习的内容。", n=len(train)),
            T("Check that --label names the right column, or add rows with other scores.",
              "请检查 --label 指定的列是否正确，或加入其他分数的数据。"),
            code="data.one_value",
        )  # fmt: skip
    with np.errstate(over="ignore"):
        spread = np.std(train.targets)
    if not np.isfinite(spread):
        raise DataError(
            T("The scores of {name} are too large to compute with.",
              "{name} 的分数过大，无法计算。", name=train.name),
            T("The largest is {value:g}.", "最大的是 {value:g}。",
              value=max(map(abs, train.targets))),
            T("Give them in a larger unit.", "请使用更大的单位。"),
            code="data.score_too_large",
        )  # fmt: skip
    for name, part in parts.items():
        if (TEXT2 in part.given) != (TEXT2 in train.given):
            raise DataError(
                T("{name} and train do not have the same number of texts a row.",
                  "{name} 与 train 每行的文本数不同。", name=name),
                T("One has two texts, the other one.", "一个是两条文本，另一个是一条。"),
                T("Name the second text's column: --column text2=COLUMN",
                  "请指定第二条文本的列：--column text2=列"),
                code="data.columns",
            )  # fmt: skip


def notices(parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
    """The scale; scores far from all others; few whole ones; the same row with other scores."""
    train = parts["train"]
    scores = np.asarray(train.targets, dtype=np.float64)
    found = [
        T("Scores of {name}: {low:g} to {high:g}, mean {mean:.3g}, deviation {std:.3g}. Answers "
          "are on this scale.",
          "{name} 的分数：{low:g} 到 {high:g}，均值 {mean:.3g}，标准差 {std:.3g}。"
          "预测结果使用同一尺度。",
          name=train.name, low=scores.min(), high=scores.max(), mean=scores.mean(),
          std=scores.std())
    ]  # fmt: skip
    far = np.flatnonzero(np.abs(scores - scores.mean()) > _FAR * scores.std())
    if len(far):
        found.append(
            T("{n} scores lie far from all others, the first at {where} ({score:g}): a slip, or "
              "another unit?",
              "有 {n} 个分数远离其他分数，第一处：{where}（{score:g}）：是否笔误或单位不同？",
              n=len(far), where=train.where(int(far[0])), score=scores[far[0]])
        )  # fmt: skip
    kinds = np.unique(scores)
    if len(kinds) <= _FEW_VALUES and all(map(float.is_integer, kinds.tolist())):
        found.append(
            T("The scores are {n} whole numbers. Where their order means nothing, they are "
              "classes: --task {other}.",
              "分数是 {n} 个整数。如果它们没有大小之分，就是类别：--task {other}。",
              n=len(kinds), other="pair" if TEXT2 in train.given else "classify")
        )  # fmt: skip
    found += _outside(parts, float(scores.min()), float(scores.max()))
    return found + _conflicts(train, keys["train"], float(scores.std()))


def _outside(parts: Mapping[str, Dataset], low: float, high: float) -> list[Text]:
    """Parts with scores that training never saw."""
    found = []
    for name, part in parts.items():
        beyond = [row for row, score in enumerate(part.targets) if not low <= score <= high]
        if beyond:
            found.append(
                T("{n} of {all} scores of {part} lie outside of those of train, the first at "
                  "{where}.",
                  "{part} 的 {all} 个分数中有 {n} 个超出 train 的范围，第一处：{where}。",
                  n=len(beyond), all=len(part), part=name, where=part.where(beyond[0]))
            )  # fmt: skip
    return found


def _conflicts(train: Dataset, keys: list[str], std: float) -> list[Text]:
    """The same row with scores that are more than a deviation apart."""
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    for key, score in zip(keys, train.targets, strict=True):
        low[key] = min(score, low.get(key, score))
        high[key] = max(score, high.get(key, score))
    clashing = {key for key in low if high[key] - low[key] > std}
    if not clashing:
        return []
    first = next(row for row, key in enumerate(keys) if key in clashing)
    return [
        T("{n} training texts stand under scores that are far apart, the first at {where}.",
          "训练数据中有 {n} 条文本带有相差很大的分数，第一处：{where}。",
          n=len(clashing), where=train.where(first))
    ]  # fmt: skip
