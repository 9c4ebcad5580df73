"""The topic ``wall``: a tile for each run of this server, and below the folder of a workshop.

A tab gets a ``snapshot`` of all tiles, then at most one ``delta`` a second for all runs together:
``tiles`` holds those that are new, and what changed of others, ``order`` the ids of all where it
changed, ``moved`` place, percent and seconds left of those of which nothing else did. Of the curves
that grew, one comes with each message, so that many runs cost hardly more than a few.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from paddle_lab.i18n import T
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.shared import SharedRuns
from paddle_lab.runs.summary import RunSummary
from paddle_lab.server.gpu_runs import PERIOD_S, RunsWatch
from paddle_lab.server.gpu_service import GpuService
from paddle_lab.server.hub import Hub
from paddle_lab.server.readers import DiskSilent, Readers
from paddle_lab.server.topics import Message, Publish
from paddle_lab.server.wall_tiles import Tile, Wall

LOG = logging.getLogger(__name__)

#: Of the runs below the shared folder the newest so many are read.
MOST_SHARED: Final = 400
#: Runs that were never read are read so long in one second; the others come with the next.
READING_S: Final = 2.0
_MOVING: Final = {"percent", "left"}
_CURVE: Final = ("curve", "loss")


class WallRuns:
    """The runs that the wall shows: those of this server, and those below ``shared``."""

    def __init__(self, runs: RunsWatch, readers: Readers, shared: Path | None) -> None:
        self.watch = runs
        self._readers = readers
        self._shared = SharedRuns(shared) if shared is not None else None
        self._board = RunsBoard(self._shared, MOST_SHARED) if self._shared else None
        self._others: list[RunSummary] = []
        self._failing = False
        self._wall = Wall(self._person, lambda run: runs.inside(run.notebook) or run.notebook)
        self.note: dict[str, str] | None = None

    async def look(self) -> tuple[list[Tile], int]:
        """The tiles now, and how many have no room. What cannot be read stays as it was."""
        with suppress(DiskSilent):
            await self.watch.refresh(PERIOD_S)
        if self._board is not None:
            await self._read_shared(self._board)
        own = {run.id: run for run in self.watch.summaries}
        places = {run.folder for run in own.values()}
        others = [run for run in self._others if run.folder not in places]
        return self._wall.tiles([*own.values(), *others], own)

    async def _read_shared(self, board: RunsBoard) -> None:
        reason = None
        try:
            self._others = await self._readers.run("shared runs", board.refresh, READING_S)
        except DiskSilent as error:
            reason = str(error)
        except Exception as error:  # whatever lies there, this server's own runs stay shown
            reason = repr(error)
            if not self._failing:
                LOG.exception("the shared runs could not be read; they are tried again")
        self._failing = reason is not None
        if self._shared is not None:
            reason = reason or self._shared.trouble
            self.note = _not_read(self._shared.root, reason) if reason else None

    def _person(self, run: RunSummary) -> str | None:
        return self._shared.person_of(run.folder) if self._shared else None


def _not_read(folder: Path, reason: str) -> dict[str, str]:
    return T(
        "The shared folder {path} cannot be read: {reason}",
        "无法读取共享目录 {path}：{reason}",
        path=folder,
        reason=reason,
    ).to_json()


class WallTopic:
    """Looks once a second while somebody listens, and tells what changed on the wall."""

    def __init__(self, runs: WallRuns, publish: Publish, period_s: float = PERIOD_S) -> None:
        self._runs = runs
        self._publish = publish
        self._period_s = period_s
        self._task: asyncio.Task[None] | None = None
        self._told: list[Tile] = []
        self._head: dict[str, Any] = {}
        self._drawn: dict[str, int] = {}
        self._seq = self._count = 0

    async def start(self) -> None:
        """Begin to look; the runs of this server are followed meanwhile."""
        self._runs.watch.listen(_ignore)
        await self._look(tell=False)
        self._task = asyncio.create_task(self._follow(), name="paddle-lab-wall")

    async def stop(self) -> None:
        """Look no more."""
        await self._runs.watch.leave(_ignore)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def initial_messages(self, since: int | None) -> list[Message]:
        """All tiles as they were last told; deltas go on from there."""
        return [{"type": "snapshot", "seq": self._seq, "tiles": self._told, **self._head}]

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._period_s)
            try:
                await self._look()
            except Exception:  # one bad moment must not end the wall for the whole lesson
                LOG.exception("the wall could not be drawn; it is tried again")

    async def _look(self, *, tell: bool = True) -> None:
        tiles, more = await self._runs.look()
        head = {"more": more, "note": self._runs.note}
        news = self._news(tiles)
        if head != self._head:
            self._head = head
            news.update(head)
        if news and tell:
            self._seq += 1
            self._publish({"type": "delta", "seq": self._seq, **news})

    def _news(self, tiles: list[Tile]) -> dict[str, Any]:
        """What a tab lacks that was told everything before; from now on that is told."""
        before = {tile["id"]: tile for tile in self._told}
        turn = self._turn(tiles, before)
        changed: list[dict[str, Any]] = []
        moved: list[list[int | None]] = []
        now: list[Tile] = []
        for place, whole in enumerate(tiles):
            known = before.get(whole["id"], {})
            waits = known and whole["id"] != turn and whole["state"] == known["state"]
            tile = {**whole, **{key: known[key] for key in _CURVE}} if waits else whole
            now.append(tile)
            part = {key: tile[key] for key in tile if key not in known or known[key] != tile[key]}
            if part.keys() <= _MOVING:
                if part:
                    moved.append([place, tile["percent"], tile["left"]])
            else:
                changed.append({"id": tile["id"], **part})
        order = [tile["id"] for tile in now]
        same = order == [tile["id"] for tile in self._told]
        self._told = now
        news: dict[str, Any] = {} if same else {"order": order}
        if changed:
            news["tiles"] = changed
        if moved:
            news["moved"] = moved
        return news

    def _turn(self, tiles: list[Tile], before: dict[str, Tile]) -> str | None:
        """The run whose curve is drawn now: of those that grew, the one drawn longest ago."""
        grown = [
            tile["id"]
            for tile in tiles
            if any(before.get(tile["id"], tile)[key] != tile[key] for key in _CURVE)
        ]
        self._count += 1
        known = {tile["id"] for tile in tiles}
        self._drawn = {name: at for name, at in self._drawn.items() if name in known}
        turn = min(grown, key=lambda name: self._drawn.get(name, 0), default=None)
        if turn is not None:
            self._drawn[turn] = self._count
        return turn


def _ignore(summaries: object, changed: object) -> None:
    """The wall looks at the summaries when its second has come."""


def add_wall(server: Any, hub: Hub, readers: Readers, service: GpuService, folder: str) -> None:
    """Add the topic to ``server``; ``folder`` is the workshop's, "" for none.

    ``PADDLE_LAB_WALL_DIR`` weighs more. A folder is named by whoever starts the server alone,
    never by a request.
    """
    wanted = os.environ.get("PADDLE_LAB_WALL_DIR", "").strip() or folder
    shared = Path(server.root_dir, Path(wanted).expanduser()) if wanted else None
    runs = WallRuns(service.runs, readers, shared)
    hub.register("wall", lambda name, publish: WallTopic(runs, publish))
