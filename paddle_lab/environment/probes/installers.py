"""What can install packages here: pip, uv, or pip out of the standard library."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from typing import Any

from paddle_lab.environment.redact import clean


def installers() -> dict[str, Any]:
    """``uv``: "module" of this interpreter, "uv" on the PATH, a path, or None; ``ensurepip``."""
    return {"uv": _uv(), "ensurepip": importlib.util.find_spec("ensurepip") is not None}


def _uv() -> str | None:
    if importlib.util.find_spec("uv") is not None:
        return "module"
    if shutil.which("uv"):
        return "uv"
    # Beside this interpreter, beside its environment, and where uv's own installer puts it.
    scripts = "Scripts" if os.name == "nt" else "bin"
    home = os.path.expanduser("~")
    folders = (
        os.path.join(sys.prefix, scripts),
        os.path.join(os.path.dirname(sys.prefix), ".uv", scripts),
        os.path.join(home, ".local", "bin"),
        os.path.join(home, ".cargo", "bin"),
    )
    found = shutil.which("uv", path=os.pathsep.join(folders))
    return clean(found) if found else None
