"""The report of scores: verdict, figures, advice, errors as a histogram and along the scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import Baseline, Evaluation, FileTable, Training
from paddle_lab.tasks.blocks import (
    ANSWERS,
    FINE_TUNED,
    Advice,
    Block,
    Column,
    Examples,
    Histogram,
    Metric,
    Metrics,
    Outcome,
    Sample,
    Table,
)
from paddle_lab.tasks.label_advice import tries
from paddle_lab.tasks.pair_columns import TEXT, TEXT2
from paddle_lab.tasks.regress.codec import Numbers, RegressCodec, Scale
from paddle_lab.tasks.regress.scale import written
from paddle_lab.tasks.regress.scores import (
    compare,
    mean_absolute_error,
    pearson,
    spearman,
    verdict,
)
from paddle_lab.text.short import cut

MOST_MISTAKES: Final = 20
MOST_CHARACTERS: Final = 200
MOST_IN_FILE: Final = 10_000
BETWEEN: Final = " || "
_BINS: Final = 20
_PARTS: Final = 5
_FEW_ROWS: Final = 200
_OVERFIT: Final = 0.15
_NARROW: Final = 0.5


@dataclass(frozen=True)
class Scored:
    """Right and found scores [rows] on the person's scale."""

    evaluation: Evaluation
    gold: Numbers
    found: Numbers
    scale: Scale

    @classmethod
    def of(cls, evaluation: Evaluation) -> Scored:
        """The evaluation of a :class:`RegressCodec`."""
        codec = evaluation.codec
        assert isinstance(codec, RegressCodec)
        found, _ = codec.scores(evaluation.windows, evaluation.outputs)
        gold = np.asarray(evaluation.data.targets, dtype=np.float64)
        return cls(evaluation, gold, found, codec.scale)

    @property
    def constant(self) -> bool:
        """Whether the model gives (all but) the same number to all rows."""
        return len(self.found) > 1 and float(np.ptp(self.found)) <= 1e-6 * self.scale.std


def measure(scored: Scored) -> dict[str, float]:
    """Spearman, Pearson (both 0 where undefined), and the mean absolute error; ``loss`` is that of
    the training: the mean square of errors in deviations.
    """
    errors = (scored.found - scored.gold) / scored.scale.std
    flat = scored.constant
    return {
        "spearman": 0.0 if flat else spearman(scored.gold, scored.found),
        "pearson": 0.0 if flat else pearson(scored.gold, scored.found),
        "mae": mean_absolute_error(scored.gold, scored.found),
        "loss": float(np.square(errors).mean()) if len(errors) else 0.0,
    }


def build_report(
    scored: Scored,
    metrics: Mapping[str, float],
    *,
    baseline: Baseline | None = None,
    training: Training | None = None,
) -> list[Block]:
    """The blocks of the report."""
    training = training or Training("spearman")
    blocks: list[Block] = []
    margin, outcome = None, None
    if baseline is not None and len(scored.gold) > 1:
        compared = compare(scored.gold, scored.found, baseline.answers)
        errors = metrics["mae"], mean_absolute_error(scored.gold, baseline.answers)
        said = verdict(compared, baseline.called, errors)
        margin, outcome = compared.margin, said.outcome
        blocks.append(said)
    blocks.append(
        Metrics([Metric(name, value, "number", margin if name == "spearman" else None)
                 for name, value in metrics.items()])
    )  # fmt: skip
    advice = list(_advice(scored, metrics, outcome, training))
    if advice:
        blocks.append(Advice(advice))
    if not len(scored.gold):
        return blocks
    if baseline is not None:
        blocks.append(_beside(scored, metrics, baseline))
    blocks += [_errors(scored), _along(scored)]
    worst = [_sample(scored, int(row), MOST_CHARACTERS) for row in _worst(scored, MOST_MISTAKES)]
    if worst:
        blocks.append(Examples(T("Worst mistakes", "最严重的错误"), worst, ANSWERS))
    return blocks


def tables(scored: Scored) -> dict[str, FileTable]:
    """``answers`` of all rows, the worst first."""
    given = scored.evaluation.data.given
    lines = scored.evaluation.data.lines
    rows = [
        (*(given[role][row] for role in given), scored.gold[row],
         round(float(scored.found[row]), 6), lines[row])
        for row in np.argsort(-np.abs(scored.found - scored.gold), kind="stable")[:MOST_IN_FILE]
    ]  # fmt: skip
    return {"answers": ((*given, "score", "answered", "line"), rows)}


def _beside(scored: Scored, metrics: Mapping[str, float], baseline: Baseline) -> Table:
    other = baseline.answers
    figures = (spearman(scored.gold, other), pearson(scored.gold, other),
               mean_absolute_error(scored.gold, other))  # fmt: skip
    own = [round(metrics[name], 6) for name in ("spearman", "pearson", "mae")]
    return Table(
        T("Beside the baseline", "与基线对比"),
        [
            Column(T("model", "模型")),
            Column(T("Spearman", "斯皮尔曼相关系数"), "number"),
            Column(T("Pearson", "皮尔逊相关系数"), "number"),
            Column(T("mean absolute error", "平均绝对误差"), "number"),
            Column(T("seconds", "秒"), "amount"),
        ],
        [
            [FINE_TUNED, *own, None],
            [baseline.name, *(round(value, 6) for value in figures), baseline.seconds],
        ],
    )


