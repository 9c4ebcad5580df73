"""Follows the run folders while somebody looks; reads in a thread, tells only what changed."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.summary import RunSummary
from paddle_lab.server.readers import DiskSilent, Readers

LOG = logging.getLogger(__name__)

PERIOD_S: Final = 1.0
QUIET_PERIOD_S: Final = 3.0
#: A live run's curve is sent again this often; its newest loss comes with every change.
SPARK_EVERY_S: Final = 30.0

Listener = Callable[[Sequence[RunSummary], set[str]], None]


class RunsWatch:
    """The summaries of all runs; notebooks are named relative to ``root``, the server's folder."""

    def __init__(
        self, root: Path, readers: Readers | None = None, board: RunsBoard | None = None
    ) -> None:
        self._root = Path(os.path.realpath(root))
        self._readers = readers if readers is not None else Readers()
        self._board = board if board is not None else RunsBoard()
        #: Folders and notebooks as the file browser names them; asking for them may block.
        self._inside: dict[str, str | None] = {}
        self._began_at = float("-inf")
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None
        self._reading = asyncio.Lock()
        self.summaries: tuple[RunSummary, ...] = ()

    def live_pids(self) -> list[int]:
        """Processes of runs that train now on this machine."""
        return sorted(
            {summary.pid for summary in self.summaries if summary.live and summary.pid is not None}
        )

    async def refresh(self, oldest_s: float = 0.0) -> None:
        """Read the folders, unless that was begun at most ``oldest_s`` ago; tell what changed.

        Many who ask at once share one reading, which began after they asked. Raises DiskSilent;
        the summaries of before are kept then.
        """
        enough = time.monotonic() - oldest_s
        async with self._reading:
            if self._began_at >= enough:
                return
            began_at = time.monotonic()
            summaries, self._inside = await self._readers.run("runs", self._read)
            self._began_at = began_at
            before = {summary.id: summary for summary in self.summaries}
            after = {summary.id: summary for summary in summaries}
            changed = {run_id for run_id, summary in after.items() if before.get(run_id) != summary}
            changed |= before.keys() - after.keys()
            if changed:
                self.summaries = tuple(summaries)
                self._tell(changed)

    def _tell(self, changed: set[str]) -> None:
        """Whoever has the folders read: all who listen are told."""
        for listener in list(self._listeners):
            try:
                listener(self.summaries, changed)
            except Exception:  # one listener must not silence the others
                LOG.exception("a listener of the runs failed")

    def _read(self) -> tuple[list[RunSummary], dict[str, str | None]]:
        """In a thread: the summaries, and their paths in the server's folder."""
        summaries = self._board.refresh()
        paths = {
            path for summary in summaries for path in (summary.notebook, summary.folder) if path
        }
        known = self._inside
        return summaries, {
            path: known[path] if path in known else self.find_inside(path) for path in paths
        }

    def listen(self, listener: Listener) -> None:
        """Call ``listener(summaries, changed ids)`` on the event loop after each change."""
        self._listeners.append(listener)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._follow())

    async def leave(self, listener: Listener) -> None:
        """Stop telling this listener."""
        if listener in self._listeners:
            self._listeners.remove(listener)
        if not self._listeners:
            await self.close()

    async def close(self) -> None:
        """Stop following."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _follow(self) -> None:
        failing = False
        while True:
            try:
                await self.refresh()
                failing = False
            except DiskSilent as error:
                if not failing:
                    LOG.warning("the runs could not be read; they are tried again: %s", error)
                failing = True
            except Exception:
                # One bad moment must not end the following for as long as the server lives.
                if not failing:
                    LOG.exception("the runs could not be read; they are tried again")
                failing = True
            live = any(summary.live for summary in self.summaries)
            await asyncio.sleep(PERIOD_S if live else QUIET_PERIOD_S)

    def to_json(self, summary: RunSummary, *, spark: bool = True) -> dict[str, Any]:
        """The summary with its notebook and folder as the file browser names them."""
        return {
            **summary.to_json(spark=spark),
            "path": self.inside(summary.notebook),
            "folder_path": self.inside(summary.folder),
        }

    def inside(self, path: str | None) -> str | None:
        """``path`` of a summary relative to the server's folder, or None when it lies elsewhere."""
        return self._inside.get(path) if path else None

    def place_of(self, path: str) -> tuple[str | None, bool]:
        """``path`` relative to the server's folder, or None, and whether it is a file. Blocking."""
        return self.find_inside(path), (self._root / path).is_file()

    def find_inside(self, path: str) -> str | None:
        """As :meth:`inside` for any path; looks at the disk, call from a thread."""
        try:
            relative = Path(os.path.realpath(self._root / path)).relative_to(self._root)
        except (ValueError, OSError):
            return None
        return relative.as_posix()
