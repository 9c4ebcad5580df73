"""The end of a process that has imported PaddleNLP, and has nothing left to do."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import sys
import threading
from typing import NoReturn


def end_process(code: int) -> NoReturn:
    """End this process with ``code`` as Python does, but leave its modules as they are.

    Threads are waited for, what was registered with :mod:`atexit` is done, and what was printed is
    written. Taking PaddleNLP's thousands of modules apart takes more than a second of a processor,
    and Paddle's threads may crash meanwhile.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    with contextlib.suppress(OSError, TypeError, AttributeError):  # no such library on Windows
        ctypes.CDLL(None).fflush(None)  # what libraries in C printed
    os._exit(code)
