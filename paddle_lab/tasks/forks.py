"""Forks after the tokenizers worked: their library writes five lines of warning into the process.

It writes them from C, into the cell of whoever starts a shell command (``!ls``), unless a variable
is set. What the warning says is done all the same: a fork goes on without the threads of its
parent.
"""

from __future__ import annotations

import functools
import os
from typing import Final

VARIABLE: Final = "TOKENIZERS_PARALLELISM"


@functools.cache
def keep_forks_quiet() -> None:
    """Set the variable in forks alone, unless the person has set it; once in a process."""
    if not hasattr(os, "register_at_fork"):
        return
    ours: list[bool] = []

    def before() -> None:
        if VARIABLE not in os.environ:
            os.environ[VARIABLE] = "false"
            ours.append(True)

    def after_in_parent() -> None:
        if ours:
            os.environ.pop(VARIABLE, None)
        ours.clear()

    os.register_at_fork(before=before, after_in_parent=after_in_parent, after_in_child=ours.clear)
