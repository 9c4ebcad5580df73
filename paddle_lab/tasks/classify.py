"""One label for each text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from paddle_lab.tasks.base import Evaluation, FloatArray, IntArray, Training

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from paddle_lab.models import Resolved
    from paddle_lab.tasks.baseline import Baseline


class Classify:
    """Text classification: one text in, one of the labels out."""

    name = "classify"

    def tokenizer(self, folder: Path | str, max_len: int) -> Tokenizer:
        """The tokenizer of the model in ``folder``, cutting at ``max_len`` tokens."""
        from paddle_lab.models import build_tokenizer

        tokenizer = build_tokenizer(folder)
        tokenizer.enable_truncation(max_length=max_len)
        return tokenizer

    def encode(self, tokenizer: Tokenizer, texts: Sequence[str]) -> list[IntArray]:
        """Token ids of each text, with the special tokens."""
        return [
            np.asarray(encoding.ids, dtype=np.int64)
            for encoding in tokenizer.encode_batch_fast(list(texts))
        ]

    def build_model(self, resolved: Resolved, labels: Sequence[str], **options: Any) -> Any:
        """``ErnieForSequenceClassification`` with a new head for ``labels``."""
        from paddle_lab.models import load_for_classification

        return load_for_classification(resolved, len(labels), **options)

    def metrics(self, logits: FloatArray, gold: IntArray) -> dict[str, float]:
        """Accuracy, macro F1, and the mean cross-entropy (``loss``).

        Macro F1 is the mean over the classes that occur in ``gold`` or in the predictions.
        """
        from sklearn.metrics import accuracy_score, f1_score

        predicted = logits.argmax(axis=1)
        return {
            "accuracy": float(accuracy_score(gold, predicted)),
            "macro_f1": float(f1_score(gold, predicted, average="macro", zero_division=0.0)),
            "loss": cross_entropy(logits, gold),
        }

    def baseline(
        self, texts: Sequence[str], gold: IntArray, eval_texts: Sequence[str]
    ) -> Baseline | None:
        """TF-IDF over characters and logistic regression, fitted on the same rows."""
        from paddle_lab.tasks.baseline import fit_baseline

        return fit_baseline(texts, gold, eval_texts)

    def report(
        self,
        evaluation: Evaluation,
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> dict[str, Any]:
        """The evaluation report, as ``schema.json`` has it (``Report``)."""
        from paddle_lab.tasks.report import build_report

        metrics = self.metrics(evaluation.logits, evaluation.gold)
        return build_report(evaluation, metrics, baseline=baseline, training=training)


def probabilities(logits: FloatArray) -> FloatArray:
    """Softmax of each row, computed in float64."""
    values = logits.astype(np.float64)
    values = np.exp(values - values.max(axis=1, keepdims=True))
    result: FloatArray = (values / values.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


def cross_entropy(logits: FloatArray, gold: IntArray) -> float:
    """Mean of minus the logarithm of the right class's probability."""
    values = logits.astype(np.float64)
    values = values - values.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(values).sum(axis=1))
    return float((log_sums - values[np.arange(len(gold)), gold]).mean())
