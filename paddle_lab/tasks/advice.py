"""What a report says in words: plainly, and with what to try next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.base import Evaluation, IntArray, Training
from paddle_lab.tasks.baseline import Baseline

_FEW_ROWS: Final = 200
_IMBALANCE: Final = 10
_OVERFIT: Final = 0.1
_NAMED: Final = 5
_LABEL_CHARACTERS: Final = 24

_LEVEL: Final = T(
    "The two are level, the difference may be chance: the baseline does as much for less.",
    "两者不相上下，差异可能只是偶然：基线以更小的代价做到了同样的事。",
)
_BEHIND: Final = T("As it is, the baseline is the better choice.", "就目前而言，基线是更好的选择。")


def advise(
    evaluation: Evaluation,
    metrics: dict[str, float],
    table: IntArray,
    compared: dict[str, Any] | None,
    baseline: Baseline | None,
    training: Training,
) -> list[Text]:
    """The remarks that hold for this evaluation, the most important first; often none."""
    if not len(evaluation.gold):
        return [T("There were no rows to evaluate.", "没有可供评估的数据。")]
    collapsed = _about_collapse(evaluation, table)
    remarks = [collapsed] if collapsed else []
    remarks += _about_baseline(evaluation, metrics, compared, baseline, training)
    if not collapsed:
        remarks += _about_missed_classes(evaluation, table)
    remarks += _about_training(metrics, training)
    remarks += _about_balance(evaluation, training)
    remarks += _about_size(evaluation, metrics)
    return remarks


def _about_collapse(evaluation: Evaluation, table: IntArray) -> Text | None:
    predicted = np.flatnonzero(table.sum(axis=0))
    if len(predicted) != 1 or len(np.unique(evaluation.gold)) < 2:
        return None
    return T(
        "The model gives the same answer, {label}, to every text: it has learnt nothing. Try a "
        "smaller learning rate (--lr 2e-5), more epochs, or look at the labels of the data.",
        "模型对所有文本都给出同一个答案 {label}，说明没有学到东西。"
        "请尝试更小的学习率（--lr 2e-5）、更多轮数，或检查数据标签。",
        label=_label(evaluation, int(predicted[0])),
    )


def _about_baseline(
    evaluation: Evaluation,
    metrics: dict[str, float],
    compared: dict[str, Any] | None,
    baseline: Baseline | None,
    training: Training,
) -> Iterator[Text]:
    if compared is None or baseline is None:
        return
    metric = training.metric if training.metric in ("accuracy", "macro_f1") else "accuracy"
    values = {"metric": metric, "model": metrics[metric], "baseline": compared[metric]}
    right = evaluation.logits.argmax(axis=1) == evaluation.gold
    right_baseline = baseline.predicted == evaluation.gold
    won = int((right & ~right_baseline).sum())
    lost = int((~right & right_baseline).sum())
    if not compared["beaten"]:
        yield T(
            "The model ({metric} {model:.4f}) does not beat the simple baseline, TF-IDF and "
            "logistic regression ({baseline:.4f}), on the same rows. {verdict} Try: {tries}.",
            "模型（{metric} {model:.4f}）没有超过同样数据上的简单基线 TF-IDF + 逻辑回归"
            "（{baseline:.4f}）。{verdict}可以尝试：{tries}。",
            verdict=_LEVEL if _by_chance(won, lost) else _BEHIND,
            tries=_tries(training),
            **values,
        )
        return
    if _by_chance(won, lost):
        yield T(
            "The model ({metric} {model:.4f}) is ahead of the simple baseline ({baseline:.4f}), "
            "but on {rows} rows that may be chance: it alone was right {won} times, the baseline "
            "alone {lost} times.",
            "模型（{metric} {model:.4f}）领先简单基线（{baseline:.4f}），但在 {rows} 行上这可能只是"
            "偶然：只有模型答对 {won} 次，只有基线答对 {lost} 次。",
            rows=len(evaluation.gold),
            won=won,
            lost=lost,
            **values,
        )


def _by_chance(won: int, lost: int) -> bool:
    """McNemar's exact test on the rows where one of the two was right, at the 5 % level."""
    from scipy.stats import binomtest

    if won + lost == 0:
        return True
    return bool(binomtest(won, won + lost, 0.5).pvalue > 0.05)


