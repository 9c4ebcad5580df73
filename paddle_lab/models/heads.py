"""Classifiers that checkpoints hold beside their encoder, with the names of their classes.

Kept are those that read the pooled first token through one linear layer, as BERT's, ERNIE's and
ALBERT's do: what they give is what a run's own classifier gives with the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from paddle_lab.models.arrays import Weights
from paddle_lab.models.config import CONFIG_FILE, config_file_in
from paddle_lab.models.safe_weights import read_weights
from paddle_lab.untrusted import UnusableFile, read_object

#: In our copies of models: the file with the classifier, and what config.json says of it.
HEAD_FILE: Final = "head.safetensors"
HEAD_KEY: Final = "classifier"
ONE_LABEL: Final = "single_label_classification"
SEVERAL_LABELS: Final = "multi_label_classification"
_PROBLEMS: Final = (ONE_LABEL, SEVERAL_LABELS)
_WEIGHT, _BIAS = "classifier.weight", "classifier.bias"
_KIND: Final = re.compile(r"(bert|ernie|albert)forsequenceclassification", re.IGNORECASE)
_UNNAMED: Final = re.compile(r"LABEL_\d+")
_LONGEST_LABEL: Final = 200


@dataclass(frozen=True)
class Classifier:
    """A classifier as Paddle has it: ``weight`` [hidden, labels] and ``bias`` [labels], float32.

    ``labels`` are its classes in the order of its outputs; ``problem`` is what one text has of
    them, by transformers' names: one label, or several.
    """

    labels: tuple[str, ...]
    problem: str
    weight: Any
    bias: Any

    def facts(self) -> dict[str, Any]:
        """What our config.json keeps of it."""
        return {"labels": list(self.labels), "problem": self.problem}

    def arrays(self) -> Weights:
        """Its parameters, by Paddle's names."""
        return {_WEIGHT: self.weight, _BIAS: self.bias}

    def ordered(self, labels: list[str]) -> Weights:
        """Its parameters for the same labels in another order."""
        order = [self.labels.index(label) for label in labels]
        return {
            _WEIGHT: np.ascontiguousarray(self.weight[:, order]),
            _BIAS: np.ascontiguousarray(self.bias[order]),
        }


def classifier_of(weights: Weights, source: Path, hidden: int) -> Classifier | None:
    """The classifier in the weights of a model folder; None where there is none that is kept.

    ``hidden`` is the width of its encoder.
    """
    weight, bias = weights.get(_WEIGHT), weights.get(_BIAS)
    said = _said(source)
    pooled = any(re.search(r"(^|\.)pooler(\.dense)?\.weight$", name) for name in weights)
    if weight is None or bias is None or not pooled or not _KIND.fullmatch(_kind(said)):
        return None
    from_pytorch = any(".attention.self.query." in n or "albert_layers" in n for n in weights)
    turned = weight.T if from_pytorch else weight
    count = bias.shape[0] if bias.ndim == 1 else 0
    problem = said.get("problem_type") or ONE_LABEL
    if turned.shape != (hidden, count) or count < 2 or problem not in _PROBLEMS:
        return None
    plain = np.ascontiguousarray(turned, np.float32), np.ascontiguousarray(bias, np.float32)
    if not all(np.isfinite(array).all() for array in plain):
        return None
    return Classifier(tuple(labels_of(said, count)), str(problem), *plain)


def labels_of(said: Mapping[str, Any], count: int) -> list[str]:
    """The names of classes: ``id2label`` of a config.json, else their numbers."""
    named = said.get("id2label")
    found = [named.get(str(i)) for i in range(count)] if isinstance(named, dict) else []
    labels = [
        label.strip() for label in found
        if isinstance(label, str) and 0 < len(label.strip()) <= _LONGEST_LABEL
    ]  # fmt: skip
    if len(set(labels)) != count or all(_UNNAMED.fullmatch(label) for label in labels):
        return [str(i) for i in range(count)]
    return labels


def stored_classifier(folder: Path) -> Classifier | None:
    """The classifier that our copy of a model was kept with. Raises ModelError when damaged."""
    if not (folder / HEAD_FILE).is_file():
        return None
    arrays = read_weights(folder / HEAD_FILE)
    try:
        said = read_object(folder / CONFIG_FILE)[HEAD_KEY]
        labels, problem = tuple(said["labels"]), said["problem"]
        return Classifier(labels, problem, arrays[_WEIGHT], arrays[_BIAS])
    except (OSError, UnusableFile, KeyError, TypeError):
        return None


def _said(source: Path) -> dict[str, Any]:
    try:
        return read_object(config_file_in(source))
    except (OSError, UnusableFile):
        return {}


def _kind(said: Mapping[str, Any]) -> str:
    architectures = said.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else None
    return str(first or said.get("init_class") or "")
