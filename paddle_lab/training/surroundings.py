"""Where and with what a run is made."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from paddle_lab.versions import versions


def surroundings() -> dict[str, Any]:
    """Where and with what the run is made, for ``run.json``."""
    import socket

    return {
        "versions": versions(),
        "host": socket.gethostname(),
        "notebook": os.environ.get("JPY_SESSION_NAME"),
        "kernel": _kernel_id(),
    }


def _kernel_id() -> str | None:
    """The kernel's id, from the connection file that Jupyter gave it."""
    ipykernel = sys.modules.get("ipykernel.connect")
    if ipykernel is None:
        return None
    try:
        name = Path(ipykernel.get_connection_file()).stem
    except RuntimeError:
        return None
    return name.removeprefix("kernel-")
