"""Python's search for garbage, kept from what is none: PaddleNLP alone is a million objects."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def not_searched() -> Iterator[None]:
    """No search meanwhile: an import of thousands of modules leaves no garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextlib.contextmanager
def only_new_searched() -> Iterator[None]:
    """Meanwhile only what is made meanwhile is searched; afterwards all is, as before."""
    first = gc.get_freeze_count() == 0  # otherwise somebody else's are kept, who lets them go
    if first:
        gc.freeze()
    try:
        yield
    finally:
        if first:
            gc.unfreeze()
