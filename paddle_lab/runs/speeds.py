"""What the parts of earlier runs took on this machine: what a new run is expected to take."""

from __future__ import annotations

import math
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from paddle_lab.paths import atomic_write_json, data_dir
from paddle_lab.untrusted import UnusableFile, read_object

_FILE: Final = "speeds.json"
#: 2: seconds of a token where those of a step, or a row, stood before.
_VERSION: Final = 2
_MOST: Final = 400
_LARGEST: Final = 256 * 1024
#: How much the newest run weighs beside those before it.
_NEWEST: Final = 0.6


def read_speeds(path: Path | None = None) -> dict[str, float]:
    """Seconds a unit by part; nothing where there is no file, or one of another machine or form."""
    try:
        content = read_object(path or speeds_path(), _LARGEST)
    except (OSError, UnusableFile):
        return {}
    speeds = content.get("speeds")
    ours = content.get("version") == _VERSION and content.get("host") == socket.gethostname()
    if not ours or not isinstance(speeds, dict):
        return {}
    return {
        str(name): float(value)
        for name, value in list(speeds.items())[-_MOST:]
        if isinstance(value, (int, float)) and math.isfinite(value) and 0 < value < 86_400
    }


def remember_speeds(measured: Mapping[str, float], path: Path | None = None) -> None:
    """Add what a run measured; a disk that takes nothing leaves the next run without it."""
    known = read_speeds(path)
    for name, value in measured.items():
        before = known.pop(name, value)
        known[name] = round(_NEWEST * value + (1 - _NEWEST) * before, 6)
    kept = dict(list(known.items())[-_MOST:])
    document = {"version": _VERSION, "host": socket.gethostname(), "speeds": kept}
    try:
        atomic_write_json(path or speeds_path(), document)
    except OSError:
        # It is worth less than the run that has just ended well.
        return


def speeds_path() -> Path:
    """Where they are kept, beside the registry of runs."""
    return data_dir() / _FILE
