"""One label for each text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import (
    Baseline,
    Evaluation,
    FileTable,
    MetricSpec,
    Training,
)
from paddle_lab.tasks.blocks import Block
from paddle_lab.tasks.classify.codec import ClassifyCodec
from paddle_lab.tasks.classify.rows import ROLES, TARGET, read_rows, recognise
from paddle_lab.tasks.codec import Codec
from paddle_lab.tasks.label_names import LabelNameOptions
from paddle_lab.tasks.label_scored import Scored, indices
from paddle_lab.tasks.label_task import LabelTask
from paddle_lab.tasks.labels import label_notices
from paddle_lab.tasks.scores import cross_entropy, macro_f1

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.data.records import Records
    from paddle_lab.data.schema import Reading, Recognition, RowsRead

_SHOWN_CHARACTERS: Final = 60
#: From ``benchmarks/classify_rates.py`` and ``benchmarks/task_news.py``.
_ADVISED: Final[Mapping[str, Mapping[str, Any]]] = {"m3e-small": {"lr": 2e-4}}


class Classify(LabelTask):
    """Text classification."""

    name: Final = "classify"
    title: Final = T("one label for each text", "每条文本一个标签")
    metrics: Final = (MetricSpec("accuracy"), MetricSpec("macro_f1"))
    roles: Final = ROLES
    target: Final = TARGET
    options: type | None = LabelNameOptions
    soft_target: str | None = "labels"
    example_call: Final = '["质量很好，推荐！", "太差了"]'

    def rows(self, records: Records, reading: Reading) -> RowsRead:
        """Texts with a label each."""
        return read_rows(records, reading)

    def recognise(self, records: Records) -> Recognition | None:
        """Any table with a column of texts and one that repeats."""
        return recognise(records)

    def notices(self, parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
        """Contradictions, small and uneven classes, labels that look alike."""
        return label_notices(parts, keys)

    def advised(self, model: str) -> Mapping[str, Any]:
        """Short fine-tunings want a higher rate than the one of the model's card."""
        return _ADVISED.get(model, {})

    def with_labels(
        self, tokenizer_json: str, max_len: int, labels: Sequence[str]
    ) -> ClassifyCodec:
        """A text, and its label."""
        return ClassifyCodec(tokenizer_json, max_len, labels)

    def measure(self, evaluation: Evaluation) -> dict[str, float]:
        """Accuracy, macro F1, and the mean cross-entropy (``loss``).

        Macro F1 is the mean over the classes that have rows here, NaN where only one has.
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

    def features(self, data: Dataset) -> Any:
        """TF-IDF over characters, as the baseline's."""
        from paddle_lab.tasks.tfidf import cut_texts, vectorizer

        vectors = vectorizer(len(data), len(set(data.labels)))
        try:
            return vectors.fit_transform(cut_texts(data.texts))
        except ValueError:  # an empty vocabulary: nothing but white space
            return None

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