def _tries(training: Training) -> Text:
    tries = []
    short = training.epochs is not None and training.epochs <= 1
    if short or training.still_improving is not False:
        tries.append(T("more epochs (--epochs)", "更多轮数（--epochs）"))
    tries.append(T("another learning rate (--lr)", "不同的学习率（--lr）"))
    if training.model in (None, "ernie-lab-mini"):
        tries.append(
            T(
                "a larger model (--model ernie-3.0-base-zh or m3e-small)",
                "更大的模型（--model ernie-3.0-base-zh 或 m3e-small）",
            )
        )
    tries.append(T("more training rows", "更多训练数据"))
    return _listed(tries)


def _about_missed_classes(evaluation: Evaluation, table: IntArray) -> Iterator[Text]:
    present = table.sum(axis=1) > 0
    missed = np.flatnonzero(present & (table.diagonal() == 0))
    if not len(missed):
        return
    names = ", ".join(_label(evaluation, int(i)) for i in missed[:_NAMED])
    yield T(
        "{n} classes were never recognised (recall 0): {names}{more}. They need more rows, or are "
        "the same as another class; --metric macro_f1 chooses weights that care for them.",
        "有 {n} 个类别从未被识别（召回率为 0）：{names}{more}。它们需要更多数据，或与其他类别"
        "难以区分；--metric macro_f1 会选择兼顾它们的权重。",
        n=len(missed),
        names=names,
        more=" …" if len(missed) > _NAMED else "",
    )


def _about_training(metrics: dict[str, float], training: Training) -> Iterator[Text]:
    own = (training.train_metrics or {}).get("accuracy")
    if own is not None and own - metrics["accuracy"] > _OVERFIT:
        yield T(
            "The model is right on {own:.1%} of its training rows but {here:.1%} here: it learns "
            "by heart. What helps: {tries}.",
            "模型在训练数据上的准确率为 {own:.1%}，这里只有 {here:.1%}：它在死记硬背。"
            "可以尝试：{tries}。",
            own=own,
            here=metrics["accuracy"],
            tries=_less_by_heart(training),
        )
    elif training.still_improving:
        yield T(
            "The last evaluation was the best one: more epochs may still help.",
            "最后一次评估是最好的：增加轮数可能仍有提高。",
        )


def _less_by_heart(training: Training) -> Text:
    tries = [T("more training rows", "更多训练数据")]
    if training.epochs is None or training.epochs > 1:
        tries.append(T("fewer epochs or --early-stopping 2", "减少轮数或 --early-stopping 2"))
    tries.append(T("a larger --weight-decay", "更大的 --weight-decay"))
    return _listed(tries)


def _listed(items: list[Text]) -> Text:
    return Text("; ".join(item.en for item in items), "；".join(item.zh for item in items))


def _about_balance(evaluation: Evaluation, training: Training) -> Iterator[Text]:
    counts = training.rows_by_label
    if counts is None or len(counts) < 2 or max(counts) <= _IMBALANCE * max(1, min(counts)):
        return
    yield T(
        "The classes are of very different size: {largest} has {most} training rows, {smallest} "
        "has {least}. Accuracy hides the small ones; look at macro F1 and use --metric macro_f1.",
        "类别大小相差悬殊：{largest} 有 {most} 行训练数据，{smallest} 只有 {least} 行。"
        "准确率会掩盖小类别；请看 macro F1，并使用 --metric macro_f1。",
        largest=_label(evaluation, int(np.argmax(counts))),
        smallest=_label(evaluation, int(np.argmin(counts))),
        most=max(counts),
        least=min(counts),
    )


def _about_size(evaluation: Evaluation, metrics: dict[str, float]) -> Iterator[Text]:
    rows = len(evaluation.gold)
    if rows >= _FEW_ROWS:
        return
    accuracy = metrics["accuracy"]
    # Agresti and Coull's interval, which stays sensible at 0 and 1.
    centre = (accuracy * rows + 2) / (rows + 4)
    margin = 2 * (centre * (1 - centre) / (rows + 4)) ** 0.5
    yield T(
        "Only {rows} rows were evaluated: the accuracy is uncertain by about ±{margin:.0%}.",
        "只评估了 {rows} 行：准确率的不确定性约为 ±{margin:.0%}。",
        rows=rows,
        margin=margin,
    )


def _label(evaluation: Evaluation, index: int) -> str:
    label = evaluation.labels[index]
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
