"""Small encoders with every head, one batch for them, and their gradients by either kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import paddle

from paddle_lab.cpu import FastCpu

TEXTS, LENGTH, VOCABULARY = 5, 13, 120
Arrays = dict[str, np.ndarray]


def build(kind: str = "ErnieForSequenceClassification", **options: Any) -> Any:
    """A model of PaddleNLP in training mode; ``options`` go to its configuration."""
    from paddlenlp import transformers

    paddle.seed(7)
    settings = {
        **{"vocab_size": VOCABULARY, "hidden_size": 32, "num_hidden_layers": 2},
        **{"num_attention_heads": 4, "intermediate_size": 48, "max_position_embeddings": 64},
        **{"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "num_labels": 3},
        **options,
    }
    family = "Bert" if kind.startswith("Bert") else "Ernie"
    model = getattr(transformers, kind)(getattr(transformers, f"{family}Config")(**settings))
    for parameter in model.parameters():  # biases and norms start at 0 and 1: hide no mistake
        noise = np.random.default_rng(parameter.size).normal(0, 0.1, parameter.shape)
        parameter.set_value(parameter + paddle.to_tensor(noise.astype("float32")))
    model.train()
    return model


def batch(length: int = LENGTH) -> Any:
    ids = np.random.default_rng(3).integers(1, VOCABULARY, (TEXTS, length))
    ids[1, length // 2 :] = 0
    return paddle.to_tensor(ids)


def loss_of(model: Any, **inputs: Any) -> Any:
    inputs = inputs or {"input_ids": batch()}
    outputs = model(**inputs)
    loss = paddle.zeros([])
    for output in outputs if isinstance(outputs, tuple) else (outputs,):
        weights = np.random.default_rng(11).normal(size=output.shape).astype("float32")
        loss = loss + (output * paddle.to_tensor(weights)).sum() / TEXTS
    return loss


def gradients(model: Any, **inputs: Any) -> tuple[float, Arrays]:
    loss = loss_of(model, **inputs)
    loss.backward()
    found = {n: p.grad.numpy().copy() for n, p in model.named_parameters() if p.grad is not None}
    model.clear_gradients()
    return float(loss), found


def fast(model: Any, seed: int = 1, step: Callable[[], int] = lambda: 0, **options: Any) -> FastCpu:
    return FastCpu(model, seed=seed, step_of=step, **options)


def assert_close(plain: Arrays, quick: Arrays, tolerance: float = 1e-5) -> None:
    assert plain.keys() == quick.keys()
    # A key's bias cancels in the softmax: its gradient is rounding noise of the others' size.
    size = max(np.abs(gradient).max() for gradient in plain.values())
    for name, gradient in plain.items():
        scale = max(np.abs(gradient).max(), 0.01 * size)
        assert np.abs(gradient - quick[name]).max() <= tolerance * scale, name
