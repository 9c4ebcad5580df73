"""What training changes for a whole process, and so is done once, and by one run at a time."""

from __future__ import annotations

import functools
import threading

from paddle_lab.runs import RunSpec


@functools.cache
def process_slot() -> threading.Lock:
    """One training at a time in a process: paddle's random state and names are the process's."""
    return threading.Lock()


def prepare_process(spec: RunSpec) -> None:
    """Set what paddle reads only once, before it is first imported."""
    from paddle_lab.cpu import keep_memory, set_threads

    set_threads(spec.threads or None)
    keep_memory()
