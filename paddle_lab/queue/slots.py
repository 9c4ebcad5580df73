"""How many runs work at the same time, and what each of them gets of the machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from paddle_lab.cgroup import allowed_cores


def visible_gpus() -> tuple[str, ...]:
    """The GPUs that runs may use, as ``CUDA_VISIBLE_DEVICES`` names them; none on a CPU."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    if told is not None:
        return tuple(name.strip() for name in told.split(",") if name.strip())
    from paddle_lab.gpu.backends import choose_backend

    backend = choose_backend("auto")
    if backend is None or backend.simulated:
        return ()
    try:
        gpus = backend.open().gpus
        sliced = {gpu.parent for gpu in gpus if gpu.parent is not None}
        return tuple(
            gpu.uuid if gpu.mig else str(gpu.index)
            for place, gpu in enumerate(gpus)
            if place not in sliced
        )
    finally:
        backend.close()


def slots_of(asked: int | None, gpus: tuple[str, ...]) -> int:
    """As many as were asked for; else one for each GPU, and one without any."""
    return asked or max(1, len(gpus))


@contextlib.contextmanager
def share_of(slot: int, slots: int, gpus: tuple[str, ...]) -> Iterator[None]:
    """Processes that are begun inside have the slot's GPU, or its share of the cores.

    The calling thread's own cores and environment are as before afterwards.
    """
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    cores = sorted(allowed_cores())
    shared = not gpus and 1 < slots <= len(cores) and hasattr(os, "sched_setaffinity")
    if gpus:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[slot % len(gpus)]
    if shared:
        first, last = slot * len(cores) // slots, (slot + 1) * len(cores) // slots
        os.sched_setaffinity(0, cores[first:last])
    try:
        yield
    finally:
        if shared:
            os.sched_setaffinity(0, cores)
        if before is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = before
        elif gpus:
            os.environ.pop("CUDA_VISIBLE_DEVICES", None)
