"""Follows the run folders while somebody looks; reads in a thread, tells only what changed."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.summary import RunSummary

LOG = logging.getLogger(__name__)

PERIOD_S: Final = 1.0
QUIET_PERIOD_S: Final = 3.0
#: A live run's curve is sent again this often; its newest loss comes with every change.
SPARK_EVERY_S: Final = 30.0

Listener = Callable[[Sequence[RunSummary], set[str]], None]


class RunsWatch:
    """The summaries of all runs; notebooks are named relative to ``root``, the server's folder."""

    def __init__(self, root: Path, board: RunsBoard | None = None) -> None:
        self._root = Path(os.path.realpath(root))
        self._board = board if board is not None else RunsBoard()
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None
        self._reading = asyncio.Lock()
        self.summaries: tuple[RunSummary, ...] = ()

    def live_pids(self) -> list[int]:
        """Processes of runs that train now on this machine."""
        return sorted(
            {summary.pid for summary in self.summaries if summary.live and summary.pid is not None}
        )

    async def refresh(self) -> set[str]:
        """Read the folders; the ids of runs that changed, came or went."""
        async with self._reading:
            loop = asyncio.get_running_loop()
            summaries = await loop.run_in_executor(None, self._board.refresh)
            before = {summary.id: summary for summary in self.summaries}
            after = {summary.id: summary for summary in summaries}
            self.summaries = tuple(summaries)
        changed = {run_id for run_id, summary in after.items() if before.get(run_id) != summary}
        return changed | (before.keys() - after.keys())

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
                changed = await self.refresh()
                for listener in list(self._listeners) if changed else ():
                    listener(self.summaries, changed)
                failing = False
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
        """``path`` relative to the server's folder, or None when it lies elsewhere."""
        if not path:
            return None
        try:
            relative = Path(os.path.realpath(self._root / path)).relative_to(self._root)
        except (ValueError, OSError):
            return None
        return relative.as_posix()
