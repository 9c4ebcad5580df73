"""One label for each text."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.data.dataset import class_order
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
from paddle_lab.tasks.classify.codec import Answer, ClassifyCodec
from paddle_lab.tasks.classify.rows import ROLES, TARGET, read_rows, recognise
from paddle_lab.tasks.codec import Codec, IntArray, Windows
from paddle_lab.tasks.label_names import LabelNameOptions
from paddle_lab.tasks.label_scored import Scored, indices
from paddle_lab.tasks.labels import check_labels, label_notices, unknown_labels
from paddle_lab.tasks.scores import cross_entropy, macro_f1
from paddle_lab.text.short import shortened

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.data.records import Records
    from paddle_lab.data.schema import Reading, Recognition, RowsRead
    from paddle_lab.models import Resolved

_SHOWN_CHARACTERS: Final = 60
#: From ``benchmarks/classify_rates.py`` and ``benchmarks/task_news.py``.
_ADVISED: Final[Mapping[str, Mapping[str, Any]]] = {"m3e-small": {"lr": 2e-4}}


class Classify(TaskBase):
    """Text classification."""

    name: Final = "classify"
    title: Final = T("one label for each text", "每条文本一个标签")
    metrics: Final = (MetricSpec("accuracy"), MetricSpec("macro_f1"))
    targets: Final = (TargetSpec("labels"),)
    roles: Final = ROLES
    target: Final = TARGET
    counted_title: Final = T("class", "类别")
    options: type | None = LabelNameOptions
    example_call: Final = '["质量很好，推荐！", "太差了"]'

    def rows(self, records: Records, reading: Reading) -> RowsRead:
        """Texts with a label each."""
        return read_rows(records, reading)

    def recognise(self, records: Records) -> Recognition | None:
        """Any table with a column of texts and one that repeats."""
        return recognise(records)

    def counted(self, target: Any) -> Sequence[str]:
        """The class."""
        return (target,)

    def unusable(self, train: Dataset, part: Dataset) -> list[int]:
        """Rows of a class that training does not know."""
        return unknown_labels(train, part)

    def check(self, parts: Mapping[str, Dataset]) -> None:
        """Refuse one class only, a class for each row, and classes that training does not know."""
        check_labels(parts)

    def notices(self, parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
        """Contradictions, small and uneven classes, labels that look alike."""
        return label_notices(parts, keys)

    def advised(self, model: str) -> Mapping[str, Any]:
        """Short fine-tunings want a higher rate than the one of the model's card."""
        return _ADVISED.get(model, {})

    def codec(
        self, tokenizer_json: str, max_len: int, train: Dataset, own: Any = None
    ) -> ClassifyCodec:
        """The labels of the training rows, in the order of their index."""
        return ClassifyCodec(tokenizer_json, max_len, class_order(set(train.labels)))

    def codec_from(
        self, tokenizer_json: str, max_len: int, content: Mapping[str, Any]
    ) -> ClassifyCodec:
        """From ``{"labels": [...]}``: two or more different texts. Raises ValueError."""
        labels = content["labels"]
        texts = isinstance(labels, list) and all(isinstance(x, str) and x for x in labels)
        if not texts or len(labels) < 2 or len(set(labels)) != len(labels):
            raise ValueError("labels are not two or more different texts")
        return ClassifyCodec(tokenizer_json, max_len, labels)

    def model(self, resolved: Resolved, codec: Codec, options: ModelOptions) -> Any:
        """``ErnieForSequenceClassification`` with a new head for the labels."""
        from paddle_lab.models import load_for_classification

        labels = codec.to_json()["labels"]
        return load_for_classification(
            resolved, len(labels), dropout=options.dropout, random_init=options.random_init
        )

    def encode_targets(self, codec: Codec, windows: Windows, data: Dataset) -> dict[str, IntArray]:
        """The index of each row's label."""
        return {"labels": indices(data.labels, codec.to_json()["labels"])}

    def loss(self, model: Any, outputs: tuple[Any, ...], targets: Mapping[str, Any]) -> Any:
        """Cross-entropy [rows]."""
        from paddle.nn.functional import cross_entropy as of_rows

        return of_rows(outputs[0], targets["labels"], reduction="none").squeeze(-1)

    def measure(self, evaluation: Evaluation) -> dict[str, float]:
        """Accuracy, macro F1, and the mean cross-entropy (``loss``).

        Macro F1 is the mean over the classes that occur in the labels or in the predictions.
        """
        from sklearn.metrics import accuracy_score

        scored = Scored.of(evaluation)
        return {
            "accuracy": float(accuracy_score(scored.gold, scored.predicted)),
            "macro_f1": macro_f1(scored.gold, scored.predicted),
            "loss": cross_entropy(scored.logits, scored.gold),
        }

    def baseline(self, train: Dataset, evaluation: Dataset, codec: Codec) -> Baseline | None:
        """TF-IDF over characters and logistic regression, fitted on the same rows."""
        from paddle_lab.tasks.classify.baseline import fit_baseline

        gold = indices(train.labels, codec.to_json()["labels"])
        return fit_baseline(train.texts, gold, evaluation.texts)

    def report(
        self,
        evaluation: Evaluation,
        metrics: Mapping[str, float],
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> list[Block]:
        """The blocks of the evaluation report."""
        from paddle_lab.tasks.classify.report import build_report

        return build_report(Scored.of(evaluation), metrics, baseline=baseline, training=training)

    def tables(self, evaluation: Evaluation) -> dict[str, FileTable]:
        """Every mistake, class and count of the confusion, for the files beside the report."""
        from paddle_lab.tasks.label_tables import tables

        return tables(Scored.of(evaluation))

    def stratum(self, target: Any) -> Hashable:
        """The label."""
        return str(target)

    def headings(self, top_k: int) -> list[Text]:
        """Label, probability, and the next ones."""
        first = [T("label", "标签"), T("probability", "概率")]
        return [*first, T("next", "其次")] if top_k > 1 else first

    def cells(self, answer: Answer, top_k: int) -> list[str]:
        """The answer in those columns."""
        ranked = list(answer.probabilities.items())[1:top_k]
        cells = [_short(answer.label), f"{answer.probability:.4f}"]
        if top_k > 1:
            cells.append("  ".join(f"{_short(label)} {value:.4f}" for label, value in ranked))
        return cells


def _short(label: str) -> str:
    return shortened(label, _SHOWN_CHARACTERS)
