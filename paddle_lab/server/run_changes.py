"""The page of one run over HTTP: what can be done with it, and what a person writes about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from paddle_lab.runs import RunFolder, RunRef
from paddle_lab.runs.about import read_about, write_about
from paddle_lab.runs.reproduce import commands
from paddle_lab.runs.spec import OWN_TRAINER
from paddle_lab.server.base_handler import bad_request
from paddle_lab.server.gpu_routes import SERVICE
from paddle_lab.server.gpu_runs import RunsWatch
from paddle_lab.server.gpu_service import GpuService
from paddle_lab.server.run_handler import RunRouteHandler

_RESUMABLE = ("crashed", "aborted", "stopped", "failed")


class RunPageHandler(RunRouteHandler):
    """``GET paddle-lab/runs/<id>/page``: ``RunPage`` of ``page.schema.json``."""

    @authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Name, note, places, and the magics of what can be done now."""
        ref = await self.find(run_id)
        service: GpuService = self.settings[SERVICE]
        self.answer(await self.read(ref, _page, ref, service.runs))


def _page(folder: RunFolder, ref: RunRef, watch: RunsWatch) -> dict[str, Any]:
    info, spec, state, about = folder.info(), folder.spec(), folder.state(), read_about(folder)
    ours = spec.train != OWN_TRAINER and not state.live
    trained = bool(state.checkpoints) or state.state == "finished"
    more = commands(replace(spec, model=ref.id))["magic"] if ours and trained else None
    resume = f"%ernie_finetune --resume {ref.id}" if ours and state.state in _RESUMABLE else None
    lacking = ours and trained and not folder.has_bundle()
    notebook = info.get("notebook")
    return {
        "id": ref.id,
        "name": about.name or ref.name,
        "note": about.note,
        "state": state.state,
        "live": state.live,
        "more": more,
        "resume": resume,
        "export": f"%ernie_export {ref.id}" if lacking else None,
        "notebook": watch.find_inside(notebook) if notebook else None,
        "folder": watch.find_inside(str(folder.path)),
    }


class RunAboutHandler(RunRouteHandler):
    """``PUT paddle-lab/runs/<id>/about`` with ``{"name": ..., "note": ...}``, one or both."""

    @authenticated
    @authorized
    async def put(self, run_id: str) -> None:
        """Change what stands about the run; what is not named stays. Answers both."""
        body = self.json_object()
        given = {key: body[key] for key in ("name", "note") if key in body}
        if not given or not all(isinstance(value, str) for value in given.values()):
            raise bad_request(
                'The request is {{"name": "...", "note": "..."}}, one of them or both.',
                '请求的格式为 {{"name": "...", "note": "..."}}，可只含其一。',
            )
        ref = await self.find(run_id)
        self.answer(await self.read(ref, _write, ref, given))


def _write(folder: RunFolder, ref: RunRef, given: dict[str, str]) -> dict[str, Any]:
    about = write_about(folder, **given)
    return {"name": about.name or ref.name, "note": about.note}
