"""The routes of the server extension. Every one needs a login or a token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from paddle_lab.errors import PaddleLabError, RunError, ServerError
from paddle_lab.i18n import T
from paddle_lab.runs import Registry, RunRef
from paddle_lab.runs.board import RunsBoard
from paddle_lab.server.stream import AUTH_RESOURCE, Stream

#: The list over HTTP ends after so many of the newest runs.
MOST_RUNS: Final = 50

Routes = list[tuple[str, type[Any]]]


def routes(base_url: str) -> Routes:
    """All routes, below the server's base URL."""
    run = r"paddle-lab/runs/([^/]+)"
    table = [
        (r"paddle-lab/stream", Stream),
        (r"paddle-lab/runs", RunsHandler),
        (run, RunHandler),
        (run + "/output", RunOutputHandler),
        (run + "/requests", RunRequestsHandler),
    ]
    return [(url_path_join(base_url, pattern), handler) for pattern, handler in table]


def told(method: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a PaddleLabError as JSON in place of a traceback."""

    @wraps(method)
    async def inner(self: Any, *args: Any) -> None:
        try:
            await method(self, *args)
        except PaddleLabError as error:
            self.set_status(404 if isinstance(error, NoSuchRun) else 400)
            self.finish(json.dumps({"error": error.to_json(), "message": str(error)}))

    return inner


class NoSuchRun(RunError):
    """A run id that the registry does not hold."""


class LabHandler(APIHandler):
    """What the handlers share: who may call, and how a run is found."""

    auth_resource = AUTH_RESOURCE
    _track_activity = False

    @property
    def registry(self) -> Registry:
        """The runs of the server's user."""
        registry: Registry = self.settings["paddle_lab_registry"]
        return registry

    async def find(self, run_id: str) -> RunRef:
        """The registered run. Raises NoSuchRun."""
        ref = await asyncio.to_thread(self.registry.get, run_id)
        if ref is None:
            raise NoSuchRun(
                T("No such run on this server.", "此服务器上没有这个运行。"),
                T(
                    "It was removed, or made on another machine.",
                    "它可能已被删除，或是在其他机器上创建的。",
                ),
            )
        return ref

    def answer(self, content: Any) -> None:
        """Send JSON that no cache may keep."""
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(content, ensure_ascii=True))


class RunsHandler(LabHandler):
    """``GET paddle-lab/runs``: the runs, newest first."""

    @authenticated
    @authorized
    @told
    async def get(self) -> None:
        """Summaries of the newest runs."""
        board: RunsBoard = self.settings["paddle_lab_runs"]
        rows = await asyncio.to_thread(board.refresh)
        self.answer({"runs": [row.listed() for row in rows[:MOST_RUNS]]})


class RunHandler(LabHandler):
    """``GET paddle-lab/runs/<id>``: one run's snapshot."""

    @authenticated
    @authorized
    @told
    async def get(self, run_id: str) -> None:
        """The snapshot, as ``schema.json`` has it."""
        from paddle_lab.runs.snapshot import snapshot

        ref = await self.find(run_id)
        self.answer(await asyncio.to_thread(snapshot, ref.folder))


class RunOutputHandler(LabHandler):
    """``GET paddle-lab/runs/<id>/output``: the frozen cell output of a run that is over."""

    @authenticated
    @authorized
    @told
    async def get(self, run_id: str) -> None:
        """A MIME bundle, as the kernel itself would have written it."""
        from paddle_lab.views.frozen import MIME, frozen_bundle

        ref = await self.find(run_id)
        language = "zh" if self.get_query_argument("language", "en") == "zh" else "en"
        bundle = await asyncio.to_thread(frozen_bundle, ref.folder, language, picture=False)
        if not self.get_query_argument("chosen", ""):
            bundle[MIME].pop("language")  # only this reader's: the next one sees their own
        self.answer({"data": bundle})


class RunRequestsHandler(LabHandler):
    """``POST paddle-lab/runs/<id>/requests``: ask a run to stop, pause or resume."""

    @authenticated
    @authorized
    @told
    async def post(self, run_id: str) -> None:
        """Append a request; the run heeds it by itself."""
        body = self.get_json_body()
        if not isinstance(body, dict):
            raise ServerError(T("The request is not a JSON object.", "请求不是 JSON 对象。"))
        ref = await self.find(run_id)
        request = await asyncio.to_thread(
            ref.folder.ask, str(body.get("ask")), str(body.get("when", "step")), "server"
        )
        self.set_status(201)
        self.answer({"ask": request.ask, "when": request.when, "t": request.t})
