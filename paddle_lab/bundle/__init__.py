"""Bundles: inference models that were proven to work, and the predictor that uses them.

Loading and predicting needs paddle, numpy and tokenizers; paddlenlp is never imported. Exporting
takes the live model of a training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paddle_lab.bundle.export import ExportSource, export_bundle
    from paddle_lab.bundle.fresh import verify_bundle
    from paddle_lab.bundle.manifest import Manifest, load_manifest
    from paddle_lab.bundle.predictor import Predictor, load_bundle
    from paddle_lab.bundle.proof import ExportProof

__all__ = [
    "ExportProof",
    "ExportSource",
    "Manifest",
    "Predictor",
    "export_bundle",
    "load_bundle",
    "load_manifest",
    "verify_bundle",
]

_HOMES = {
    "ExportProof": "proof",
    "ExportSource": "export",
    "Manifest": "manifest",
    "Predictor": "predictor",
    "export_bundle": "export",
    "load_bundle": "predictor",
    "load_manifest": "manifest",
    "verify_bundle": "fresh",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'paddle_lab.bundle' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"paddle_lab.bundle.{_HOMES[name]}"), name)
