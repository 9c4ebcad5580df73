"""The notebook and the cell that run now, as this kernel's front end names them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

#: What nbformat allows as the id of a cell. VS Code names cells by addresses of its own.
CELL_ID: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True)
class Cell:
    """One execution of a cell. ``notebook`` is a path, absolute where Jupyter gave one.

    ``cell`` is the cell's id in the notebook's file, ``execution`` the id of the request that runs
    it, ``count`` the number that stands beside it. None for what the front end does not tell.
    """

    notebook: str | None
    kernel: str | None
    cell: str | None
    execution: str | None
    count: int | None

    def to_json(self) -> dict[str, Any]:
        """As a run's folder keeps it."""
        return asdict(self)


def in_notebook() -> bool:
    """Whether this process is a kernel."""
    return _shell() is not None


def running_cell() -> Cell:
    """The cell that runs in this kernel now; nothing is known of it in another process."""
    shell = _shell()
    request = _request(shell)
    header, metadata = _object(request.get("header")), _object(request.get("metadata"))
    cell, execution = metadata.get("cellId"), header.get("msg_id")
    inputs = getattr(getattr(shell, "history_manager", None), "input_hist_parsed", [])
    return Cell(
        os.environ.get("JPY_SESSION_NAME") or None,
        kernel_id(),
        cell if isinstance(cell, str) and CELL_ID.fullmatch(cell) else None,
        execution[:200] if isinstance(execution, str) else None,
        len(inputs) - 1 if len(inputs) > 1 else None,  # as in `In[3]`; the first is empty
    )


def is_captured() -> bool:
    """Whether what is displayed now goes into a variable (``%%capture``), not under the cell."""
    publisher = type(getattr(_shell(), "display_pub", None))
    return publisher.__name__ == "CapturingDisplayPublisher"


def kernel_id() -> str | None:
    """The kernel's id, from the connection file that Jupyter gave it."""
    ipykernel = sys.modules.get("ipykernel.connect")
    if ipykernel is None:
        return None
    try:
        name = Path(ipykernel.get_connection_file()).stem
    except RuntimeError:
        return None
    return name.removeprefix("kernel-")


def _shell() -> Any:
    """The shell of this kernel, or None."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if hasattr(shell, "kernel") else None


def _request(shell: Any) -> Mapping[str, Any]:
    """The request that the shell answers now; {} where it cannot be asked."""
    get_parent = getattr(shell, "get_parent", None)
    return _object(get_parent()) if get_parent is not None else {}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
