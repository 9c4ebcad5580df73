"""A number for each text, or for each pair of texts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import (
    Baseline,
    Evaluation,
    FileTable,
    MetricSpec,
    ModelOptions,
    TargetSpec,
    Training,
)
from paddle_lab.tasks.base import TaskBase
from paddle_lab.tasks.blocks import Block
from paddle_lab.tasks.codec import Codec, FloatArray, Windows
from paddle_lab.tasks.pair_columns import TEXT2
from paddle_lab.tasks.regress.checks import check, notices
from paddle_lab.tasks.regress.codec import Answer, RegressCodec, Scale, codec_from
from paddle_lab.tasks.regress.rows import ROLES, TARGET, read_rows, recognise
from paddle_lab.tasks.regress.scale import range_of, written
from paddle_lab.tasks.regress.trial import RegressTrial
from paddle_lab.text.bars import Bar

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.data.records import Records
    from paddle_lab.data.schema import Reading, Recognition, RowsRead
    from paddle_lab.models import Resolved


class Regress(TaskBase):
    """Scores: similarity from 0 to 5, stars from 1 to 5, any number."""

    name: Final = "regress"
    title: Final = T("a number for one text or two", "为一条或两条文本给出一个数字")
    metrics: Final = (
        MetricSpec("spearman", "number"),
        MetricSpec("pearson", "number"),
        MetricSpec("mae", "number", higher_is_better=False),
    )
    targets: Final = (TargetSpec("scores", "float32"),)
    roles: Final = ROLES
    target: Final = TARGET
    counted_title: Final = T("score", "分数")
    trial = RegressTrial()
    example_call: Final = '["质量很好，推荐！", "太差了"]'

    # -- rows -----------------------------------------------------------------------------------

    def rows(self, records: Records, reading: Reading) -> RowsRead:
        """Texts, or pairs of them, with a number each."""
        return read_rows(records, reading)

    def recognise(self, records: Records) -> Recognition | None:
        """Certain of numbers with fractions beside texts."""
        return recognise(records)

    def counted(self, target: Any) -> Sequence[str]:
        """The range that the number lies in."""
        return (range_of(float(target)),)

    def stratum(self, target: Any) -> Hashable:
        """The same range."""
        return range_of(float(target))

    def check(self, parts: Mapping[str, Dataset]) -> None:
        """Raise DataError when all scores are equal, or parts differ in their texts."""
        check(parts)

    def notices(self, parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
        """The scale, and what is odd about it."""
        return notices(parts, keys)

    # -- model ----------------------------------------------------------------------------------

    def advised(self, model: str) -> Mapping[str, Any]:
        """Rates and epochs that were compared on held-out rows."""
        return _ADVISED.get(model, {})

    def codec(self, tokenizer_json: str, max_len: int, train: Dataset, own: Any) -> RegressCodec:
        """The scale of the training rows."""
        return RegressCodec(tokenizer_json, max_len, Scale.of(train.targets), TEXT2 in train.given)

    def codec_from(
        self, tokenizer_json: str, max_len: int, content: Mapping[str, Any]
    ) -> RegressCodec:
        """From ``{"pair", "mean", "std", "low", "high"}``. Raises ValueError for anything else."""
        return codec_from(tokenizer_json, max_len, content)

    def model(self, resolved: Resolved, codec: Codec, options: ModelOptions) -> Any:
        """``ErnieForSequenceClassification`` with a new head of one output."""
        from paddle_lab.models import load_for_classification

        return load_for_classification(
            resolved, 1, dropout=options.dropout, random_init=options.random_init
        )

    def encode_targets(
        self, codec: Codec, windows: Windows, data: Dataset
    ) -> dict[str, FloatArray]:
        """The score of the row in deviations from the mean, for each window."""
        assert isinstance(codec, RegressCodec)
        return {"scores": codec.scale.normal(data.targets)[windows.owner].astype(np.float32)}

    def loss(self, model: Any, outputs: tuple[Any, ...], targets: Mapping[str, Any]) -> Any:
        """The square of the error, in deviations [windows]."""
        difference = outputs[0][:, 0] - targets["scores"]
        return difference * difference

    # -- report ---------------------------------------------------------------------------------

    def measure(self, evaluation: Evaluation) -> dict[str, float]:
        """Spearman, Pearson, the mean absolute error on the person's scale, and the ``loss``."""
        from paddle_lab.tasks.regress.report import Scored, measure

        return measure(Scored.of(evaluation))

    def baseline(self, train: Dataset, evaluation: Dataset, codec: Codec) -> Baseline | None:
        """Ridge regression on TF-IDF, and on the overlap of two texts."""
        from paddle_lab.tasks.regress.baseline import fit_baseline

        scores = np.asarray(train.targets, dtype=np.float64)
        return fit_baseline(list(train.given.values()), scores, list(evaluation.given.values()))

    def report(
        self,
        evaluation: Evaluation,
        metrics: Mapping[str, float],
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> list[Block]:
        """The blocks of the evaluation report."""
        from paddle_lab.tasks.regress.report import Scored, build_report

        return build_report(Scored.of(evaluation), metrics, baseline=baseline, training=training)

    def tables(self, evaluation: Evaluation) -> dict[str, FileTable]:
        """The answers to all rows, for the file beside the report."""
        from paddle_lab.tasks.regress.report import Scored, tables

        return tables(Scored.of(evaluation))

    # -- answers --------------------------------------------------------------------------------

    def beside(self, answer: Answer) -> dict[str, Any]:
        """The number."""
        return {"prediction": round(answer.score, 6)}

    def headings(self, top_k: int) -> list[Text]:
        """The number and its scale."""
        return [T("score", "分数"), T("scale", "尺度")]

    def cells(self, answer: Answer, top_k: int) -> list[Any]:
        """The answer in those columns; its bar is as long as its place on the scale."""
        scale = T("{low:g} to {high:g}", "{low:g} 到 {high:g}", low=answer.low, high=answer.high)
        place = (answer.score - answer.low) / ((answer.high - answer.low) or 1)
        return [Bar(written(answer.score, answer.low, answer.high), place), str(scale)]


#: Chosen on held-out rows by ``benchmarks/task_regress.py --choose``.
_ADVISED: Final[dict[str, Mapping[str, Any]]] = {"ernie-lab-mini": {"lr": 5e-4, "epochs": 2.0}}
