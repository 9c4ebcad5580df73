"""What all routes have: who may ask, how many at once, errors as JSON, log and figures."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
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

    @property
    def is_ready(self) -> bool:
        """Whether every model would take a request."""
        return self.models.are_ready and not self.ending

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """One request more within the block. Raises Refused at the end, and for too many."""
        if self.ending:
            raise not_ready(ENDING)
        if self.in_flight >= self.most_requests:
            raise busy(1)
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    def refused(self, error: Exception, route: str) -> Refused:
        """What a request is told that ``error`` ended; a mistake of ours goes to the log."""
        if isinstance(error, Refused):
            return error
        if isinstance(error, PaddleLabError):
            return Refused(error)
        self.log.fault(error, route)
        return fault()


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
                with service.counted():
                    response = await answer(request)
            else:
                response = await answer(request)
        except ClientDisconnect:
            response, code = Response(status_code=_CLIENT_LEFT), "client_left"
        except Exception as error:
            refused = service.refused(error, route)
            response, code = refusal(request, refused), refused.error.code
        service.metrics.requests.labels(route, str(response.status_code), code).inc()
        service.log.request(request.method, route, response.status_code, began, code=code)
        return response

    return answered


async def elsewhere(request: Request, error: Exception) -> Response:
    """What has no route, or another method."""
    status = getattr(error, "status_code", 500)
    if status == 405:
        return refusal(request, wrong_method(request.method))
    return refusal(request, no_such_page(request.url.path) if status == 404 else fault())


def language_of(headers: Mapping[str, str]) -> str:
    """The reader's, as its program says it."""
    return "zh" if headers.get("accept-language", "").lower().startswith("zh") else "en"


def refusal(request: Request, refused: Refused) -> Response:
    """The answer that tells of an error."""
    headers = {"Retry-After": str(refused.retry_s)} if refused.retry_s is not None else {}
    status = status_of(refused.error)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = answer_of(refused.error, language_of(request.headers))
    if request.url.path.startswith(f"{PROTOCOL}/"):
        body = {"error": body["message"], "code": refused.error.code}
    return as_json(body, status, headers)


def as_json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer as JSON."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8"), status, headers, "application/json")
