"""The report of question answering: verdict, figures, advice, tables, worst mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.answer.advice import advise
from paddle_lab.tasks.answer.kinds import KINDS, LENGTHS, OTHER, kind_of, length_class, length_name
from paddle_lab.tasks.answer.mistakes import worst
from paddle_lab.tasks.answer.scored import FloatArray, Scored, scores_of
from paddle_lab.tasks.answer.verdict import mean_margin, mean_verdict
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import (
    ANSWERS,
    FINE_TUNED,
    Advice,
    Block,
    Column,
    Examples,
    Metric,
    Metrics,
    Table,
)
from paddle_lab.tasks.verdict import margin

MOST_MISTAKES: Final = 20


def build_report(
    scored: Scored,
    metrics: Mapping[str, float],
    *,
    baseline: Baseline | None = None,
    training: Training | None = None,
) -> list[Block]:
    """The blocks of the report, the most important first."""
    training = training or Training("f1")
    blocks: list[Block] = []
    said, beside = None, None
    if baseline is not None and len(scored.f1):
        beside = scores_of(baseline.answers, scored.targets)
        said = mean_verdict(scored.f1, beside[0], baseline.called)
        blocks.append(said)
    blocks.append(_metrics(scored, metrics))
    advice = advise(scored, metrics, None if said is None else said.outcome, training)
    if advice:
        blocks.append(Advice(advice))
    if baseline is not None and beside is not None:
        blocks.append(_beside(metrics, baseline, *beside))
    if len(scored.f1):
        other = None if beside is None else beside[0]
        blocks += [_by_length(scored, other), _by_kind(scored, other)]
        found = worst(scored, MOST_MISTAKES)
        if found:
            title = T("Worst mistakes (in the context: right, missed, wrong)",
                      "最严重的错误（上下文中标出：正确、遗漏、错误）")  # fmt: skip
            blocks.append(Examples(title, found, ANSWERS))
    return blocks


def _metrics(scored: Scored, metrics: Mapping[str, float]) -> Metrics:
    margins = {"f1": mean_margin(scored.f1), "em": margin(metrics["em"], len(scored.f1))}
    return Metrics(
        [
            Metric(name, value, "percent", margins.get(name) if len(scored.f1) else None)
            for name, value in metrics.items()
        ]
    )


def _beside(
    metrics: Mapping[str, float], baseline: Baseline, f1: FloatArray, exact: npt.NDArray[np.bool_]
) -> Table:
    """The baseline's figures under the model's, on the same rows."""
    return Table(
        T("Beside the baseline", "与基线对比"),
        [
            Column(T("model", "模型")),
            Column(T("F1", "F1"), "percent"),
            Column(T("exact match", "完全匹配"), "percent"),
            Column(T("seconds", "秒"), "amount"),
        ],
        [
            [FINE_TUNED, metrics["f1"], metrics["em"], None],
            [baseline.name, float(f1.mean()), float(exact.mean()), baseline.seconds],
        ],
    )


def _by_length(scored: Scored, other: FloatArray | None) -> Table:
    """Figures by the length of the shortest right answer; rows without one by themselves."""
    sizes = [min((len(one["text"]) for one in target["answers"]), default=0)
             for target in scored.targets]  # fmt: skip
    classes = np.array([length_class(size) if size else -1 for size in sizes])
    names: list[tuple[int, str | Text]] = [(i, length_name(i)) for i in range(len(LENGTHS))]
    names.append((-1, T("no answer", "无答案")))
    return _divided(
        T("By length of the answer", "按答案长度"), T("characters", "字符数"), scored, other,
        [(name, classes == index) for index, name in names],
    )  # fmt: skip


def _by_kind(scored: Scored, other: FloatArray | None) -> Table:
    kinds = [kind_of(question).en for question in scored.questions]
    names = [name for name, _ in KINDS] + [OTHER]
    return _divided(
        T("By kind of question", "按问题类型"), T("asks for", "询问"), scored, other,
        [(name, np.array([kind == name.en for kind in kinds])) for name in names],
    )  # fmt: skip


def _divided(
    title: Text,
    heading: Text,
    scored: Scored,
    other: FloatArray | None,
    parts: Sequence[tuple[str | Text, npt.NDArray[np.bool_]]],
) -> Table:
    """A row of figures for each part that has rows."""
    columns = [
        Column(heading),
        Column(T("F1", "F1"), "percent"),
        Column(T("exact match", "完全匹配"), "percent"),
        Column(T("rows", "条数"), "count"),
    ]
    if other is not None:
        columns.insert(3, Column(T("F1 of the baseline", "基线 F1"), "percent"))
    rows: list[list[str | float | int | None]] = []
    for name, chosen in parts:
        if not chosen.any():
            continue
        shown = name if isinstance(name, str) else f"{name.en} / {name.zh}"
        row: list[str | float | int | None] = [
            shown,
            round(float(scored.f1[chosen].mean()), 6),
            round(float(scored.exact[chosen].mean()), 6),
            int(chosen.sum()),
        ]
        if other is not None:
            row.insert(3, round(float(other[chosen].mean()), 6))
        rows.append(row)
    return Table(title, columns, rows)
