"""The routes of the service, in Starlette."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from paddle_lab.errors import PaddleLabError
from paddle_lab.serving import metrics as figures
from paddle_lab.serving import requests
from paddle_lab.serving.access import Access
from paddle_lab.serving.generation import Generation
from paddle_lab.serving.log import Log
from paddle_lab.serving.metrics import Metrics
from paddle_lab.serving.models import Models
from paddle_lab.serving.openapi import described, page
from paddle_lab.serving.problems import (
    ENDING,
    Refused,
    answer_of,
    busy,
    fault,
    no_such_page,
    not_ready,
    slow_body,
    status_of,
    wrong_method,
)
from paddle_lab.serving.requests import Asked, Bounds
from paddle_lab.tasks import get_task
from paddle_lab.tasks.codec import Rows, Windows

#: Characters of a request from which on tokens are made beside the event loop.
_MANY_CHARS: Final = 4000
_MANY_ROWS: Final = 64
_CLIENT_LEFT: Final = 499

Result = TypeVar("Result")
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


def build_app(service: Service) -> Starlette:
    """The application."""
    open_ = [("/health/live", live), ("/health/ready", ready)]
    closed = [
        ("/models", models),
        ("/metrics", metrics),
        ("/openapi.json", openapi),
        ("/docs", docs),
    ]
    routes = [
        *(Route(path, _guarded(service, path, answer, token=False)) for path, answer in open_),
        *(Route(path, _guarded(service, path, answer)) for path, answer in closed),
        Route("/predict", _guarded(service, "/predict", predict), methods=["POST"]),
    ]
    app = Starlette(
        routes=routes, exception_handlers={HTTPException: _elsewhere, Exception: _elsewhere}
    )
    app.state.service = service
    return app


def service_of(request: Request) -> Service:
    """What the routes share."""
    found = request.app.state.service
    assert isinstance(found, Service)
    return found


async def live(request: Request) -> Response:
    """The process answers."""
    return _json({"live": True})


async def ready(request: Request) -> Response:
    """Every model would take a request."""
    service = service_of(request)
    yes = service.models.are_ready and not service.ending
    return _json({"ready": yes}, 200 if yes else 503)


async def models(request: Request) -> Response:
    """What is served."""
    return _json({"models": [one.described() for one in service_of(request).models]})


async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    service = service_of(request)
    waiting = [(one.place.name, one.place.version, one.waiting) for one in service.models]
    text = service.metrics.text(waiting, service.models.memory)
    return Response(text, media_type=figures.CONTENT_TYPE)


async def openapi(request: Request) -> Response:
    """The description of the service for programs."""
    return _json(described(service_of(request).models, service_of(request).bounds))


async def docs(request: Request) -> Response:
    """The same for people, without anything from elsewhere."""
    service = service_of(request)
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    language = language_of(request)
    return HTMLResponse(page(service.models, service.bounds, str(request.base_url), language),
                        headers=policy)  # fmt: skip


async def predict(request: Request) -> Response:
    """Rows in, answers out."""
    service = service_of(request)
    began = time.monotonic()
    body = await read_body(request)
    asked = requests.read(body, service.bounds)
    model = service.models.find(asked.model, asked.version)
    with model.generation.used() as generation:
        answers = await until_gone(request, _answered(service, generation, asked, began))
    model.metrics.answered(len(answers), time.monotonic() - began)
    said = {"model": model.place.name, "version": model.place.version}
    if asked.single:
        return _json({**said, "answer": answers[0].to_json()})
    return _json({**said, "answers": [answer.to_json() for answer in answers]})


async def _answered(
    service: Service, generation: Generation, asked: Asked, began: float
) -> list[Any]:
    """The answers of one generation. Raises Refused, DataError."""
    codec, rows_asked = generation.codec, len(asked.values)
    generation.admit(rows_asked, rows_asked, asked.deadline_s)  # before tokens are made in vain
    rows = requests.rows_of(codec, generation.roles, asked, service.bounds)
    how = (
        get_task(generation.manifest.task).long_text if asked.long_text is None else asked.long_text
    )
    large = _is_large(rows)
    windows: Windows = await beside(large, lambda: codec.encode(rows, how))
    left_s = asked.deadline_s - (time.monotonic() - began)
    outputs = await generation.run(windows, max(left_s, 0.001))
    return list(await beside(large, lambda: codec.decode(rows, windows, outputs)))


async def beside(large: bool, work: Callable[[], Result]) -> Result:
    """``work`` in a thread where it would hold the event loop, with it others' health checks."""
    return await asyncio.to_thread(work) if large else work()


def _is_large(rows: Rows) -> bool:
    columns = list(rows.values())
    chars = sum(len(text) for column in columns for text in column)
    return chars > _MANY_CHARS or len(columns[0]) > _MANY_ROWS


async def read_body(request: Request, bounds: Bounds | None = None) -> bytes:
    """The body within the limits and in time. Raises Refused."""
    bounds = bounds or service_of(request).bounds
    try:
        return await asyncio.wait_for(
            requests.body_of(request.stream(), request.headers, bounds), max(bounds.deadline_s, 1.0)
        )
    except asyncio.TimeoutError:
        raise slow_body() from None


async def until_gone(request: Request, work: Awaitable[Result]) -> Result:
    """What ``work`` gives, unless the client leaves: then it is cancelled, ClientDisconnect."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _guarded(service: Service, route: str, answer: Answering, *, token: bool = True) -> Answering:
    """The route with what all have: who may ask, how many at once, errors as JSON, log, figures."""

    async def guarded(request: Request) -> Response:
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
            response, code = _refusal(request, refused), refused.error.code
        except PaddleLabError as error:
            response, code = _refusal(request, Refused(error)), error.code
        except Exception as error:
            service.log.fault(error, route)
            response, code = _refusal(request, fault()), "server.fault"
        service.metrics.requests.labels(route, str(response.status_code), code).inc()
        service.log.request(request.method, route, response.status_code, began, code=code)
        return response

    return guarded


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


async def _elsewhere(request: Request, error: Exception) -> Response:
    """What has no route, or another method."""
    status = getattr(error, "status_code", 500)
    if status == 405:
        return _refusal(request, wrong_method(request.method))
    return _refusal(request, no_such_page(request.url.path) if status == 404 else fault())


def language_of(request: Request) -> str:
    """The reader's, as its program says it."""
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


def _refusal(request: Request, refused: Refused) -> Response:
    headers = {"Retry-After": str(refused.retry_s)} if refused.retry_s is not None else {}
    status = status_of(refused.error)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return _json(answer_of(refused.error, language_of(request)), status, headers)


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8"), status, headers, "application/json")
