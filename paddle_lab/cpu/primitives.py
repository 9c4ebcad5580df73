"""How many compiled operations oneDNN keeps: one for each operation and shape of its input.

A program that answers texts of all lengths in batches of several sizes has thousands of them.
oneDNN keeps 1,024 and makes what it put out anew, which takes longer than to run it.
``python benchmarks/serving.py`` has an arm with batches, and one without.
"""

from __future__ import annotations

import ctypes
from typing import Final

from paddle_lab.cpu.onednn import find
from paddle_lab.cpu.onednn_core import OneDnnError

#: Enough for 128 lengths in a few sizes of batches; together they take some hundred megabytes.
KEPT: Final = 8192


def keep_primitives(count: int = KEPT) -> int | None:
    """Let oneDNN keep at least so many; returns how many it keeps now.

    A larger number that was set before, as by ``ONEDNN_PRIMITIVE_CACHE_CAPACITY``, stays. None
    where this build of Paddle has no oneDNN, or one that cannot be told.
    """
    try:
        library = ctypes.CDLL(str(find()))
        get, put = (
            library.dnnl_get_primitive_cache_capacity,
            library.dnnl_set_primitive_cache_capacity,
        )
    except (OneDnnError, OSError, AttributeError):
        return None
    get.argtypes, put.argtypes = (ctypes.POINTER(ctypes.c_int),), (ctypes.c_int,)
    kept = ctypes.c_int()
    if get(ctypes.byref(kept)) != 0:
        return None
    # One that was turned off stays off.
    if 0 < kept.value < count and put(count) == 0:
        get(ctypes.byref(kept))
    return kept.value
