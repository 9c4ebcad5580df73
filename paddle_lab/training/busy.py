"""While a cell waits for a run, its kernel says that it is busy.

JupyterLab shows the last state that a kernel told, whatever it was told of. A comm that is opened
in the cell makes it ask for a subshell, and every answer there ends with "idle".
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final

_EVERY_S: Final = 1.0


@contextlib.contextmanager
def busy_kernel() -> Iterator[None]:
    """Repeat the state of the cell that runs now for as long as it waits; elsewhere nothing."""
    kernel = _kernel()
    if kernel is None:
        yield
        return
    parent = kernel.get_parent()
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(_EVERY_S):
            content = {"execution_state": "busy"}
            ident = b"kernel.%s.status" % str(kernel.ident).encode()
            kernel.session.send(kernel.iopub_socket, "status", content, parent=parent, ident=ident)

    thread = threading.Thread(target=repeat, name="paddle-lab-busy", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        # Said after the cell's own "idle", it would stay for ever.
        thread.join()


def _kernel() -> Any:
    """The kernel of this process where it runs a cell and can say so."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    kernel = getattr(shell, "kernel", None)
    needed = ("get_parent", "session", "iopub_socket", "ident")
    return kernel if all(getattr(kernel, name, None) is not None for name in needed) else None
