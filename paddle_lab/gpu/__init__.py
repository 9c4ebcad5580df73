"""GPUs and host as the sidebar shows them: backends, sampler, history, owners. No paddle.

Names are loaded when they are first used: a kernel that only answers for its memory
(:mod:`paddle_lab.gpu.report`) loads nothing else of this package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from paddle_lab.gpu.backend import GpuBackend
    from paddle_lab.gpu.backends import choose_backend
    from paddle_lab.gpu.history import History
    from paddle_lab.gpu.readings import FastReading, Gpu, GpuProcess, LinkReading, SlowReading
    from paddle_lab.gpu.sampler import Sample, Sampler
    from paddle_lab.gpu.states import Condition

__all__ = [
    "Condition",
    "FastReading",
    "Gpu",
    "GpuBackend",
    "GpuProcess",
    "History",
    "LinkReading",
    "Sample",
    "Sampler",
    "SlowReading",
    "choose_backend",
]

_HOMES: Final = {
    "Condition": "states",
    "FastReading": "readings",
    "Gpu": "readings",
    "GpuBackend": "backend",
    "GpuProcess": "readings",
    "History": "history",
    "LinkReading": "readings",
    "Sample": "sampler",
    "Sampler": "sampler",
    "SlowReading": "readings",
    "choose_backend": "backends",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
