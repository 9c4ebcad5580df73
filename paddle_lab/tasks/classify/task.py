"""One label for each text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from paddle_lab.tasks.api import (
    Baseline,
    Evaluation,
    FileTable,
    FloatArray,
    IntArray,
    Training,
)
from paddle_lab.tasks.blocks import Block
from paddle_lab.tasks.classify.scores import cross_entropy, macro_f1

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from paddle_lab.models import Resolved


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
        from sklearn.metrics import accuracy_score

        predicted = logits.argmax(axis=1)
        return {
            "accuracy": float(accuracy_score(gold, predicted)),
            "macro_f1": macro_f1(gold, predicted),
            "loss": cross_entropy(logits, gold),
        }

    def baseline(
        self, texts: Sequence[str], gold: IntArray, eval_texts: Sequence[str]
    ) -> Baseline | None:
        """TF-IDF over characters and logistic regression, fitted on the same rows."""
        from paddle_lab.tasks.classify.baseline import fit_baseline

        return fit_baseline(texts, gold, eval_texts)

    def report(
        self,
        evaluation: Evaluation,
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> list[Block]:
        """The blocks of the evaluation report."""
        from paddle_lab.tasks.classify.report import build_report

        metrics = self.metrics(evaluation.logits, evaluation.gold)
        return build_report(evaluation, metrics, baseline=baseline, training=training)

    def tables(self, evaluation: Evaluation) -> dict[str, FileTable]:
        """Every mistake, class and count of the confusion, for the files beside the report."""
        from paddle_lab.tasks.classify.tables import tables

        return tables(evaluation)
