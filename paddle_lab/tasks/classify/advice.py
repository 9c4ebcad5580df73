"""What a report says in words: plainly, and with what to try next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import Outcome
from paddle_lab.tasks.classify.scored import Scored, indices
from paddle_lab.tasks.classify.scores import macro_f1
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.verdict import margin

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
        remarks += about_missed_classes(scored, table)
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
        label=_label(scored, int(predicted[0])),
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
        if (own > other) != (outcome == "better"):
            yield T(
                "By macro F1, which the weights were chosen by, the model has {own:.4f} and the "
                "baseline {other:.4f}.",
                "按选择权重所用的宏平均 F1，模型为 {own:.4f}，基线为 {other:.4f}。",
                own=own,
                other=other,
            )


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


def about_missed_classes(scored: Scored, table: IntArray) -> Iterator[Text]:
    """Classes that never were the answer where they were right."""
    present = table.sum(axis=1) > 0
    missed = np.flatnonzero(present & (table.diagonal() == 0))
    if not len(missed):
        return
    names = ", ".join(_label(scored, int(i)) for i in missed[:_NAMED])
    yield T(
        "{n} classes were never recognised (recall 0): {names}{more}. They need more rows, or are "
        "the same as another class; --metric macro_f1 favours small classes.",
        "有 {n} 个类别从未被识别（召回率为 0）：{names}{more}。它们需要更多数据，或与其他类别"
        "难以区分；--metric macro_f1 会照顾小类别。",
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
            "The last scored was the best one: more epochs may still help.",
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


def _about_balance(scored: Scored, training: Training) -> Iterator[Text]:
    if training.train is None:
        return
    found = indices(training.train.labels, scored.labels)
    counts = np.bincount(found, minlength=len(scored.labels)).tolist()
    if len(counts) < 2 or max(counts) <= _IMBALANCE * max(1, min(counts)):
        return
    yield T(
        "The classes are of very different size: {largest} has {most} training rows, {smallest} "
        "has {least}. Accuracy hides the small ones; look at macro F1 and use --metric macro_f1.",
        "类别大小相差悬殊：{largest} 有 {most} 行训练数据，{smallest} 只有 {least} 行。"
        "准确率会掩盖小类别；请看 macro F1，并使用 --metric macro_f1。",
        largest=_label(scored, int(np.argmax(counts))),
        smallest=_label(scored, int(np.argmin(counts))),
        most=max(counts),
        least=min(counts),
    )


def about_size(scored: Scored, metrics: Mapping[str, float]) -> Iterator[Text]:
    """How uncertain the accuracy of few rows is."""
    rows = len(scored.gold)
    if rows >= _FEW_ROWS:
        return
    yield T(
        "Only {rows} rows were evaluated: the accuracy is uncertain by about ±{margin:.0%}.",
        "只评估了 {rows} 行：准确率的不确定性约为 ±{margin:.0%}。",
        rows=rows,
        margin=margin(metrics["accuracy"], rows),
    )


def _label(scored: Scored, index: int) -> str:
    label = scored.labels[index]
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
