"""How a run's model is called where there is room for a name, not for a path."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_COMMIT: Final = re.compile(r"(?<=@[0-9a-f]{8})[0-9a-f]{32}", re.ASCII)


def model_name(model: str) -> str:
    """A model for people: an earlier run's checkpoint as ``reviews-1a2b3c4d@188``.

    A commit of a hub is shortened: ``hf:org/name@1a2b3c4d``.
    """
    path = Path(model)
    if path.parent.name != "checkpoints":
        return _COMMIT.sub("", model)
    return f"{path.parent.parent.name}@{path.name.removeprefix('step-').lstrip('0') or '0'}"