def _errors(scored: Scored) -> Histogram:
    """How far answers are from the scores, below and above."""
    errors = scored.found - scored.gold
    reach = max(float(np.abs(errors).max()), 1e-9)
    counts, edges = np.histogram(errors, bins=_BINS, range=(-reach, reach))
    return Histogram(
        T("Errors (answer less score)", "误差（预测减去分数）"),
        [round(float(edge), 6) for edge in edges],
        [int(count) for count in counts],
        0.0,
        T("exact", "准确"),
    )


def _along(scored: Scored) -> Table:
    """Fifths of the rows by their score: where on the scale the model errs."""
    order = np.argsort(scored.gold, kind="stable")
    rows: list[list[str | float | int | None]] = []
    for part in np.array_split(order, min(_PARTS, len(order))):
        gold, found = scored.gold[part], scored.found[part]
        rows.append(
            [f"{gold.min():g} - {gold.max():g}", len(part), round(float(gold.mean()), 4),
             round(float(found.mean()), 4), round(mean_absolute_error(gold, found), 4)]
        )  # fmt: skip
    return Table(
        T("Along the scale", "沿分数尺度"),
        [
            Column(T("scores", "分数")),
            Column(T("rows", "条数"), "count"),
            Column(T("mean score", "平均分数"), "number"),
            Column(T("mean answer", "平均预测"), "number"),
            Column(T("mean absolute error", "平均绝对误差"), "number"),
        ],
        rows,
    )


def _worst(scored: Scored, most: int) -> Sequence[int]:
    errors = np.abs(scored.found - scored.gold)
    order = np.argsort(-errors, kind="stable")[:most]
    # Outputs are single precision: what differs by their rounding is no mistake.
    return [row for row in order.tolist() if errors[row] > 1e-5 * scored.scale.std]


def _sample(scored: Scored, row: int, characters: int) -> Sample:
    given = scored.evaluation.data.given
    roles = [role for role in (TEXT, TEXT2) if role in given]
    texts = [cut(given[role][row], characters // len(roles)) for role in roles]
    return Sample(
        BETWEEN.join(texts),
        f"{scored.gold[row]:g}",
        written(scored.found[row], scored.gold.min(), scored.gold.max()),
        None,
        scored.evaluation.data.lines[row],
        row=row,
    )


def _advice(
    scored: Scored, metrics: Mapping[str, float], outcome: Outcome | None, training: Training
) -> Iterator[Text]:
    """Remarks, the most important first."""
    if not len(scored.gold):
        yield T("There were no rows to evaluate.", "没有可供评估的数据。")
        return
    if scored.constant:
        yield T(
            "The model has collapsed: it gives {value:.4g} to every row, so that Spearman and "
            "Pearson are undefined and count as 0. Try another --lr, more epochs or rows.",
            "模型已经退化：对每一行都给出 {value:.4g}，斯皮尔曼和皮尔逊相关系数没有定义，按 0 计。"
            "请尝试其他 --lr、更多轮数或数据。",
            value=float(scored.found[0]),
        )
    elif len(np.unique(scored.gold)) < 2:
        yield T(
            "All evaluated rows have the same score: correlations are undefined and count as 0.",
            "所有评估数据的分数都相同：相关系数没有定义，按 0 计。",
        )
    elif np.std(scored.found) < _NARROW * np.std(scored.gold):
        yield T(
            "Answers spread less than half as much as the scores: their order may be right, but "
            "high scores are answered too low and low ones too high. More epochs help.",
            "预测的分散程度不到分数的一半：排序可能正确，但高分偏低、低分偏高。增加轮数会有帮助。",
        )
    if outcome in ("level", "worse"):
        yield T(
            "The simple baseline is not worse, and costs less. Try: {tries}.",
            "简单基线并不更差，而且代价更小。可以尝试：{tries}。",
            tries=tries(training),
        )
    own = (training.train_metrics or {}).get("spearman")
    if own is not None and own - metrics["spearman"] > _OVERFIT:
        yield T(
            "Spearman is {own:.3f} on training rows but {here:.3f} here: the model overfits. What "
            "helps: more training rows; fewer epochs or --early-stopping 2; a larger "
            "--weight-decay.",
            "训练数据上的斯皮尔曼相关系数为 {own:.3f}，这里只有 {here:.3f}：出现过拟合。可以尝试："
            "更多训练数据；减少轮数或 --early-stopping 2；更大的 --weight-decay。",
            own=own,
            here=metrics["spearman"],
        )
    elif training.still_improving:
        yield T(
            "The last evaluation was the best one: more epochs may still help.",
            "最后一次评估是最好的：增加轮数可能仍有提高。",
        )
    if len(scored.gold) < _FEW_ROWS:
        yield T(
            "Only {rows} rows were evaluated: mind the interval of the figures.",
            "只评估了 {rows} 行：请注意指标的区间。",
            rows=len(scored.gold),
        )
