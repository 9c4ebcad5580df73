"""Let the kernel hear pages that ask. Imports next to nothing: it is part of ``%load_ext``."""

from __future__ import annotations

from typing import Any, Final

#: The comm that the box of a finished card opens.
TARGET: Final = "paddle_lab.trial"


def register(kernel: Any) -> bool:
    """Answer comms of :data:`TARGET` in this kernel; False where there are no comms."""
    manager = getattr(kernel, "comm_manager", None)
    if manager is None:
        return False

    def opened(comm: Any, message: Any) -> None:
        from paddle_lab.trial.comm import open_comm

        open_comm(comm, message, kernel)

    manager.register_target(TARGET, opened)
    return True


def unregister(kernel: Any) -> None:
    """Answer no longer."""
    manager = getattr(kernel, "comm_manager", None)
    if manager is not None:
        manager.targets.pop(TARGET, None)
