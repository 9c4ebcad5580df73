"""How a run's model is called where there is room for a name, not for a path."""

from __future__ import annotations

from pathlib import Path


def model_name(model: str) -> str:
    """A model for people: an earlier run's checkpoint as ``reviews-1a2b3c4d@188``."""
    path = Path(model)
    if path.parent.name != "checkpoints":
        return model
    return f"{path.parent.parent.name}@{path.name.removeprefix('step-').lstrip('0') or '0'}"
