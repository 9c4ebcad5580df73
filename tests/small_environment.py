"""An interpreter of its own with small packages named as the real ones, to be broken at will."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddle_lab.environment.experiments.causes import trial_findings
from paddle_lab.environment.experiments.checked import check_and_try
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.redact import allowed_variables

PADDLE = """
import helper
inference = nn = None
__version__ = "3.3.1"
def is_compiled_with_cuda():
    return False
"""


@dataclass
class Environment:
    """``python``, its ``packages`` (site-packages), and the working folder ``here``."""

    python: Path
    packages: Path
    here: Path

    def write(self, name: str, text: str) -> Path:
        """A file among the packages."""
        path = self.packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def compiled(self, name: str) -> Path:
        """The compiled file of a source file among the packages."""
        tag = sys.implementation.cache_tag
        source = self.packages / name
        return source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"

    def check(self, *, hiding: Sequence[Any] = (), **packages: str) -> dict[str, Any]:
        """A fact sheet with the check and its trials; ``hiding`` is its section."""
        facts: dict[str, Any] = {
            "packages": {"paddlepaddle": "3.3.1", "pip": "25.0", **packages},
            "hiding": list(hiding),
            "python": {"executable": str(self.python)},
            "variables": allowed_variables(os.environ),
        }
        check_and_try(facts, self.python)
        return facts

    def proven(self) -> Finding:
        """The one cause that the experiments prove."""
        facts = self.check()
        found = trial_findings(facts)
        assert len(found) == 1, facts
        return found[0]


def remove(path: Path) -> None:
    """A file or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        for inner in path.iterdir():
            remove(inner)
        path.rmdir()
    else:
        path.unlink()
