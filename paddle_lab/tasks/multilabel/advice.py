"""What a report says in words: plainly, and with what to try next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import Training
from paddle_lab.tasks.blocks import Outcome
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.multilabel.codec import HALF
from paddle_lab.tasks.multilabel.scored import Scored
from paddle_lab.tasks.multilabel.scores import micro_f1
from paddle_lab.text.short import cut

_FEW_ROWS: Final = 200
_OVERFIT: Final = 0.15
_NAMED: Final = 5
_LABEL_CHARACTERS: Final = 24
# A model whose labels are found at half this probability was trained too little.
_LOW: Final = 0.3
_MUCH: Final = 0.03


def advise(
    scored: Scored, metrics: Mapping[str, float], outcome: Outcome | None, training: Training
) -> list[Text]:
    """The remarks that hold, the most important first; often none.

    ``outcome`` is the verdict beside the baseline, None where there is no baseline.
    """
    if not len(scored.gold):
        return [T("There were no rows to evaluate.", "没有可供评估的数据。")]
    collapsed = _about_collapse(scored)
    remarks = [collapsed] if collapsed else []
    remarks += _about_baseline(outcome, training)
    if not collapsed:
        remarks += _about_threshold(scored)
        remarks += _about_missed_labels(scored, training.metric)
    remarks += _about_training(metrics, training)
    remarks += _about_size(scored)
    return remarks


def _about_collapse(scored: Scored) -> Text | None:
    if not scored.predicted.any() and scored.gold.any():
        return T(
            "The model gives no label to any text: it has learnt nothing. Try a higher learning "
            "rate (--lr 3e-4) or more epochs.",
            "模型没有给任何文本打标签，说明没有学到东西。"
            "请尝试更大的学习率（--lr 3e-4）或更多轮数。",
        )
    same = (scored.predicted == scored.predicted[0]).all()
    if len(scored.gold) < 2 or not same or (scored.gold == scored.gold[0]).all():
        return None
    return T(
        "The model gives the same labels to every text: {labels}. It has learnt how frequent "
        "labels are and nothing else. Try a higher learning rate (--lr 3e-4) or more epochs.",
        "模型对所有文本都给出相同的标签：{labels}。它只学到了标签的频率。"
        "请尝试更大的学习率（--lr 3e-4）或更多轮数。",
        labels=_named(scored, np.flatnonzero(scored.predicted[0])),
    )


def _about_baseline(outcome: Outcome | None, training: Training) -> Iterator[Text]:
    if outcome == "level":
        yield T(
            "The model and the simple baseline are level, the difference may be chance; the "
            "baseline costs less. Try: {tries}.",
            "模型与简单基线不相上下，差异可能只是偶然，而基线代价更小。可以尝试：{tries}。",
            tries=_tries(training),
        )
    elif outcome == "worse":
        yield T(
            "As it is, the simple baseline is the better choice. Try: {tries}.",
            "就目前而言，简单基线是更好的选择。可以尝试：{tries}。",
            tries=_tries(training),
        )


def _tries(training: Training) -> Text:
    tries = [
        T("more epochs (--epochs)", "更多轮数（--epochs）"),
        T("a higher learning rate (--lr): several labels want more than one does",
          "更大的学习率（--lr）：多标签通常需要比单标签更大的学习率"),
    ]  # fmt: skip
    if training.model in (None, "ernie-lab-mini"):
        tries.append(
            T("a larger model (--model ernie-3.0-base-zh or m3e-small)",
              "更大的模型（--model ernie-3.0-base-zh 或 m3e-small）")
        )  # fmt: skip
    tries.append(T("more training rows", "更多训练数据"))
    return Text("; ".join(one.en for one in tries), "；".join(one.zh for one in tries))


def _about_threshold(scored: Scored) -> Iterator[Text]:
    at_half = micro_f1(scored.gold, scored.probabilities >= HALF)
    gain = micro_f1(scored.gold, scored.predicted) - at_half
    if float(np.median(scored.thresholds)) <= _LOW and gain >= _MUCH:
        yield T(
            "The threshold of {limit:g}, chosen on dev, is worth {gain:.1f} points of micro F1: "
            "the model is unsure and most likely trained too little. More epochs or a higher --lr "
            "help more than a threshold.",
            "在 dev 上选出的阈值 {limit:g} 带来 {gain:.1f} 个百分点的微平均 F1：模型把握不足，"
            "很可能训练不够。增加轮数或提高 --lr 比阈值更有用。",
            limit=float(np.median(scored.thresholds)),
            gain=100 * gain,
        )


def _about_missed_labels(scored: Scored, metric: str) -> Iterator[Text]:
    present = scored.gold.any(axis=0)
    missed = np.flatnonzero(present & ~(scored.gold & scored.predicted).any(axis=0))
    if not len(missed):
        return
    yield T(
        "{n} labels were never found (recall 0): {names}. They need more rows.{option}",
        "有 {n} 个标签从未被找到（召回率为 0）：{names}。它们需要更多数据。{option}",
        option=Text("", "")
        if metric == "macro_f1"
        else T(
            " --metric macro_f1 favours rare labels.", "使用 --metric macro_f1 会照顾少见的标签。"
        ),
        n=len(missed),
        names=_named(scored, missed),
    )


def _about_training(metrics: Mapping[str, float], training: Training) -> Iterator[Text]:
    own = (training.train_metrics or {}).get("micro_f1")
    if own is not None and own - metrics["micro_f1"] > _OVERFIT:
        yield T(
            "Micro F1 is {own:.1%} on training rows but {here:.1%} here: the model overfits. What "
            "helps: more training rows; fewer epochs or --early-stopping 2; a larger "
            "--weight-decay.",
            "训练数据上的微平均 F1 为 {own:.1%}，这里只有 {here:.1%}：出现过拟合。可以尝试："
            "更多训练数据；减少轮数或 --early-stopping 2；更大的 --weight-decay。",
            own=own,
            here=metrics["micro_f1"],
        )
    elif training.still_improving:
        yield T(
            "The last evaluation was the best one: more epochs may still help.",
            "最后一次评估是最好的：增加轮数可能仍有提高。",
        )


def _about_size(scored: Scored) -> Iterator[Text]:
    rows = len(scored.gold)
    if rows < _FEW_ROWS:
        yield T(
            "Only {rows} rows were evaluated: mind the interval of the figures.",
            "只评估了 {rows} 行：请注意指标的区间。",
            rows=rows,
        )


def _named(scored: Scored, indices: IntArray) -> str:
    shown = ", ".join(cut(scored.labels[i], _LABEL_CHARACTERS) for i in indices[:_NAMED].tolist())
    return shown + (" …" if len(indices) > _NAMED else "")
