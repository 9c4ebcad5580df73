"""Memory of the process on a CPU: let glibc keep what is freed for the next array.

Every operator allocates its output. glibc maps fresh pages for each array above 128 KiB and gives
them back when it is freed, so that the kernel clears the same pages again and again.
``python benchmarks/train_speed.py`` has an arm with and one without.
"""

from __future__ import annotations

import ctypes
import sys

# <malloc.h>; the names are the options of mallopt(3).
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -2, -4, -8
_OPTIONS = {
    "M_MMAP_MAX": (_M_MMAP_MAX, 0),  # never a mapping of its own for a large array
    "M_TRIM_THRESHOLD": (_M_TRIM_THRESHOLD, 2**31 - 1),  # never shrink the heap
    "M_TOP_PAD": (_M_TOP_PAD, 256 << 20),  # grow it in large steps
    "M_ARENA_MAX": (_M_ARENA_MAX, 1),  # share one: a thread's own arena is a mapping that shrinks
}


def keep_memory() -> dict[str, int]:
    """Let glibc keep freed memory for the next array; returns the options that were set.

    The cost: the process keeps its peak memory until it ends, and the arrays of all threads come
    from one heap. Calling it again changes nothing. Elsewhere than on glibc (macOS, Windows, musl)
    nothing is set and the answer is empty.
    """
    library = _glibc()
    if library is None:
        return {}
    mallopt = library.mallopt
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    return {
        name: value for name, (option, value) in _OPTIONS.items() if mallopt(option, value) == 1
    }


def give_back_memory() -> None:
    """Let glibc give back to the system what was freed: after a model was loaded, for example.

    Elsewhere than on glibc nothing happens.
    """
    if (library := _glibc()) is not None:
        library.malloc_trim.argtypes = (ctypes.c_size_t,)
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL(None)
        _ = library.gnu_get_libc_version  # musl has a mallopt that does nothing
        _ = library.mallopt, library.malloc_trim
    except (AttributeError, OSError):
        return None
    return library
