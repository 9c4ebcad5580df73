"""The sidebar over HTTP, for scripts and operators. Every route needs authentication.

None of them counts as activity: a panel or a scraper never keeps an idle server alive.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from paddle_lab.errors import ServerError
from paddle_lab.gpu import wire
from paddle_lab.gpu.backends import choose_backend
from paddle_lab.gpu.history import SPANS
from paddle_lab.gpu.metrics import Collector, exposition
from paddle_lab.gpu.states import BAD_SETTING
from paddle_lab.i18n import T
from paddle_lab.server.base_handler import LabHandler, bad_request
from paddle_lab.server.gpu_diagnostics import diagnostics
from paddle_lab.server.gpu_service import GpuService
from paddle_lab.server.gpu_services import ServiceHandler

SERVICE = "paddle_lab_gpu"
CONFIG = "paddle_lab_config"
MOST_POINTS = 1440


class _Handler(LabHandler):
    @property
    def service(self) -> GpuService:
        service: GpuService = self.settings[SERVICE]
        return service


class SnapshotHandler(_Handler):
    """``GET paddle-lab/snapshot``: ``{"gpus", "host", "owners", "runs", "alerts"}``."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Everything as it is now."""
        self.answer(await snapshot(self.service))


async def snapshot(service: GpuService) -> dict[str, Any]:
    """The JSON snapshot. Takes a sample when the last one is old."""
    sample = await service.fresh_sample()
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
        span = self.choice("range", SPANS)
        points = self.number("points", 180, 1, MOST_POINTS)
        self.answer(await self.service.past(span, points))


class GpusHandler(_Handler):
    """``PUT paddle-lab/gpus`` with ``{"gpus": "simulated:8xA100"}``: which GPUs are shown."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """The setting in force, and whether the administrator fixed it."""
        self.answer({"gpus": self.service.setting, "fixed": self.service.fixed})

    @authenticated
    @authorized
    async def put(self) -> None:
        """Change it. 409 when the administrator fixed it, 400 when it is not understood."""
        wanted = self.json_object().get("gpus")
        if not isinstance(wanted, str):
            raise bad_request(
                'The request is {{"gpus": "auto"}} or another value of PADDLE_LAB_GPUS.',
                '请求的格式为 {{"gpus": "auto"}}，或 PADDLE_LAB_GPUS 的其他取值。',
            )
        wanted = wanted.strip()
        if self.service.fixed and wanted != self.service.setting:
            raise ServerError(
                T(
                    "PADDLE_LAB_GPUS is set by the administrator.",
                    "PADDLE_LAB_GPUS 由管理员设定。",
                ),
                code="server.gpus_fixed",
            )
        if choose_backend(wanted) is None:
            raise ServerError(BAD_SETTING.reason, fix=BAD_SETTING.hint, code="server.bad_request")
        if wanted != self.service.setting:
            self.service.use(wanted)
        self.answer({"gpus": self.service.setting, "fixed": self.service.fixed})


class DoctorHandler(_Handler):
    """``GET paddle-lab/doctor``: the environment doctor's light, from cache when it is recent."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """The light (:meth:`Doctor.light`); ``?again=1`` looks and tries the imports anew."""
        again = self.choice("again", ("", "0", "1")) == "1"
        self.answer(await self.service.doctor.light(again=again))


class DiagnosticsHandler(_Handler):
    """``GET paddle-lab/diagnostics``: what a bug report needs, without names of people or files."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """``{"text": ...}``, ready to be pasted."""
        service = self.service
        sample = await service.fresh_sample()
        text = await self.in_thread(
            "packages",
            diagnostics,
            sample,
            service.setting,
            service.owners.ownership,
            service.runs.summaries,
        )
        self.answer({"text": text})


class MetricsHandler(_Handler):
    """``GET paddle-lab/metrics``: Prometheus gauges, when the operator has switched them on."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """The gauges; 404 with the way to switch them on while they are off."""
        if not self.settings[CONFIG].metrics:
            raise ServerError(
                T("Metrics are off.", "指标接口未开启。"),
                fix=T(
                    "To switch them on: PADDLE_LAB_METRICS=1, or c.PaddleLab.metrics = True",
                    "开启方法：PADDLE_LAB_METRICS=1，或 c.PaddleLab.metrics = True",
                ),
                code="server.no_metrics",
            )
        service = self.service
        await service.fresh_sample()
        await service.runs.refresh()
        await service.owners.refresh()
        body = await self.in_thread("metrics", exposition, Collector(service.latest))
        await self.finish(body, set_content_type="text/plain; version=0.0.4; charset=utf-8")


def routes(base_url: str) -> list[tuple[str, type[LabHandler]]]:
    """The routes below the server's base URL."""
    named: dict[str, type[_Handler]] = {
        "snapshot": SnapshotHandler,
        "history": HistoryHandler,
        "gpus": GpusHandler,
        "doctor": DoctorHandler,
        "diagnostics": DiagnosticsHandler,
        "metrics": MetricsHandler,
    }
    services = url_path_join(base_url, "paddle-lab", "services", r"([0-9a-f]{16})")
    return [
        (services, ServiceHandler),
        *((url_path_join(base_url, "paddle-lab", name), h) for name, h in named.items()),
    ]
