"""What can install packages here: pip, uv, or pip out of the standard library."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from typing import Any

from paddle_lab.environment.redact import clean


def installers() -> dict[str, Any]:
    """``uv``: "uv" when it is on the PATH, else the path of it, or None; ``ensurepip``."""
    found = find_uv()
    on_path = found is not None and found == shutil.which("uv")
    return {
        "uv": "uv" if on_path else clean(found) if found else None,
        "ensurepip": importlib.util.find_spec("ensurepip") is not None,
    }


def find_uv() -> str | None:
    """The program uv, or None.

    Looked for on the PATH, beside this interpreter, beside its environment, and where uv's own
    installer puts it; never in the working folder.
    """
    scripts = "Scripts" if os.name == "nt" else "bin"
    home = os.path.expanduser("~")
    folders = (
        os.path.join(sys.prefix, scripts),
        os.path.join(os.path.dirname(sys.prefix), ".uv", scripts),
        os.path.join(home, ".local", "bin"),
        os.path.join(home, ".cargo", "bin"),
    )
    for path in (None, os.pathsep.join(folders)):
        found = shutil.which("uv", path=path)
        # On Windows, which() looks into the working folder too.
        if found and os.path.dirname(os.path.abspath(found)) != os.getcwd():
            return found
    return None
