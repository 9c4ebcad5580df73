"""Where the answers of a run's model to texts without labels are kept, for later students.

They hold a person's texts: they go when the run goes.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Final

from paddle_lab.paths import runs_dir, safe_name

_FOLDER: Final = ".answers"
_DIGEST: Final = 12


def answers_path(run: Path, digest: str) -> Path:
    """The file for a run's folder and the digest of bundle and texts; it lies beside the runs."""
    return runs_dir() / _FOLDER / f"{safe_name(run.name)}-{digest[:_DIGEST]}.jsonl"


def remove_answers(run: Path) -> None:
    """Take away what the model of the run in this folder answered; what cannot be removed stays."""
    own = re.compile(rf"{re.escape(safe_name(run.name))}-[0-9a-f]{{{_DIGEST}}}\.jsonl")
    for folder in {run.parent / _FOLDER, runs_dir() / _FOLDER}:
        with contextlib.suppress(OSError):
            for path in list(folder.iterdir()):
                if own.fullmatch(path.name):
                    path.unlink()
            folder.rmdir()  # refused while others are in it
