"""Every point of runs' curves as CSV, from their events: nothing is thinned."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, Final

from paddle_lab.runs.events import Event, EventTail
from paddle_lab.runs.folder import RunFolder
from paddle_lab.text.spreadsheet import harmless

#: What spreadsheet programs need to read Chinese names.
_MARK: Final = "\ufeff"
_HEAD: Final = ("run", "kind", "step", "epoch", "time")
_STEP: Final = ("loss", "lr", "samples_per_s", "memory_mb", "gpu_memory_mb")
_LINES_A_CHUNK: Final = 2000


def points_csv(runs: Sequence[tuple[str, RunFolder]]) -> Iterator[str]:
    """The points of the named runs, oldest first, in pieces of some 2,000 lines.

    Steps that a resumption repeated are told once, as it told them. Text that a spreadsheet program
    would run is marked; numbers are numbers. Raises UnusableFile and OSError as ``EventTail``, with
    the first piece for what is no log.
    """
    found = [(name, folder, *_look(folder)) for name, folder in runs]
    metrics = list(dict.fromkeys(metric for *_, names in found for metric in names))
    line = _Lines()
    line.add([*_HEAD, *_STEP, "split", *(f"eval_{metric}" for metric in metrics)])
    yield _MARK
    for name, folder, rewinds, _ in found:
        shown = harmless(name)
        for event in EventTail(folder.events_path).events():
            kind, step = event["kind"], event.get("step")
            if kind not in ("step", "eval") or _is_repeated(event, rewinds):
                continue
            measured = event.get("metrics", {}) if kind == "eval" else {}
            line.add(
                [
                    shown,
                    kind,
                    step,
                    event.get("epoch"),
                    _time(event["t"]),
                    *(event.get(column) if kind == "step" else None for column in _STEP),
                    harmless(str(event["split"])) if kind == "eval" else None,
                    *(measured.get(metric) for metric in metrics),
                ]
            )
            if line.count >= _LINES_A_CHUNK:
                yield line.taken()
    yield line.taken()


class _Lines:
    """Lines of CSV that were not handed on yet."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self.count = 0

    def add(self, cells: Sequence[Any]) -> None:
        self._writer.writerow(cells)
        self.count += 1

    def taken(self) -> str:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        self.count = 0
        return text


def _look(folder: RunFolder) -> tuple[list[tuple[int, int]], list[str]]:
    """Where resumptions took steps back (``seq``, step), and the names of what was measured."""
    rewinds, names = [], dict[str, None]()
    for event in EventTail(folder.events_path).events():
        if event["kind"] == "phase" and "from_step" in event:
            rewinds.append((event["seq"], event["from_step"]))
        elif event["kind"] == "eval":
            names.update(dict.fromkeys(event["metrics"]))
    return rewinds, list(names)


def _is_repeated(event: Event, rewinds: Sequence[tuple[int, int]]) -> bool:
    return any(event["seq"] < seq and event.get("step", 0) > step for seq, step in rewinds)


def _time(moment: float) -> str:
    try:
        return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds")
    except (OverflowError, OSError, ValueError):  # a time that no calendar has
        return ""
