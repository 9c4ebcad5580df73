"""Remarks on rows of one label each that several tasks make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import Training
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.label_scored import Scored
from paddle_lab.tasks.verdict import wilson

_FEW_ROWS: Final = 200
_OVERFIT: Final = 0.1
_NAMED: Final = 5
_LABEL_CHARACTERS: Final = 24


def tries(training: Training) -> Text:
    """What may help a model that does not beat a simple one."""
    found = []
    short = training.epochs is not None and training.epochs <= 1
    if short or training.still_improving is not False:
        found.append(T("more epochs (--epochs)", "更多轮数（--epochs）"))
    found.append(T("another learning rate (--lr)", "不同的学习率（--lr）"))
    if training.model in (None, "ernie-lab-mini"):
        found.append(
            T(
                "a larger model (--model ernie-3.0-base-zh or m3e-small)",
                "更大的模型（--model ernie-3.0-base-zh 或 m3e-small）",
            )
        )
    found.append(T("more training rows", "更多训练数据"))
    return _listed(found)


def favouring_small_classes(metric: str) -> Text:
    """The option that favours small classes, unless ``metric``, which is used already, does."""
    if metric == "macro_f1":
        return Text("", "")
    return T(
        " --metric macro_f1 favours small classes.",
        "使用 --metric macro_f1 会照顾小类别。",
    )


def about_missed_classes(scored: Scored, table: IntArray, metric: str) -> Iterator[Text]:
    """Classes that never were the answer where they were right; ``metric`` chose the weights."""
    present = table.sum(axis=1) > 0
    missed = np.flatnonzero(present & (table.diagonal() == 0))
    if not len(missed):
        return
    names = ", ".join(label_of(scored, int(i)) for i in missed[:_NAMED])
    yield T(
        "{n} classes were never recognised (recall 0): {names}{more}. They need more rows, or are "
        "the same as another class.{option}",
        "有 {n} 个类别从未被识别（召回率为 0）：{names}{more}。它们需要更多数据，或与其他类别"
        "难以区分。{option}",
        option=favouring_small_classes(metric),
        n=len(missed),
        names=names,
        more=" …" if len(missed) > _NAMED else "",
    )


def about_training(metrics: Mapping[str, float], training: Training) -> Iterator[Text]:
    """Overfitting, and training that ended too early."""
    own = (training.train_metrics or {}).get("accuracy")
    if own is not None and own - metrics["accuracy"] > _OVERFIT:
        yield T(
            "The model is right on {own:.1%} of its training rows but {here:.1%} here: it "
            "overfits. What helps: {tries}.",
            "模型在训练数据上的准确率为 {own:.1%}，这里只有 {here:.1%}：出现过拟合。"
            "可以尝试：{tries}。",
            own=own,
            here=metrics["accuracy"],
            tries=_against_overfitting(training),
        )
    elif training.still_improving:
        yield T(
            "The last evaluation was the best one: more epochs may still help.",
            "最后一次评估是最好的：增加轮数可能仍有提高。",
        )


def _against_overfitting(training: Training) -> Text:
    tries = [T("more training rows", "更多训练数据")]
    if training.epochs is None or training.epochs > 1:
        tries.append(T("fewer epochs or --early-stopping 2", "减少轮数或 --early-stopping 2"))
    tries.append(T("a larger --weight-decay", "更大的 --weight-decay"))
    return _listed(tries)


def _listed(items: list[Text]) -> Text:
    return Text("; ".join(item.en for item in items), "；".join(item.zh for item in items))


def about_size(scored: Scored, metrics: Mapping[str, float]) -> Iterator[Text]:
    """How uncertain the accuracy of few rows is."""
    rows = len(scored.gold)
    if rows >= _FEW_ROWS:
        return
    low, high = wilson(metrics["accuracy"], rows)
    yield T(
        "Only {rows} rows were evaluated: of all such rows, {low:.0%} to {high:.0%} may be right.",
        "只评估了 {rows} 行：就全部同类数据而言，准确率可能在 {low:.0%} 到 {high:.0%} 之间。",
        rows=rows,
        low=low,
        high=high,
    )


def label_of(scored: Scored, index: int) -> str:
    """The label of a class, short enough for a remark."""
    label = scored.labels[index]
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
