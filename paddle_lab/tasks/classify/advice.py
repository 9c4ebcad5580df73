"""What a report says in words: plainly, and with what to try next."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import Outcome
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.label_advice import (
    about_missed_classes,
    about_size,
    about_training,
    favouring_small_classes,
    label_of,
    tries,
)
from paddle_lab.tasks.label_scored import Scored, indices
from paddle_lab.tasks.scores import macro_f1

_FEW_ROWS: Final = 200
_IMBALANCE: Final = 10
_OVERFIT: Final = 0.1
_NAMED: Final = 5
_LABEL_CHARACTERS: Final = 24


def advise(
    scored: Scored,
    metrics: Mapping[str, float],
    table: IntArray,
    outcome: Outcome | None,
    baseline: Baseline | None,
    training: Training,
) -> list[Text]:
    """The remarks that hold for this scored, the most important first; often none.

    ``outcome`` is the verdict beside the baseline, None where there is no baseline.
    """
    if not len(scored.gold):
        return [T("There were no rows to evaluate.", "没有可供评估的数据。")]
    collapsed = _about_collapse(scored, table)
    remarks = [collapsed] if collapsed else []
    remarks += _about_baseline(scored, metrics, outcome, baseline, training)
    if not collapsed:
        remarks += about_missed_classes(scored, table, training.metric)
    remarks += about_training(metrics, training)
    remarks += _about_balance(scored, training)
    remarks += about_size(scored, metrics)
    return remarks


def _about_collapse(scored: Scored, table: IntArray) -> Text | None:
    predicted = np.flatnonzero(table.sum(axis=0))
    if len(predicted) != 1 or len(np.unique(scored.gold)) < 2:
        return None
    return T(
        "The model gives the same answer, {label}, to every text: it has learnt nothing. Try a "
        "smaller learning rate (--lr 2e-5), more epochs, or look at the labels of the data.",
        "模型对所有文本都给出同一个答案 {label}，说明没有学到东西。"
        "请尝试更小的学习率（--lr 2e-5）、更多轮数，或检查数据标签。",
        label=label_of(scored, int(predicted[0])),
    )


def _about_baseline(
    scored: Scored,
    metrics: Mapping[str, float],
    outcome: Outcome | None,
    baseline: Baseline | None,
    training: Training,
) -> Iterator[Text]:
    if outcome is None or baseline is None:
        return
    if outcome == "level":
        yield T(
            "The model and the simple baseline are level, the difference may be chance; the "
            "baseline costs less. Try: {tries}.",
            "模型与简单基线不相上下，差异可能只是偶然，而基线代价更小。可以尝试：{tries}。",
            tries=tries(training),
        )
    elif outcome == "worse":
        yield T(
            "As it is, the simple baseline is the better choice. Try: {tries}.",
            "就目前而言，简单基线是更好的选择。可以尝试：{tries}。",
            tries=tries(training),
        )
    if training.metric == "macro_f1":
        own, other = metrics["macro_f1"], macro_f1(scored.gold, baseline.answers)
        # Both are NaN where macro F1 means nothing.
        if not math.isnan(own) and (own > other) != (outcome == "better"):
            yield T(
                "By macro F1, which the weights were chosen by, the model has {own:.1%} and the "
                "baseline {other:.1%}.",
                "按选择权重所用的宏平均 F1，模型为 {own:.1%}，基线为 {other:.1%}。",
                own=own,
                other=other,
            )


def _about_balance(scored: Scored, training: Training) -> Iterator[Text]:
    if training.train is None:
        return
    found = indices(training.train.labels, scored.labels)
    counts = np.bincount(found, minlength=len(scored.labels)).tolist()
    if len(counts) < 2 or max(counts) <= _IMBALANCE * max(1, min(counts)):
        return
    yield T(
        "The classes are of very different size: {largest} has {most} training rows, {smallest} "
        "has {least}. Accuracy hides the small ones.{option}",
        "类别大小相差悬殊：{largest} 有 {most} 行训练数据，{smallest} 只有 {least} 行。"
        "准确率会掩盖小类别。{option}",
        option=favouring_small_classes(training.metric),
        largest=label_of(scored, int(np.argmax(counts))),
        smallest=label_of(scored, int(np.argmin(counts))),
        most=max(counts),
        least=min(counts),
    )
