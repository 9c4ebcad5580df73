"""The service that load balancers and Kubernetes ask whether requests are taken."""

from __future__ import annotations

from typing import Any, Final

from paddle_lab.serving.guard import Service
from paddle_lab.serving.rpc.guard import Call, guarded
from paddle_lab.serving.rpc.messages import HEALTH, INFERENCE, message

_SERVING: Final = 1
_NOT_SERVING: Final = 2


def methods(service: Service) -> dict[str, Any]:
    """``Check``; who asks for ``Watch`` is told that it is not there, and asks again."""
    route = f"/{HEALTH}/Check"
    return {"Check": guarded(service, route, "HealthCheckRequest", check, token=False)}


async def check(call: Call) -> Any:
    """Whether every model, or the one that is named, would take a request."""
    name = call.message().service
    if name in ("", INFERENCE):
        ready = call.service.is_ready
    else:
        ready = call.service.models.find(name).is_ready and not call.service.ending
    return message("HealthCheckResponse")(status=_SERVING if ready else _NOT_SERVING)
