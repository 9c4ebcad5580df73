"""The report of pairs: verdict, figures, advice, all ways beside each other, worst mistakes.

Bounded as that of classification is: at most 30 classes and 20 mistakes, texts cut.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import Baseline, Evaluation, FileTable, Training
from paddle_lab.tasks.blocks import (
    FINE_TUNED,
    MISTAKES,
    Advice,
    Block,
    Cell,
    Column,
    Examples,
    Metric,
    Metrics,
    Table,
    Verdict,
)
from paddle_lab.tasks.label_report import classes_table, confusion, confusion_matrices
from paddle_lab.tasks.label_scored import Scored
from paddle_lab.tasks.label_tables import tables as label_tables
from paddle_lab.tasks.pair.advice import advise
from paddle_lab.tasks.pair.arms import Arm, Figures, figures_of
from paddle_lab.tasks.pair.scored import mistake, mistaken, scored_pairs
from paddle_lab.tasks.pair_columns import TEXT, TEXT2
from paddle_lab.tasks.verdict import margin, verdict
from paddle_lab.text.short import cut

MOST_MISTAKES: Final = 20
MOST_CHARACTERS: Final = 120
MOST_IN_FILE: Final = 10_000
_LABEL_CHARACTERS: Final = 24
_WHOLE: Final = 1_000_000


@dataclass(frozen=True)
class Way:
    """One way to answer: its name, its answers and figures, the seconds that it took beside."""

    name: Text | str
    arm: Arm
    figures: Figures
    seconds: float | None = None
    short: Text | str = ""

    def better_by(self, two_classes: bool) -> float:
        """The figure that ways are ordered by: AUC of two classes, else macro F1.

        Accuracy where that means nothing, since the rows are of one class.
        """
        figure = self.figures.auc if two_classes else self.figures.macro_f1
        return self.figures.accuracy if math.isnan(figure) else figure


def build_report(
    evaluation: Evaluation,
    metrics: Mapping[str, float],
    *,
    baseline: Baseline | None = None,
    training: Training | None = None,
) -> list[Block]:
    """The blocks of the report.

    The verdict is beside the best of the other ways, on the rows that were answered right.
    """
    training = training or Training("macro_f1")
    scored = scored_pairs(evaluation)
    if not len(scored.gold):
        nothing = T("There were no rows to evaluate.", "没有可供评估的数据。")
        return [_metrics(metrics, 0), Advice([nothing])]
    counts = confusion(scored)
    blocks: list[Block] = []
    ways = _ways(scored, [baseline, *training.alternatives])
    two = len(scored.labels) == 2
    said: Verdict | None = None
    if len(ways) > 1:
        rival = max(ways[1:], key=lambda way: way.better_by(two))
        right = ways[0].arm.predicted == scored.gold
        said = verdict(right, rival.arm.predicted == scored.gold, rival.short or rival.name)
        blocks.append(said)
    blocks.append(_metrics(metrics, len(scored.gold)))
    advice = advise(scored, metrics, counts, ways, said, training)
    if advice:
        blocks.append(Advice(advice))
    if len(ways) > 1:
        blocks.append(_beside(scored, ways))
    blocks.append(classes_table(scored, counts))
    blocks += confusion_matrices(scored, counts)
    worst = [mistake(evaluation, scored, int(row), MOST_CHARACTERS)
             for row in mistaken(scored, MOST_MISTAKES)]  # fmt: skip
    if worst:
        blocks.append(Examples(T("Worst mistakes", "最严重的错误"), worst, MISTAKES))
    return blocks


def tables(evaluation: Evaluation) -> dict[str, FileTable]:
    """``mistakes`` with both texts, ``classes`` and ``confusion``, each a heading and its rows."""
    scored = scored_pairs(evaluation)
    given = evaluation.data.given
    found = []
    for row in mistaken(scored, MOST_IN_FILE).tolist():
        item = mistake(evaluation, scored, row, _WHOLE)
        found.append((given[TEXT][row], given[TEXT2][row], item.expected, item.answered,
                      item.probability, item.line))  # fmt: skip
    heading = (TEXT, TEXT2, "label", "predicted", "probability", "line")
    return {**label_tables(scored), "mistakes": (heading, found)}


def _ways(scored: Scored, others: Sequence[Baseline | None]) -> list[Way]:
    """The trained model's first, then the others."""
    own = Arm(scored.predicted, scored.logits)
    found = [Way(FINE_TUNED, own, figures_of(scored.gold, own))]
    for one in others:
        if one is not None:
            figures = figures_of(scored.gold, one.answers)
            found.append(Way(one.name, one.answers, figures, one.seconds, one.called))
    return found


def _metrics(metrics: Mapping[str, float], rows: int) -> Metrics:
    return Metrics(
        [
            Metric(
                name,
                value,
                "number" if name in ("loss", "auc") else "percent",
                margin(value, rows) if name == "accuracy" else None,
            )
            for name, value in metrics.items()
        ]
    )


def _beside(scored: Scored, ways: Sequence[Way]) -> Table:
    """All ways on the same rows; one that gives a single answer is called that."""
    rows: list[list[Cell]] = []
    for way in ways:
        name: Text | str = way.name
        if way.figures.always is not None:
            label = cut(scored.labels[way.figures.always], _LABEL_CHARACTERS)
            name = T("{name} (always {label})", "{name}（始终为 {label}）", name=name, label=label)
        values = (way.figures.accuracy, way.figures.macro_f1, way.figures.auc)
        rows.append([name, *(round(value, 6) for value in values), way.seconds])
    return Table(
        T("Beside the baseline", "与基线对比"),
        [
            Column(T("model", "模型")),
            Column(T("accuracy", "准确率"), "percent"),
            Column(T("macro F1", "宏平均 F1"), "percent"),
            Column(T("AUC", "AUC"), "number"),
            Column(T("seconds", "秒"), "amount"),
        ],
        rows,
    )
