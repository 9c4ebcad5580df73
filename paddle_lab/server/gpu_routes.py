"""The sidebar over HTTP, for scripts and operators. Every route needs authentication.

None of them counts as activity: a panel or a scraper never keeps an idle server alive.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

from paddle_lab.gpu import wire
from paddle_lab.gpu.backends import choose_backend
from paddle_lab.gpu.metrics import Collector, exposition
from paddle_lab.gpu.states import BAD_SETTING
from paddle_lab.runs.events import finite
from paddle_lab.server.gpu_diagnostics import diagnostics
from paddle_lab.server.gpu_service import FRESH_S, GpuService
from paddle_lab.server.stream import AUTH_RESOURCE

SERVICE = "paddle_lab_gpu"
CONFIG = "paddle_lab_config"


class _Handler(APIHandler):
    auth_resource = AUTH_RESOURCE
    _track_activity = False

    @property
    def service(self) -> GpuService:
        service: GpuService = self.settings[SERVICE]
        return service

    async def in_thread(self, function: Any, *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, function, *args)


class SnapshotHandler(_Handler):
    """``GET paddle-lab/snapshot``: ``{"gpus", "host", "owners", "runs", "alerts"}``."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Everything as it is now."""
        found = await snapshot(self.service)
        await self.finish(json.dumps(finite(found), allow_nan=False))


async def snapshot(service: GpuService) -> dict[str, Any]:
    """The JSON snapshot. Takes a sample when the last one is old."""
    sample = await service.fresh_sample(time.time() - FRESH_S)
    await service.runs.refresh()
    ownership = await service.owners.refresh()
    found: dict[str, Any] = wire.snapshot(sample) if sample else {"gpus": [], "host": None}
    return {
        **found,
        "owners": ownership.to_json()["owners"],
        "owner_notes": ownership.to_json()["notes"],
        "runs": [service.runs.to_json(summary) for summary in service.runs.summaries],
        "alerts": [alert.to_json() for alert in list(service.watchdog.active.values())],
    }


class HistoryHandler(_Handler):
    """``GET paddle-lab/history?range=15m|6h&points=360``: the past of every GPU and the host."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """``{"step", "end", "tracks": {uuid: {"busy", "used"}}}``."""
        span = self.get_query_argument("range", "15m")
        points = self.get_query_argument("points", "180")
        if span not in ("15m", "6h") or not points.isdigit() or not 1 <= int(points) <= 1440:
            raise HTTPError(400, "range is 15m or 6h, points 1 to 1440")
        past = self.service.sampler.history
        window = await self.in_thread(past.window, span, time.time(), int(points))
        await self.finish(json.dumps(window, allow_nan=False))


class GpusHandler(_Handler):
    """``PUT paddle-lab/gpus`` with ``{"gpus": "simulated:8xA100"}``: which GPUs are shown."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """The setting in force, and whether the administrator fixed it."""
        await self.finish({"gpus": self.service.setting, "fixed": self.service.fixed})

    @authenticated
    @authorized
    async def put(self) -> None:
        """Change it. 409 when the administrator fixed it, 400 when it is not understood."""
        body = self.get_json_body()
        if not isinstance(body, dict) or not isinstance(body.get("gpus"), str):
            raise HTTPError(400, 'the body is {"gpus": "auto"} or another value of PADDLE_LAB_GPUS')
        wanted = body["gpus"].strip()
        if self.service.fixed and wanted != self.service.setting:
            raise HTTPError(409, "PADDLE_LAB_GPUS is set by the administrator")
        if choose_backend(wanted) is None:
            raise HTTPError(400, str(BAD_SETTING))
        if wanted != self.service.setting:
            self.service.use(wanted)
        await self.finish({"gpus": self.service.setting, "fixed": self.service.fixed})


class DoctorHandler(_Handler):
    """``GET paddle-lab/doctor``: the environment doctor's light, from cache when it is recent."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """``{"light", "headline", "errors", "warnings", "first"}``; ``?again=1`` looks anew."""
        again = self.get_query_argument("again", "") == "1"
        await self.finish(await self.service.doctor.light(again=again))


class DiagnosticsHandler(_Handler):
    """``GET paddle-lab/diagnostics``: what a bug report needs, without names of people or files."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """``{"text": ...}``, ready to be pasted."""
        sample = await self.service.fresh_sample(time.time() - FRESH_S)
        service = self.service
        text = await self.in_thread(
            diagnostics, sample, service.setting, service.owners.ownership, service.runs.summaries
        )
        await self.finish({"text": text})


class MetricsHandler(_Handler):
    """``GET paddle-lab/metrics``: Prometheus gauges, when the operator has switched them on."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """The gauges; 404 with the way to switch them on while they are off."""
        if not self.settings[CONFIG].metrics:
            raise HTTPError(
                404,
                "Metrics are off. To switch them on: PADDLE_LAB_METRICS=1, or "
                "c.PaddleLab.metrics = True",
            )
        service = self.service
        await service.fresh_sample(time.time() - FRESH_S)
        await service.runs.refresh()
        await service.owners.refresh()
        body = await self.in_thread(exposition, Collector(service.latest))
        await self.finish(body, set_content_type="text/plain; version=0.0.4; charset=utf-8")


def routes(base_url: str) -> list[tuple[str, type[_Handler]]]:
    """The routes below the server's base URL."""
    named: dict[str, type[_Handler]] = {
        "snapshot": SnapshotHandler,
        "history": HistoryHandler,
        "gpus": GpusHandler,
        "doctor": DoctorHandler,
        "diagnostics": DiagnosticsHandler,
        "metrics": MetricsHandler,
    }
    return [(url_path_join(base_url, "paddle-lab", name), h) for name, h in named.items()]
