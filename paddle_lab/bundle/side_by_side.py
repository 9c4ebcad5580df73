"""Many rows answered by several processes, each with the bundle loaded, in the rows' order."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Final, Protocol

from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.manifest import Manifest, load_manifest
from paddle_lab.bundle.predictor import Predictor, open_bundle
from paddle_lab.bundle.problems import exchanged_meanwhile, process_ended
from paddle_lab.cgroup import usable_cores
from paddle_lab.errors import PaddleLabError
from paddle_lab.tasks.codec import Rows

#: Rows that a process is given at once, and how many such parts each has before it.
PART: Final = 256
_AHEAD: Final = 2


class Answering(Protocol):
    """What answers rows part by part: a predictor, or several processes."""

    def stream(
        self, rows: Rows, *, batch_size: int = 32, long_text: str | None = None
    ) -> Iterator[list[Any]]:
        """As :meth:`paddle_lab.bundle.Predictor.stream`."""
        ...


@contextlib.contextmanager
def side_by_side(predictor: Predictor, workers: int) -> Iterator[Answering]:
    """The predictor's bundle in so many processes that share the CPU's cores.

    Each is given a part of the rows at a time. ``stream`` raises BundleError when a process ends,
    or when another bundle stands there now.
    """
    threads = max(1, usable_cores() // workers)
    given = (predictor.folder, predictor.manifest, predictor.runtime, threads)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=given)
    try:
        yield _Several(pool, predictor.folder, workers)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Several:
    def __init__(self, pool: ProcessPoolExecutor, folder: Path, workers: int) -> None:
        self._pool, self._folder, self._workers = pool, folder, workers

    def stream(
        self, rows: Rows, *, batch_size: int = 32, long_text: str | None = None
    ) -> Iterator[list[Any]]:
        """The answers of each part, in the order of the rows."""
        count = len(next(iter(rows.values())))
        parts = (
            {role: values[start : start + PART] for role, values in rows.items()}
            for start in range(0, count, PART)
        )
        waiting: deque[Future[list[Any]]] = deque()
        try:
            while True:
                for part in itertools.islice(parts, _AHEAD * self._workers - len(waiting)):
                    waiting.append(self._pool.submit(_answer, part, batch_size, long_text))
                if not waiting:
                    return
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise process_ended(self._folder) from error


#: What a process of the pool has loaded, or why it has not.
_loaded: list[Predictor | PaddleLabError] = []


def _begin(folder: Path, manifest: Manifest, runtime: str, threads: int) -> None:
    """Load the bundle, in a process of the pool; what goes wrong is told by its first part."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked hears it, and ends these

    def load() -> Predictor:
        if load_manifest(folder, check_hashes=False) != manifest:
            raise exchanged_meanwhile(folder)
        return open_bundle(folder, manifest, device="cpu", threads=threads, runtime=runtime)

    try:
        _loaded.append(in_place(folder, load))
    except PaddleLabError as error:
        _loaded.append(error)


def _answer(rows: Rows, batch_size: int, long_text: str | None) -> list[Any]:
    """The answers of one part, in a process of the pool."""
    (mine,) = _loaded
    if isinstance(mine, PaddleLabError):
        raise mine
    return mine.answers(rows, batch_size=batch_size, long_text=long_text)
