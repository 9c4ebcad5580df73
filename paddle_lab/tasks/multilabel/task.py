"""Any number of labels for each text: a sigmoid for each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from paddle_lab.data.dataset import class_order
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Recognition, RowsRead
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
from paddle_lab.tasks.base import TaskBase, characters
from paddle_lab.tasks.blocks import Block
from paddle_lab.tasks.codec import Codec, FloatArray, Windows
from paddle_lab.tasks.multilabel.checks import check, counts_of, notices, unusable
from paddle_lab.tasks.multilabel.codec import Answer, MultiLabelCodec, codec_from
from paddle_lab.tasks.multilabel.options import MultiLabelOptions
from paddle_lab.tasks.multilabel.rows import ROLES, TARGET, read_rows, recognise
from paddle_lab.tasks.multilabel.scored import Scored, indicators
from paddle_lab.tasks.multilabel.scores import macro_f1, micro_f1, subset_accuracy
from paddle_lab.tasks.multilabel.thresholds import choose_thresholds
from paddle_lab.tasks.multilabel.trial import MultiLabelTrial
from paddle_lab.text.bars import Bar, Lines, share_bar
from paddle_lab.text.short import shortened

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.models import Resolved

_SHOWN_CHARACTERS: Final = 60
#: Measured on one core: a character of the training rows in the regressions of one label.
_FIT_CHARACTER_S: Final = 3e-7


class MultiLabel(TaskBase):
    """Several labels, or none, for each text."""

    name: Final = "multilabel"
    title: Final = T("any number of labels for each text", "每条文本任意多个标签")
    metrics: Final = (MetricSpec("micro_f1"), MetricSpec("macro_f1"), MetricSpec("subset_accuracy"))
    targets: Final = (TargetSpec("labels", "float32"),)
    options: type | None = MultiLabelOptions
    trial = MultiLabelTrial()
    problem_type: str | None = "multi_label_classification"
    answer_columns: Sequence[str] = ("prediction", "probability")
    example_call: Final = '["屏幕清晰，就是送货太慢", "房间小，但服务很好"]'
    roles: Final = ROLES
    target: Final = TARGET
    counted_title: Final = T("label", "标签")
    classes: Text | None = T("labels", "标签")

    # -- rows -----------------------------------------------------------------------------------

    def rows(self, records: Records, reading: Reading) -> RowsRead:
        """Texts with their labels."""
        return read_rows(records, reading)

    def recognise(self, records: Records) -> Recognition | None:
        """Certain where rows surely have several labels."""
        return recognise(records)

    def counted(self, target: Any) -> Sequence[str]:
        """Its labels."""
        return list(target)

    def stratum(self, target: Any) -> Hashable:
        """The first label, and whether there are others."""
        return (target[0], len(target) > 1) if target else ()

    def unusable(self, train: Dataset, part: Dataset) -> list[int]:
        """Rows with a label that training does not know."""
        return unusable(train, part)

    def check(self, parts: Mapping[str, Dataset]) -> None:
        """Raise DataError when nothing can be learnt, or a part has labels of its own."""
        check(parts)

    def notices(self, parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
        """Contradictions, rare labels, rows of one label each."""
        return notices(parts, keys)

    # -- model ----------------------------------------------------------------------------------

    def advised(self, model: str) -> Mapping[str, Any]:
        """Several labels want a higher rate and more epochs than one does."""
        return _ADVISED.get(model, {})

    def codec(self, tokenizer_json: str, max_len: int, train: Dataset, own: Any) -> MultiLabelCodec:
        """The labels of the training rows, in the order of their index."""
        labels = class_order(counts_of(train.targets))
        codec = MultiLabelCodec(tokenizer_json, max_len, labels)
        fixed = own.threshold if isinstance(own, MultiLabelOptions) else None
        return codec if fixed is None else codec.with_thresholds([fixed] * len(labels))

    def codec_from(
        self, tokenizer_json: str, max_len: int, content: Mapping[str, Any]
    ) -> MultiLabelCodec:
        """From ``{"labels": [...], "thresholds": [...]}``. Raises ValueError for anything else."""
        return codec_from(tokenizer_json, max_len, content)

    def model(self, resolved: Resolved, codec: Codec, options: ModelOptions) -> Any:
        """``ErnieForSequenceClassification`` with a new head: one logit for each label."""
        from paddle_lab.models import load_for_classification

        labels = codec.to_json()["labels"]
        return load_for_classification(
            resolved, len(labels), dropout=options.dropout, random_init=options.random_init
        )

    def encode_targets(
        self, codec: Codec, windows: Windows, data: Dataset
    ) -> dict[str, FloatArray]:
        """1 for each label that holds, for each window of a row [windows, labels]."""
        gold = indicators(data.targets, codec.to_json()["labels"])
        return {"labels": gold[windows.owner].astype(np.float32)}

    def loss(self, model: Any, outputs: tuple[Any, ...], targets: Mapping[str, Any]) -> Any:
        """Binary cross-entropy, the mean over the labels [windows]."""
        from paddle.nn.functional import binary_cross_entropy_with_logits as of_labels

        losses = of_labels(outputs[0], targets["labels"], reduction="none")
        return losses.mean(axis=1)

    def learn(self, codec: Codec, model: Any, evaluation: Evaluation) -> Codec:
        """The codec with the thresholds that suit the dev rows, unless a person fixed one."""
        own = evaluation.options
        if isinstance(own, MultiLabelOptions) and own.threshold is not None:
            return codec
        scored = Scored.of(evaluation)
        chosen = choose_thresholds(scored.probabilities, scored.gold)
        assert isinstance(codec, MultiLabelCodec)
        return codec.with_thresholds(chosen.thresholds)

    # -- report ---------------------------------------------------------------------------------

    def measure(self, evaluation: Evaluation) -> dict[str, float]:
        """Micro and macro F1, the share of rows wholly right, the mean cross-entropy (``loss``).

        Macro F1 is the mean over the labels that have rows here, NaN where none has.
        """
        scored = Scored.of(evaluation)
        answers = (scored.gold, scored.predicted)
        return {
            "micro_f1": micro_f1(*answers),
            "macro_f1": macro_f1(*answers),
            "subset_accuracy": subset_accuracy(*answers),
            "loss": float(scored.losses.mean()) if len(scored.gold) else 0.0,
        }

    def baseline(self, train: Dataset, evaluation: Dataset, codec: Codec) -> Baseline | None:
        """TF-IDF and a logistic regression for each label, with a threshold of its own."""
        from paddle_lab.tasks.multilabel.baseline import fit_baseline

        labels = codec.to_json()["labels"]
        gold = indicators(train.targets, labels)
        return fit_baseline(train.texts, gold, evaluation.texts, labels)

    def report(
        self,
        evaluation: Evaluation,
        metrics: Mapping[str, float],
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> list[Block]:
        """The blocks of the evaluation report."""
        from paddle_lab.tasks.multilabel.report import build_report

        return build_report(Scored.of(evaluation), metrics, baseline=baseline, training=training)

    def tables(self, evaluation: Evaluation) -> dict[str, FileTable]:
        """Every mistake, label and confusion, for the files beside the report."""
        from paddle_lab.tasks.multilabel.tables import tables

        return tables(Scored.of(evaluation))

    def compare_seconds(self, train: Dataset, evaluation: Dataset) -> float:
        """Each label is a regression of its own, fitted twice."""
        labels = len({label for target in train.targets for label in target})
        fits = _FIT_CHARACTER_S * labels * characters(train)
        return fits + super().compare_seconds(train, evaluation)

    # -- answers --------------------------------------------------------------------------------

    def beside(self, answer: Answer) -> dict[str, Any]:
        """The labels that hold, and the probability of each."""
        chosen = [round(answer.probabilities[label], 6) for label in answer.labels]
        return {"prediction": answer.labels, "probability": chosen}

    def headings(self, top_k: int) -> list[Text]:
        """Labels with their probability, and the next ones."""
        first = [T("labels", "标签")]
        return [*first, T("next", "其次")] if top_k > 1 else first

    def cells(self, answer: Answer, top_k: int) -> list[Any]:
        """The answer in those columns."""
        shown = [_with_probability(answer, label) for label in answer.labels]
        rest = [label for label in answer.probabilities if label not in answer.labels]
        cells: list[Any] = [Lines(shown) if shown else str(T("(none)", "（无）"))]
        if top_k > 1:
            cells.append(Lines([_with_probability(answer, one) for one in rest[: top_k - 1]]))
        return cells


def _with_probability(answer: Answer, label: str) -> Bar:
    return share_bar(answer.probabilities[label], shortened(label, _SHOWN_CHARACTERS))


#: Chosen on held-out rows by ``benchmarks/task_multilabel.py --choose``.
_ADVISED: Final[dict[str, Mapping[str, Any]]] = {
    "m3e-small": {"lr": 3e-4, "epochs": 4.0},
    "ernie-lab-mini": {"lr": 1e-3, "epochs": 6.0},
}
