"""The routes of the service, in Starlette."""

from __future__ import annotations

import time

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from paddle_lab.serving import metrics as figures
from paddle_lab.serving import requests
from paddle_lab.serving.answering import answers_to, read_body, until_gone
from paddle_lab.serving.guard import (
    Service,
    as_json,
    elsewhere,
    guarded,
    language_of,
    service_of,
)
from paddle_lab.serving.oip import routes as oip
from paddle_lab.serving.openapi import described, page


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
        # They are compared in turn: the one that is asked most comes first.
        Route("/predict", guarded(service, "/predict", predict), methods=["POST"]),
        *(Route(path, guarded(service, path, answer, token=False)) for path, answer in open_),
        *(Route(path, guarded(service, path, answer)) for path, answer in closed),
        *oip.routes(service),
    ]
    app = Starlette(
        routes=routes, exception_handlers={HTTPException: elsewhere, Exception: elsewhere}
    )
    app.router.redirect_slashes = False  # its answer has the host that the request names
    app.state.service = service
    return app


async def live(request: Request) -> Response:
    """The process answers."""
    return as_json({"live": True})


async def ready(request: Request) -> Response:
    """Every model would take a request."""
    yes = service_of(request).is_ready
    return as_json({"ready": yes}, 200 if yes else 503)


async def models(request: Request) -> Response:
    """What is served."""
    return as_json({"models": [one.described() for one in service_of(request).models]})


async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    service = service_of(request)
    for one in service.models:
        one.metrics.workers.set(one.workers)
    waiting = [(one.place.name, one.place.version, one.waiting) for one in service.models]
    text = service.metrics.text(waiting, service.models.memory)
    return Response(text, media_type=figures.CONTENT_TYPE)


async def openapi(request: Request) -> Response:
    """The description of the service for programs."""
    return as_json(described(service_of(request).models, service_of(request).bounds))


async def docs(request: Request) -> Response:
    """The same for people, without anything from elsewhere."""
    service = service_of(request)
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    language = language_of(request.headers)
    return HTMLResponse(page(service.models, service.bounds, str(request.base_url), language),
                        headers=policy)  # fmt: skip


async def predict(request: Request) -> Response:
    """Rows in, answers out."""
    service = service_of(request)
    began = time.monotonic()
    service.models.admit_any(service.bounds.deadline_s)  # a refusal costs little
    body = await read_body(request, service.bounds)
    asked = requests.read(body, service.bounds)
    model = service.models.find(asked.model, asked.version)
    with model.generation.used() as generation:
        # Before tokens are made in vain.
        generation.admit(len(asked.values), len(asked.values), asked.deadline_s)
        rows = requests.rows_of(generation.codec, generation.roles, asked, service.bounds)
        work = answers_to(generation, rows, asked.long_text, asked.deadline_s, began)
        answers = await until_gone(request, work)
    model.metrics.answered(len(answers), time.monotonic() - began)
    said = {"model": model.place.name, "version": model.place.version}
    if asked.single:
        return as_json({**said, "answer": answers[0].to_json()})
    return as_json({**said, "answers": [answer.to_json() for answer in answers]})
