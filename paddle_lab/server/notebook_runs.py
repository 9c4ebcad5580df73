"""The runs of one notebook: by them a page that is opened shows again what it lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from paddle_lab.runs.folder import RunFolder
from paddle_lab.runs.summary import UNREADABLE, RunSummary
from paddle_lab.server.base_handler import LabHandler
from paddle_lab.server.gpu_routes import SERVICE
from paddle_lab.server.gpu_runs import RunsWatch
from paddle_lab.server.gpu_service import GpuService
from paddle_lab.views.frozen import live_bundle

#: The newest runs of a notebook; older ones stand in its file.
MOST_RUNS: Final = 50


class NotebookRunsHandler(LabHandler):
    """``GET paddle-lab/notebook-runs?path=lesson.ipynb``: its runs with their cells, oldest first.

    Those of a notebook that is not there any more are among them: this one may be it, renamed, if
    it has their cells.
    """

    @authenticated
    @authorized
    async def get(self) -> None:
        """``{"runs": [{"id", "cell", "execution", "count", "shown", "live", "ended", "data"}]}``.

        ``shown`` and ``ended`` are seconds since the epoch, ``data`` is the MIME bundle that shows
        the run.
        """
        service: GpuService = self.settings[SERVICE]
        path = self.query("path", "").strip("/")
        await service.runs.refresh()
        notebooks = await service.kernels.notebooks()
        found = await self.in_thread(
            "runs of a notebook", runs_of, path, service.runs.summaries, notebooks, service.runs
        )
        self.answer({"runs": found})


def runs_of(
    path: str, summaries: Sequence[RunSummary], notebooks: Mapping[str, str], watch: RunsWatch
) -> list[dict[str, Any]]:
    """The newest runs that a cell of the notebook shows, oldest first. Blocking.

    ``notebooks`` are those of the kernels that live: one that was renamed meanwhile is known by
    its kernel, others by where they were when their kernel began.
    """
    found: list[dict[str, Any]] = []
    for summary in summaries:
        shown = RunFolder(Path(summary.folder)).shown_in() if summary.state != UNREADABLE else None
        if shown is not None and shown["cell"] and _is_of(path, shown, notebooks, watch):
            found.append(_row(summary, shown))
        if len(found) == MOST_RUNS:
            break
    return found[::-1]


def _is_of(
    path: str, shown: Mapping[str, Any], notebooks: Mapping[str, str], watch: RunsWatch
) -> bool:
    where = notebooks.get(shown["kernel"] or "")
    if where is not None or shown["notebook"] is None:
        return where == path
    inside, is_there = watch.place_of(shown["notebook"])
    return inside == path or not is_there


def _row(summary: RunSummary, shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": summary.id,
        **{name: shown[name] for name in ("cell", "execution", "count", "shown")},
        "live": summary.live,
        "ended": None if summary.live else summary.ended or summary.heard,
        "data": live_bundle(summary.id, summary.name, summary.folder, shown["language"]),
    }
