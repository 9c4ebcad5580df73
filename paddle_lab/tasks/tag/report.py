"""The report of a tagging: verdict, figures, advice, types, rows with most mistakes.

A report goes into the saved notebook, so it is bounded: at most 30 types, those with most mistakes,
20 rows, short texts. The files beside it hold everything (:mod:`paddle_lab.tasks.tag.tables`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from paddle_lab.i18n import T
from paddle_lab.tasks.api import Baseline, Training
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
)
from paddle_lab.tasks.f1 import f1_margin, f1_verdict
from paddle_lab.tasks.tag.advice import advise
from paddle_lab.tasks.tag.baseline import Arms
from paddle_lab.tasks.tag.examples import sample_of, worst_rows
from paddle_lab.tasks.tag.fitting import Fit
from paddle_lab.tasks.tag.scored import Scored
from paddle_lab.tasks.tag.scores import Score, counts, score_spans
from paddle_lab.tasks.tag.spans import Span
from paddle_lab.text.short import cut

MOST_TYPES: Final = 30
MOST_ROWS: Final = 20
_LABEL_CHARACTERS: Final = 40


def build_report(
    scored: Scored,
    metrics: Mapping[str, float],
    *,
    baseline: Baseline | None = None,
    training: Training | None = None,
    fit: Fit | None = None,
) -> list[Block]:
    """The blocks of the report; ``fit`` says how the training spans fit the tokens."""
    training = training or Training("f1")
    own = scored.counts()
    _, by_type = scored.score()
    blocks: list[Block] = []
    outcome = None
    if baseline is not None and len(own):
        said = f1_verdict(own, counts(scored.gold, baseline.answers.crf), baseline.called)
        outcome = said.outcome
        blocks.append(said)
    blocks.append(_metrics(metrics, f1_margin(own)))
    advice = advise(scored, metrics, by_type, outcome, training, fit)
    if advice:
        blocks.append(Advice(advice))
    if baseline is not None:
        blocks.append(_beside(scored, metrics, baseline))
    blocks.append(_types(by_type, scored))
    worst = [sample_of(scored, row) for row, _ in worst_rows(scored, MOST_ROWS)]
    if worst:
        blocks.append(Examples(T("Rows with most mistakes", "错误最多的行"), worst, MISTAKES))
    return blocks


def _metrics(metrics: Mapping[str, float], half: float) -> Metrics:
    return Metrics(
        [
            Metric(name, value, "percent", half if name == "f1" else None)
            for name, value in metrics.items()
        ]
    )


def _beside(scored: Scored, metrics: Mapping[str, float], baseline: Baseline) -> Table:
    """The figures of both baselines under the model's, on the same rows."""
    arms: Arms = baseline.answers
    mentions = T("training mentions, longest match", "训练片段最长匹配")
    rows: list[list[Cell]] = [
        [FINE_TUNED, *(metrics[name] for name in ("f1", "precision", "recall")), None]
    ]
    for name, answers, seconds in (
        (baseline.name, arms.crf, baseline.seconds),
        (mentions, arms.mentions, arms.mention_seconds),
    ):
        score = _score(scored, answers)
        rows.append([name, score.f1, score.precision, score.recall, seconds])
    return Table(
        T("Beside the baselines", "与基线对比"),
        [
            Column(T("model", "模型")),
            Column(T("F1", "F1"), "percent"),
            Column(T("precision", "精确率"), "percent"),
            Column(T("recall", "召回率"), "percent"),
            Column(T("seconds", "秒"), "amount"),
        ],
        rows,
    )


def _score(scored: Scored, found: Sequence[Sequence[Span]]) -> Score:
    return score_spans(scored.texts, scored.gold, found, scored.types)[0]


def _types(by_type: Mapping[str, Score], scored: Scored) -> Table:
    mistakes = dict.fromkeys(by_type, 0)
    for gold, found in zip(scored.gold, scored.found, strict=True):
        for span in set(gold) ^ set(found):
            mistakes[span.label] = mistakes.get(span.label, 0) + 1
    shown = sorted(by_type, key=lambda label: -mistakes[label])[:MOST_TYPES]
    rows: list[list[Cell]] = [
        [
            cut(label, _LABEL_CHARACTERS),
            *score.figures(),
            score.spans,
        ]
        for label, score in by_type.items()
        if label in shown
    ]
    return Table(
        T("Types", "各类型"),
        [
            Column(T("type", "类型")),
            Column(T("precision", "精确率"), "percent"),
            Column(T("recall", "召回率"), "percent"),
            Column(T("F1", "F1"), "percent"),
            Column(T("spans", "片段数"), "count"),
        ],
        rows,
        more=len(by_type) - len(rows),
    )
