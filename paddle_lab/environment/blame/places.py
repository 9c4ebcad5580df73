"""Paths that a text names, looked for on this machine; of a stranger's text, so never trusted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paddle_lab.environment.conditions import lookup


def expanded(path: str) -> Path:
    """The path with ``~`` as the home folder; as it is where that cannot be told."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # ~name of nobody here
        return Path(path)


def is_file(path: str, facts: Mapping[str, Any]) -> bool:
    """Is there such a file? A relative path counts from the working folder of the facts."""
    folder = str(lookup(facts, "process.working_directory") or "")
    file = expanded(path)
    if not file.is_absolute():
        file = expanded(folder) / file
    return _exists(file) and file.is_file()


def nearest(path: str) -> Path | None:
    """The path itself, or the nearest folder above it that is there."""
    start = expanded(path)
    return next((one for one in (start, *start.parents) if _exists(one)), None)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # closed to us, or no name that a file can have
        return False
