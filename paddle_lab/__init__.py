"""Paddle Lab: a notebook workbench for Chinese NLP on PaddlePaddle.

``%load_ext paddle_lab`` in a notebook; ``paddle-lab --help`` in a terminal. Nothing heavy is
imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paddle_lab._version import __version__

if TYPE_CHECKING:
    from paddle_lab.api import finetune, list_runs
    from paddle_lab.bundle import load_bundle
    from paddle_lab.errors import PaddleLabError
    from paddle_lab.search.api import Search, hyperparameter_search
    from paddle_lab.training.live_callback import LiveCallback
    from paddle_lab.training.run import Run

__all__ = [
    "LiveCallback",
    "PaddleLabError",
    "Run",
    "Search",
    "__version__",
    "finetune",
    "hyperparameter_search",
    "list_runs",
    "load_bundle",
]

_HOMES = {
    "LiveCallback": "paddle_lab.training.live_callback",
    "PaddleLabError": "paddle_lab.errors",
    "Run": "paddle_lab.training.run",
    "Search": "paddle_lab.search.api",
    "finetune": "paddle_lab.api",
    "hyperparameter_search": "paddle_lab.search.api",
    "list_runs": "paddle_lab.api",
    "load_bundle": "paddle_lab.bundle",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'paddle_lab' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(ip: Any) -> None:
    """``%load_ext paddle_lab``: the magics and their completion."""
    from paddle_lab.interrupts import told_in_one_line

    with told_in_one_line():
        from paddle_lab.magics import load

        load(ip)


def unload_ipython_extension(ip: Any) -> None:
    """``%unload_ext paddle_lab``: take everything back."""
    from paddle_lab.magics import unload

    unload(ip)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "paddle-lab"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "paddle_lab.server"}]
