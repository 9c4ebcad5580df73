"""Fine-tuning with PaddleNLP's Trainer: the only package that imports it, inside functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paddle_lab.training.trained import load_trained

__all__ = ["load_trained"]


def __getattr__(name: str) -> Any:
    if name != "load_trained":
        raise AttributeError(f"module 'paddle_lab.training' has no attribute {name!r}")
    from paddle_lab.training.trained import load_trained

    return load_trained
