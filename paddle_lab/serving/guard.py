"""What all routes have: who may ask, how many at once, errors as JSON, log and figures."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from paddle_lab.errors import PaddleLabError
from paddle_lab.serving.access import Access
from paddle_lab.serving.log import Log
from paddle_lab.serving.metrics import Metrics
from paddle_lab.serving.models import Models
from paddle_lab.serving.problems import (
    ENDING,
    Refused,
    answer_of,
    busy,
    fault,
    no_such_page,
    not_ready,
    status_of,
    wrong_method,
)
from paddle_lab.serving.requests import Bounds

_CLIENT_LEFT: Final = 499
#: Below it errors have the form of the Open Inference Protocol.
PROTOCOL: Final = "/v2"

Answering = Callable[[Request], Awaitable[Response]]


@dataclass
class Service:
    """All that the routes share."""

    models: Models
    metrics: Metrics
    log: Log
    bounds: Bounds = field(default_factory=Bounds)
    access: Access = field(default_factory=Access)
    most_requests: int = 1024
    ending: bool = False
    in_flight: int = 0


def service_of(request: Request) -> Service:
    """What the routes share."""
    found = request.app.state.service
    assert isinstance(found, Service)
    return found


def guarded(service: Service, route: str, answer: Answering, *, token: bool = True) -> Answering:
    """The route with what all have: who may ask, how many at once, errors as JSON, log, figures."""

    async def answered(request: Request) -> Response:
        began, code = time.monotonic(), ""
        try:
            service.access.check(request.headers, token=token)
            if request.method == "POST":
                response = await _counted(service, request, answer)
            else:
                response = await answer(request)
        except ClientDisconnect:
            response, code = Response(status_code=_CLIENT_LEFT), "client_left"
        except Refused as refused:
            response, code = refusal(request, refused), refused.error.code
        except PaddleLabError as error:
            response, code = refusal(request, Refused(error)), error.code
        except Exception as error:
            service.log.fault(error, route)
            response, code = refusal(request, fault()), "server.fault"
        service.metrics.requests.labels(route, str(response.status_code), code).inc()
        service.log.request(request.method, route, response.status_code, began, code=code)
        return response

    return answered


async def _counted(service: Service, request: Request, answer: Answering) -> Response:
    if service.ending:
        raise not_ready(ENDING)
    if service.in_flight >= service.most_requests:
        raise busy(1)
    service.in_flight += 1
    try:
        return await answer(request)
    finally:
        service.in_flight -= 1


async def elsewhere(request: Request, error: Exception) -> Response:
    """What has no route, or another method."""
    status = getattr(error, "status_code", 500)
    if status == 405:
        return refusal(request, wrong_method(request.method))
    return refusal(request, no_such_page(request.url.path) if status == 404 else fault())


def language_of(request: Request) -> str:
    """The reader's, as its program says it."""
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


def refusal(request: Request, refused: Refused) -> Response:
    """The answer that tells of an error."""
    headers = {"Retry-After": str(refused.retry_s)} if refused.retry_s is not None else {}
    status = status_of(refused.error)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = answer_of(refused.error, language_of(request))
    if request.url.path.startswith(f"{PROTOCOL}/"):
        body = {"error": body["message"], "code": refused.error.code}
    return as_json(body, status, headers)


def as_json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer as JSON."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8"), status, headers, "application/json")
