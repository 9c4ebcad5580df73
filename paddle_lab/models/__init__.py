"""Models by name: what is offered, where it is, and loading it safely."""

from __future__ import annotations

from paddle_lab.models.catalog import CARDS, ModelCard, Recommended, known_names
from paddle_lab.models.load import load_for_classification, load_with_head
from paddle_lab.models.resolve import Resolved, resolve_model
from paddle_lab.models.tokenizer import build_tokenizer

__all__ = [
    "CARDS",
    "ModelCard",
    "Recommended",
    "Resolved",
    "build_tokenizer",
    "known_names",
    "load_for_classification",
    "load_with_head",
    "resolve_model",
]
