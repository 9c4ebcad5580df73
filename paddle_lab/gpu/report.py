"""What a kernel knows of its own GPU memory, answered on the control channel. Runs in the kernel.

The control channel has its own thread, so a busy kernel answers, no user code runs, and a kernel on
another machine answers too. Paddle is looked at only when the notebook has imported it already.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any, Final

REQUEST: Final = "paddle_lab_memory_request"
REPLY: Final = "paddle_lab_memory_reply"


def memory_report() -> dict[str, Any]:
    """Paddle's memory per device in bytes, if Paddle is imported; never imports it.

    ``{"pid", "host", "visible", "paddle", "devices": [{"index", "allocated", "reserved"}]}``.
    ``index`` counts within CUDA_VISIBLE_DEVICES (``visible``).
    """
    paddle = sys.modules.get("paddle")
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "visible": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "paddle": getattr(paddle, "__version__", None) if paddle else None,
        "devices": _devices(paddle) if paddle else [],
    }


def _devices(paddle: Any) -> list[dict[str, int]]:
    """Devices that hold memory. A Paddle that is still being imported has none yet."""
    try:
        if not paddle.is_compiled_with_cuda():
            return []
        cuda = paddle.device.cuda
        devices = []
        for index in range(cuda.device_count()):
            reserved = int(cuda.memory_reserved(index))
            if reserved:
                allocated = int(cuda.memory_allocated(index))
                devices.append({"index": index, "allocated": allocated, "reserved": reserved})
    except (AttributeError, RuntimeError, ValueError, OSError):
        return []
    return devices


def install(kernel: Any) -> bool:
    """Let this kernel answer :data:`REQUEST`; False for a kernel that has no such handlers."""
    handlers = getattr(kernel, "control_handlers", None)
    if not isinstance(handlers, dict):
        return False

    def answer(stream: Any, ident: Any, parent: Any) -> None:
        if kernel.session is not None:
            kernel.session.send(stream, REPLY, memory_report(), parent, ident)

    handlers[REQUEST] = answer
    return True


def uninstall(kernel: Any) -> None:
    """Answer no longer."""
    handlers = getattr(kernel, "control_handlers", None)
    if isinstance(handlers, dict):
        handlers.pop(REQUEST, None)
