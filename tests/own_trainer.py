"""A person's own PaddleNLP Trainer, small enough for tests, and what it gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

SIZES: dict[str, Any] = {
    "vocab_size": 40,
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
    "pad_token_id": 0,
}


def rows(count: int = 32) -> list[dict[str, Any]]:
    """Rows of six tokens, with a label that the first of them tells."""
    random = np.random.default_rng(0)
    ids = random.integers(5, SIZES["vocab_size"], (count, 6))
    return [{"input_ids": row, "labels": int(row[0] > 20)} for row in ids]


def own_model(labels: int = 2, seed: int = 0) -> Any:
    """A tiny ERNIE with a head for sequences, the same for the same seed; with dropout."""
    import paddle
    from paddlenlp.transformers import ErnieConfig, ErnieForSequenceClassification

    paddle.seed(seed)
    return ErnieForSequenceClassification(ErnieConfig(**SIZES, num_labels=labels))


def own_trainer(output_dir: Path, callbacks: list[Any], **options: Any) -> Any:
    """The Trainer as people write it: train, evaluate every few steps, log every few steps."""
    import paddle
    from paddlenlp.trainer import Trainer, TrainingArguments

    settings: dict[str, Any] = {
        "max_steps": 7, "logging_steps": 3, "learning_rate": 1e-2, "report_to": [], "device": "cpu",
        "per_device_train_batch_size": 8, "disable_tqdm": True, "save_strategy": "no", **options,
    }  # fmt: skip
    return Trainer(
        model=own_model(),
        args=TrainingArguments(output_dir=str(output_dir), **settings),
        train_dataset=rows(),
        eval_dataset=rows(16),
        criterion=paddle.nn.CrossEntropyLoss(),
        compute_metrics=_accuracy,
        callbacks=callbacks,
    )


def _accuracy(given: Any) -> dict[str, float]:
    return {"accuracy": float((given.predictions.argmax(-1) == given.label_ids).mean())}


def without_times(logs: dict[str, Any]) -> dict[str, Any]:
    """Logs or metrics without what a clock says."""
    clocks = ("runtime", "per_second")
    return {name: value for name, value in logs.items() if not name.endswith(clocks)}


def weights_of(trainer: Any) -> dict[str, bytes]:
    """Every parameter, to the bit."""
    return {name: value.numpy().tobytes() for name, value in trainer.model.state_dict().items()}
