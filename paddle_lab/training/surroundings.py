"""Where and with what a run is made."""

from __future__ import annotations

import os
from typing import Any

from paddle_lab.cell import kernel_id
from paddle_lab.versions import versions


def surroundings() -> dict[str, Any]:
    """Where and with what the run is made, for ``run.json``."""
    import socket

    return {
        "versions": versions(),
        "host": socket.gethostname(),
        "notebook": os.environ.get("JPY_SESSION_NAME"),
        "kernel": kernel_id(),
    }
