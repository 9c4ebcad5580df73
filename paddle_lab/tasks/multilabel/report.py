"""The report: verdict, figures, advice, thresholds, labels, levels, confusions, worst mistakes.

A report goes into the saved notebook, so it is bounded: at most 30 labels, 20 confusions and 20
mistakes, short texts. The files beside it hold everything
(:mod:`paddle_lab.tasks.multilabel.tables`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from paddle_lab.i18n import T
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import (
    FINE_TUNED,
    MISTAKES,
    Advice,
    Block,
    Column,
    Examples,
    Metric,
    Metrics,
    Sample,
    Table,
)
from paddle_lab.tasks.f1 import f1_margin, f1_verdict
from paddle_lab.tasks.levels import has_levels, levels
from paddle_lab.tasks.multilabel.advice import advise
from paddle_lab.tasks.multilabel.codec import HALF
from paddle_lab.tasks.multilabel.scored import Scored
from paddle_lab.tasks.multilabel.scores import (
    by_label,
    counts,
    macro_f1,
    micro_f1,
    subset_accuracy,
)
from paddle_lab.tasks.verdict import margin
from paddle_lab.text.short import cut

MOST_LABELS: Final = 30
MOST_CONFUSIONS: Final = 20
MOST_MISTAKES: Final = 20
MOST_CHARACTERS: Final = 200
_LABEL_CHARACTERS: Final = 40
_ANSWER_CHARACTERS: Final = 160

LabelScore = tuple[str, float | None, float | None, float | None, int, int, float]


def build_report(
    scored: Scored,
    metrics: Mapping[str, float],
    *,
    baseline: Baseline | None = None,
    training: Training | None = None,
) -> list[Block]:
    """The blocks of the report."""
    rows = len(scored.gold)
    own = counts(scored.gold, scored.predicted)
    blocks: list[Block] = []
    said = None
    if baseline is not None and rows:
        said = f1_verdict(own, counts(scored.gold, baseline.answers), baseline.called)
        blocks.append(said)
    margins = {"micro_f1": f1_margin(own) if rows else None,
               "subset_accuracy": margin(metrics["subset_accuracy"], rows)}  # fmt: skip
    blocks.append(
        Metrics([
            Metric(name, value, "number" if name == "loss" else "percent", margins.get(name))
            for name, value in metrics.items()
        ])
    )  # fmt: skip
    outcome = None if said is None else said.outcome
    advice = advise(scored, metrics, outcome, training or Training("micro_f1"))
    if advice:
        blocks.append(Advice(advice))
    if baseline is not None:
        blocks.append(_beside(scored, metrics, baseline))
    if rows:
        blocks += [_worth(scored), _labels(scored), *_levels(scored), *_confusions(scored)]
    worst = mistakes(scored, MOST_MISTAKES)
    if worst:
        title = T("Worst mistakes (+ wrong, − missed, with their probability)",
                  "最严重的错误（+ 多给，− 漏掉，附概率）")  # fmt: skip
        blocks.append(Examples(title, [_brief(item) for item in worst], MISTAKES))
    return blocks


def _beside(scored: Scored, metrics: Mapping[str, float], baseline: Baseline) -> Table:
    """The baseline's figures under the model's, on the same rows."""
    gold, answers = scored.gold, baseline.answers
    own = [round(metrics[name], 6) for name in ("micro_f1", "macro_f1", "subset_accuracy")]
    other = [round(score(gold, answers), 6) for score in (micro_f1, macro_f1, subset_accuracy)]
    return Table(
        T("Beside the baseline", "与基线对比"),
        [
            Column(T("model", "模型")),
            Column(T("micro F1", "微平均 F1"), "percent"),
            Column(T("macro F1", "宏平均 F1"), "percent"),
            Column(T("rows wholly right", "整行正确"), "percent"),
            Column(T("seconds", "秒"), "amount"),
        ],
        [[FINE_TUNED, *own, None], [baseline.name, *other, baseline.seconds]],
    )


def _worth(scored: Scored) -> Table:
    """Micro F1 with the thresholds that were chosen on dev, and at 0.5 where that is another."""
    limits = sorted(set(scored.thresholds))
    chosen = f"{limits[0]:g}" if len(limits) == 1 else f"{limits[0]:g} – {limits[-1]:g}"
    arms = [(chosen, scored.predicted)]
    if limits != [HALF]:
        arms.append((f"{HALF:g}", scored.probabilities >= HALF))
    return Table(
        T("What the threshold is worth here (it was chosen on dev)",
          "阈值带来的差别（阈值在 dev 上选择）"),
        [
            Column(T("threshold", "阈值")),
            Column(T("micro F1", "微平均 F1"), "percent"),
            Column(T("macro F1", "宏平均 F1"), "percent"),
            Column(T("labels a row", "每行标签数"), "amount"),
        ],
        [
            [shown, round(micro_f1(scored.gold, answers), 6),
             round(macro_f1(scored.gold, answers), 6), round(float(answers.sum(axis=1).mean()), 2)]
            for shown, answers in arms
        ],
    )  # fmt: skip


def label_scores(scored: Scored) -> list[LabelScore]:
    """Label, precision, recall, F1, rows, rows given it, threshold.

    Figures are 0 where undefined, None for a label without rows, of which nothing is known.
    """
    columns = by_label(scored.gold, scored.predicted)
    given = scored.predicted.sum(axis=0)
    return [
        (label, *(round(float(value), 4) if values[3] else None for value in values[:3]),
         int(values[3]), int(given[index]), float(scored.thresholds[index]))
        for index, (label, *values) in enumerate(zip(scored.labels, *columns, strict=True))
    ]  # fmt: skip


def _labels(scored: Scored) -> Table:
    """The labels that take part in most mistakes, in the order of their rows."""
    wrong = (scored.gold != scored.predicted).sum(axis=0)
    shown = np.argsort(-wrong, kind="stable")[:MOST_LABELS].tolist()
    scores = label_scores(scored)
    listed = sorted((scores[index] for index in shown), key=lambda row: (-row[4], row[0]))
    return Table(
        T("Labels", "各标签"),
        [
            Column(T("label", "标签")),
            Column(T("precision", "精确率"), "percent"),
            Column(T("recall", "召回率"), "percent"),
            Column(T("F1", "F1"), "percent"),
            Column(T("rows", "条数"), "count"),
            Column(T("given", "给出"), "count"),
            Column(T("threshold", "阈值"), "number"),
        ],
        [[cut(label, _LABEL_CHARACTERS), *values] for label, *values in listed],
        more=len(scores) - len(listed),
    )


def _levels(scored: Scored) -> list[Block]:
    """Micro and macro F1 of each level, where labels stand under others."""
    if not has_levels(scored.labels):
        return []
    of = levels(scored.labels)
    rows: list[Sequence[str | float | int | None]] = []
    for level in range(1, int(of.max()) + 1):
        gold, given = scored.gold[:, of == level], scored.predicted[:, of == level]
        rows.append([level, int((of == level).sum()), round(micro_f1(gold, given), 6),
                     round(macro_f1(gold, given), 6), int(gold.sum())])  # fmt: skip
    return [
        Table(
            T("Levels", "各层级"),
            [
                Column(T("level", "层级"), "count"),
                Column(T("labels", "标签数"), "count"),
                Column(T("micro F1", "微平均 F1"), "percent"),
                Column(T("macro F1", "宏平均 F1"), "percent"),
                Column(T("labels of rows", "标签次数"), "count"),
            ],
            rows,
        )
    ]


def confusions(scored: Scored) -> list[tuple[str, str, int]]:
    """Which label was missed where which was given wrongly, and in how many rows, most first.

    "" where none was given wrongly in place of a missed label, or none was missed.
    """
    missed = scored.gold & ~scored.predicted
    wrong = ~scored.gold & scored.predicted
    together = missed.T.astype(np.int64) @ wrong.astype(np.int64)
    alone = (missed & ~wrong.any(axis=1, keepdims=True)).sum(axis=0)
    extra = (wrong & ~missed.any(axis=1, keepdims=True)).sum(axis=0)
    names = scored.labels
    found = [(names[i], names[j], int(together[i, j])) for i, j in np.argwhere(together).tolist()]
    found += [(names[i], "", int(alone[i])) for i in np.flatnonzero(alone).tolist()]
    found += [("", names[j], int(extra[j])) for j in np.flatnonzero(extra).tolist()]
    return sorted(found, key=lambda item: (-item[2], item[0], item[1]))


def _confusions(scored: Scored) -> list[Block]:
    found = confusions(scored)
    if not found:
        return []
    return [
        Table(
            T(
                "Labels missed, and what was given in the same row",
                "漏掉的标签，以及同一行多给的标签",
            ),
            [
                Column(T("missed", "漏掉")),
                Column(T("given wrongly", "多给")),
                Column(T("rows", "条数"), "count"),
            ],
            [
                [cut(missed, _LABEL_CHARACTERS) or None, cut(wrong, _LABEL_CHARACTERS) or None, n]
                for missed, wrong, n in found[:MOST_CONFUSIONS]
            ],
            more=len(found[MOST_CONFUSIONS:]),
        )
    ]


def mistakes(scored: Scored, most: int | None = None) -> list[Sample]:
    """Rows with a label missed or wrong, the dearest to the loss first, with their whole text."""
    wrong = np.flatnonzero((scored.gold != scored.predicted).any(axis=1))
    order = wrong[np.argsort(-scored.losses[wrong], kind="stable")][:most]
    return [
        Sample(
            scored.texts[row],
            ", ".join(scored.labels[i] for i in np.flatnonzero(scored.gold[row])) or "-",
            _answered(scored, row),
            None,
            scored.lines[row],
            row=row,
        )
        for row in order.tolist()
    ]


def _answered(scored: Scored, row: int) -> str:
    """The labels that were right, then the wrong and the missed ones with their probability."""
    gold, given, chances = scored.gold[row], scored.predicted[row], scored.probabilities[row]
    right = [scored.labels[i] for i in np.flatnonzero(gold & given)]
    wrong = [f"+{scored.labels[i]} {chances[i]:.2f}" for i in np.flatnonzero(given & ~gold)]
    missed = [f"−{scored.labels[i]} {chances[i]:.2f}" for i in np.flatnonzero(gold & ~given)]
    return ", ".join([*right, *wrong, *missed])


def _brief(mistake: Sample) -> Sample:
    return Sample(
        cut(mistake.text, MOST_CHARACTERS),
        cut(mistake.expected or "", _ANSWER_CHARACTERS),
        cut(mistake.answered or "", _ANSWER_CHARACTERS),
        None,
        mistake.line,
        row=mistake.row,
    )
