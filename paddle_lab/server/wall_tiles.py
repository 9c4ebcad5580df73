"""The tiles of the wall: which runs stand there, in which order, and what each says.

A tile belongs to a notebook (or to a run that has none) and keeps its place: when the cell is run
again, the new run takes the place of the one that has ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from paddle_lab.gpu.alert import Limits
from paddle_lab.gpu.silences import Silences
from paddle_lab.i18n import T, Text
from paddle_lab.runs.summary import UNREADABLE, RunSummary
from paddle_lab.text.numbers import smooth
from paddle_lab.text.short import shortened

Tile = dict[str, Any]
Named = Callable[[RunSummary], str | None]
_Seat = tuple[str, str]

#: How long a run that has ended is shown, where no newer one has taken its place.
RECENT_S: Final = 2 * 3600.0
#: A run whose process cannot be seen from here, silent for so long, is over.
GONE_S: Final = 3600.0
#: More cannot be read from afar; those that live or are in trouble are shown first.
MOST_TILES: Final = 120
#: Heights of the curve are whole numbers from 0 to this.
HIGHEST: Final = 99
_MOST_SEATS: Final = 5_000
_LONGEST_TITLE: Final = 60
_LONGEST_LINE: Final = 160
_BAD: Final = ("failed", "crashed", UNREADABLE)


class Wall:
    """Places of the tiles, kept for as long as the server lives. Not safe for several threads.

    ``person`` says whose a run is, None where nobody can say; ``notebook`` names its notebook.
    """

    def __init__(self, person: Named, notebook: Named) -> None:
        self._person = person
        self._notebook = notebook
        self._places: dict[_Seat, int] = {}
        self._silences = Silences()

    def tiles(self, runs: Sequence[RunSummary], own: Mapping[str, Any]) -> tuple[list[Tile], int]:
        """The tiles in their order, and how many runs have no room; ``own`` have a page here."""
        now, steady = time.time(), time.monotonic()
        silent = {
            run.id: self._silences.seconds(run.id, run.heard or run.created, now, steady)
            for run in runs
            if run.live
        }
        self._silences.forget(steady)
        seats: dict[_Seat, list[RunSummary]] = {}
        for run in sorted(runs, key=lambda run: (run.created, run.id)):
            if _is_shown(run, silent.get(run.id, 0.0), now):
                seats.setdefault(self._seat(run), []).append(run)
        if len(self._places) > _MOST_SEATS:
            self._places = {seat: self._places[seat] for seat in seats if seat in self._places}
        for seat in seats:
            self._places.setdefault(seat, 1 + max(self._places.values(), default=0))
        shown = [
            self._tile(run, silent.get(run.id, 0.0), run.id in own)
            for seat in sorted(seats, key=self._places.__getitem__)
            for run in _of_seat(seats[seat])
        ]
        if len(shown) <= MOST_TILES:
            return shown, 0
        first = sorted(shown, key=lambda tile: not (tile["live"] or tile["trouble"]))[:MOST_TILES]
        kept = {tile["id"] for tile in first}
        return [tile for tile in shown if tile["id"] in kept], len(shown) - MOST_TILES

    def _seat(self, run: RunSummary) -> _Seat:
        return (self._person(run) or "", run.notebook or f"run {run.id}")

    def _tile(self, run: RunSummary, silent: float, own: bool) -> Tile:
        person, notebook = self._person(run), _short_path(self._notebook(run))
        title = person or notebook or run.name
        parts = (notebook if person else None, run.name, run.task)
        line = " · ".join(dict.fromkeys(part for part in parts if part and part != title))
        losses = [loss for loss in run.spark if loss is not None]
        return {
            "id": run.id,
            "title": shortened(title, _LONGEST_TITLE),
            "line": shortened(line, _LONGEST_LINE),
            "own": own,
            "state": "stopping" if run.live and run.stopping else run.state,
            "live": run.live,
            "trouble": _trouble(run, silent),
            "percent": _percent(run),
            "left": _rounded(run.left_s) if run.live else None,
            "figure": _figure(run),
            "loss": [losses[0], losses[-1]] if losses else None,
            "curve": _heights(losses),
        }


def _is_shown(run: RunSummary, silent: float, now: float) -> bool:
    if run.live:
        return run.pid is not None or silent < GONE_S
    # A clock of another machine may be ahead of ours.
    return abs(now - (run.ended or run.heard or run.created)) < RECENT_S


def _of_seat(runs: Sequence[RunSummary]) -> Sequence[RunSummary]:
    """Those that live; of those that have ended, the newest."""
    return [run for run in runs if run.live] or runs[-1:]


def _short_path(path: str | None) -> str | None:
    """A notebook by its name and that of its folder: in a class many have the same name."""
    return "/".join(PurePosixPath(path).with_suffix("").parts[-2:]) if path else None


def _percent(run: RunSummary) -> int:
    if run.state == "finished":
        return 100
    steps = run.step / run.total_steps if run.total_steps else 0.0
    return int(100 * min(1.0, steps if run.share is None else run.share))


def _rounded(seconds: float | None) -> int | None:
    """As exact as it is shown: minutes, and in the last one steps of five seconds."""
    if seconds is None:
        return None
    return 60 * round(seconds / 60) if seconds >= 57.5 else max(5, 5 * round(seconds / 5))


def _figure(run: RunSummary) -> list[Any] | None:
    """Part of the data ("" for the report's), metric, value. Without one the loss is shown."""
    if run.result and not run.live:
        return ["", *run.result]
    return ["dev", *run.best] if run.best else None


def _heights(losses: Sequence[float]) -> list[int]:
    """The smoothed curve, from its lowest to its highest; noise never looks like a fall."""
    calm = [loss for loss in smooth(losses) if loss is not None]
    if not calm:
        return []
    highest = max(calm)
    lowest = min(*calm, 0.8 * highest)
    span = (highest - lowest) or 1.0
    return [round(HIGHEST * (loss - lowest) / span) for loss in calm]


def _trouble(run: RunSummary, silent: float) -> dict[str, str] | None:
    text = _what_is_wrong(run, silent)
    if text is None:
        return None
    return {key: shortened(said, _LONGEST_LINE) for key, said in text.to_json().items()}


def _what_is_wrong(run: RunSummary, silent: float) -> Text | None:
    if run.state in _BAD:
        return run.reason or _first_line(run.error) or T("its process is gone", "进程已消失")
    if run.no_bundle:
        return T("its export failed", "导出失败")
    if run.state in ("starting", "training", "finishing") and silent > Limits.stalled_s:
        minutes = int(silent // 60)
        return T("nothing new for {n} min", "{n} 分钟没有进展", n=minutes)
    if run.state != "training":
        return None
    if run.loss_lost:
        return T("the loss is no longer a number", "损失已不是数字（NaN）")
    return T("the loss does not fall", "损失没有下降") if run.loss_flat else None


def _first_line(error: Mapping[str, Any] | None) -> Text | None:
    """What an ``end`` event says went wrong, which its schema has checked."""
    what = (error or {}).get("what")
    if what is None:
        return None
    return Text(what["en"], what["zh"])
