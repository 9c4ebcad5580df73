"""Kinds of accelerators, one module each; ``PADDLE_LAB_GPUS`` chooses among them.

The setting is ``auto``, the name of a kind, or a name with options (``simulated:8xA100,lost``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from paddle_lab.gpu.backend import GpuBackend
from paddle_lab.i18n import T
from paddle_lab.plugins import Plugins

_ALSO: Final = {"": "auto", "off": "none", "0": "none"}


class BackendKind(Protocol):
    """What a module here gives as ``BACKEND``; others use the group ``paddle_lab.gpu_backends``."""

    @property
    def automatic(self) -> bool:
        """Whether ``auto`` may choose it: it reads real hardware."""

    def present(self) -> bool:
        """Whether its driver is on this machine. Cheap; never raises."""

    def make(self, options: str, own_pids: Callable[[], Sequence[int]]) -> GpuBackend | None:
        """A backend for what follows the colon; None when that is not understood.

        ``own_pids`` gives the processes of runs that train now.
        """


BACKENDS: Final = Plugins[BackendKind](
    "paddle_lab.gpu.backends", "paddle_lab.gpu_backends", "BACKEND", T("GPU backend", "GPU 后端")
)


def choose_backend(
    setting: str, own_pids: Callable[[], Sequence[int]] = tuple
) -> GpuBackend | None:
    """The backend that ``setting`` asks for; None when it is not understood.

    ``auto`` takes the first kind whose driver is here; without one, the first kind, which says why.
    """
    name, _, options = setting.strip().partition(":")
    name = _ALSO.get(name.lower(), name.lower())
    if name == "auto":
        kinds = [kind for kind in BACKENDS if kind.automatic]
        chosen = next((kind for kind in kinds if kind.present()), kinds[0])
        return chosen.make("", own_pids)
    if name not in BACKENDS.names():
        return None
    return BACKENDS.get(name).make(options, own_pids)
