"""What the replicas of Ray Serve are: a loaded bundle, and a front."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from starlette.applications import Starlette

from paddle_lab.serving.access import Access
from paddle_lab.serving.app import build_app
from paddle_lab.serving.generation import Settings
from paddle_lab.serving.guard import Service
from paddle_lab.serving.log import Log
from paddle_lab.serving.metrics import Metrics
from paddle_lab.serving.models import Models
from paddle_lab.serving.on_ray.plan import FrontPlan, ModelPlan
from paddle_lab.serving.on_ray.problems import other_bundle
from paddle_lab.serving.on_ray.remote import Handles, Starting
from paddle_lab.serving.worker import loaded, outputs_of

#: Gives how many replicas run, by application.
Running = Callable[[], Mapping[str, int]]
_TOLD_S: Final = 2.0
#: Where a pod has the token of its service.
TOKEN: Final = "PADDLE_LAB_SERVE_TOKEN"


class ModelReplica:
    """One loaded bundle: what a worker process is on one machine."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        asked = ModelPlan.from_json(plan)
        self._program, self._ready = loaded(asked.folder, asked.how)
        if asked.identity not in (None, self._ready["identity"]):
            raise other_bundle(asked.folder)

    def ready(self) -> dict[str, Any]:
        """What it is, and what batches cost here."""
        return self._ready

    def run(self, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """The message that answers a padded batch: its head and its outputs."""
        return outputs_of(self._program, inputs)


def service_of_plan(
    plan: FrontPlan, handles: Handles, lost: tuple[type[Exception], ...], log: Log | None = None
) -> tuple[Service, Starting]:
    """The service of one front, its models to be loaded, and what is told of its replicas."""
    log = log or Log(requests=plan.log_requests)
    apps = {one.place.folder: one.app for one in plan.models}
    starting = Starting(apps, handles, lost, log)
    settings = Settings(
        workers=plan.batches, rows=plan.rows, spare_tokens=plan.spare_tokens, wait_s=plan.wait_s,
        most_waiting=plan.most_waiting, start=starting.start,
    )  # fmt: skip
    metrics = Metrics()
    models = Models([one.place for one in plan.models], settings, metrics, log)
    service = Service(models, metrics, log, plan.bounds, Access(plan.token, plan.loopback))
    return service, starting


async def keep_told(starting: Starting, running: Running, log: Log) -> None:
    """Tell how many replicas run, again and again, until cancelled."""
    while True:
        try:
            starting.told(await asyncio.to_thread(running))
        except Exception as error:  # the controller may be away for a moment; of many kinds
            log.event("not_told", reason=repr(error)[:300])
        await asyncio.sleep(_TOLD_S)


class Front:
    """The application of :mod:`paddle_lab.serving.app` on one node."""

    async def __init__(self, plan: Mapping[str, Any]) -> None:  # type: ignore[misc]
        from paddle_lab.serving.on_ray.handles import handle_of, lost, running

        asked = FrontPlan.from_json(plan)
        if asked.token is None:
            asked = replace(asked, token=os.environ.get(TOKEN, "").strip() or None)
        self._service, starting = service_of_plan(asked, handle_of, lost())
        await self._service.models.load()
        self._told = asyncio.create_task(keep_told(starting, running, self._service.log))

    def __serve_build_asgi_app__(self) -> Starlette:
        """What Ray Serve asks for the application."""
        return build_app(self._service)
