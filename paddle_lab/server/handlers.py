"""The routes of runs, and the table of all routes. Every one needs a login or a token."""

from __future__ import annotations

import functools
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from paddle_lab.runs import RunFolder
from paddle_lab.runs.removal import remove_files
from paddle_lab.runs.requests import ASKS, WHENS
from paddle_lab.runs.snapshot import snapshot
from paddle_lab.server.base_handler import UnknownRoute, bad_request
from paddle_lab.server.gpu_routes import SERVICE
from paddle_lab.server.gpu_service import GpuService
from paddle_lab.server.notebook_runs import NotebookRunsHandler
from paddle_lab.server.queue_handler import EarlierHandler
from paddle_lab.server.run_changes import RunAboutHandler, RunPageHandler
from paddle_lab.server.run_handler import RunRouteHandler
from paddle_lab.server.run_logs import RunLogsHandler
from paddle_lab.server.run_table import CompareHandler, PointsHandler, RunTableHandler
from paddle_lab.server.stream import Stream

#: The list over HTTP ends after so many of the newest runs.
MOST_RUNS: Final = 50

Routes = list[tuple[str, type[Any]]]


def routes(base_url: str) -> Routes:
    """All routes of runs, below the server's base URL; the last takes what no other does."""
    run = r"paddle-lab/runs/([^/]+)"
    table = [
        (r"paddle-lab/stream", Stream),
        (r"paddle-lab/runs", RunsHandler),
        (r"paddle-lab/notebook-runs", NotebookRunsHandler),
        (r"paddle-lab/run-table", RunTableHandler),
        (r"paddle-lab/compare", CompareHandler),
        (r"paddle-lab/points", PointsHandler),
        (run, RunHandler),
        (run + "/output", RunOutputHandler),
        (run + "/requests", RunRequestsHandler),
        (run + "/earlier", EarlierHandler),
        (run + "/logs", RunLogsHandler),
        (run + "/page", RunPageHandler),
        (run + "/about", RunAboutHandler),
        (r"paddle-lab/.*", UnknownRoute),
    ]
    return [(url_path_join(base_url, pattern), handler) for pattern, handler in table]


class RunsHandler(RunRouteHandler):
    """``GET paddle-lab/runs``: the runs, newest first."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Summaries of the newest runs."""
        service: GpuService = self.settings[SERVICE]
        await service.runs.refresh()
        rows = service.runs.summaries[:MOST_RUNS]
        self.answer({"runs": [row.listed() for row in rows]})


class RunHandler(RunRouteHandler):
    """``GET paddle-lab/runs/<id>``: one run's snapshot; ``DELETE`` removes the run."""

    @authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """The snapshot, as ``schema.json`` has it."""
        self.answer(await self.read(await self.find(run_id), snapshot))

    @authenticated
    @authorized
    async def delete(self, run_id: str) -> None:
        """Remove the run's folder. 409 for a live run, and for a folder with files of others."""
        ref = await self.find(run_id)
        await self.in_thread(f"run {ref.id}", remove_files, self.registry, ref)
        self.answer({"removed": ref.id})


class RunOutputHandler(RunRouteHandler):
    """``GET paddle-lab/runs/<id>/output``: the frozen cell output of a run that is over."""

    @authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """A MIME bundle, as the kernel itself would have written it."""
        language = self.choice("language", ("en", "zh"))
        chosen = self.choice("chosen", ("", "0", "1"))
        bundle = await self.read(await self.find(run_id), _frozen, language, chosen == "1")
        self.answer({"data": bundle})


def _frozen(folder: RunFolder, language: str, chosen: bool) -> dict[str, Any]:
    """In a thread: what it imports takes a moment, too."""
    from paddle_lab.views.frozen import MIME, frozen_bundle

    bundle = frozen_bundle(folder, language, picture=False)
    if not chosen:
        bundle[MIME].pop("language")  # only this reader's: the next one sees their own
    return bundle


class RunRequestsHandler(RunRouteHandler):
    """``POST paddle-lab/runs/<id>/requests``: ask a run to stop, pause or resume."""

    @authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Append a request; the run acts on it by itself."""
        body = self.json_object()
        ask, when, save = body.get("ask"), body.get("when", "step"), body.get("save", True)
        if ask not in ASKS or when not in WHENS or not isinstance(save, bool):
            raise bad_request(
                'The request is {{"ask": one of {asks}, "when": one of {whens}, "save": true or '
                "false}}.",
                '请求的格式为 {{"ask": {asks} 之一, "when": {whens} 之一, "save": true 或 '
                "false}}。",
                asks=", ".join(ASKS),
                whens=", ".join(WHENS),
            )
        ref = await self.find(run_id)
        append = functools.partial(ref.folder.ask, ask, when, "server", save=save)
        request = await self.in_thread(f"requests of {ref.id}", append)
        self.set_status(201)
        self.answer({"ask": request.ask, "when": request.when, "t": request.t})
