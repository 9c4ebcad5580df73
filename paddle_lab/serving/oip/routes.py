"""The routes of the protocol over HTTP."""

from __future__ import annotations

import time
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from paddle_lab._version import __version__
from paddle_lab.i18n import T
from paddle_lab.serving.answering import read_body, until_gone
from paddle_lab.serving.guard import PROTOCOL, Answering, Service, as_json, guarded, service_of
from paddle_lab.serving.models import Model
from paddle_lab.serving.oip import tensors
from paddle_lab.serving.oip.inference import infer, metadata, rows_in
from paddle_lab.serving.problems import wrong_tensors as wrong

_NAME: Final = "paddle-lab"
_EXTENSIONS: Final = ("binary_tensor_data",)
_MODEL: Final = f"{PROTOCOL}/models/{{name}}"


def routes(service: Service) -> list[Route]:
    """All of them; health asks for no token."""

    def route(path: str, answer: Answering, method: str = "GET", token: bool = True) -> Route:
        return Route(path, guarded(service, path, answer, token=token), methods=[method])

    found = [
        route(f"{PROTOCOL}/health/live", live, token=False),
        route(f"{PROTOCOL}/health/ready", ready, token=False),
        route(PROTOCOL, server),
    ]
    for path in (_MODEL, f"{_MODEL}/versions/{{version}}"):
        found += [
            route(path, model_metadata),
            route(f"{path}/ready", model_ready),
            route(f"{path}/infer", inference, "POST"),
        ]
    return found


async def live(request: Request) -> Response:
    """The process answers."""
    return as_json({"live": True})


async def ready(request: Request) -> Response:
    """Every model would take a request."""
    service = service_of(request)
    yes = service.models.are_ready and not service.ending
    return as_json({"ready": yes}, 200 if yes else 503)


async def server(request: Request) -> Response:
    """What the service is."""
    return as_json({"name": _NAME, "version": __version__, "extensions": list(_EXTENSIONS)})


async def model_metadata(request: Request) -> Response:
    """What a model takes and gives."""
    model = _model(request)
    versions = service_of(request).models.versions(model.place.name)
    return as_json(metadata(model.place.name, versions, model.generation))


async def model_ready(request: Request) -> Response:
    """Whether a model would take a request."""
    model = _model(request)
    yes = model.is_ready and not service_of(request).ending
    return as_json({"name": model.place.name, "ready": yes}, 200 if yes else 503)


async def inference(request: Request) -> Response:
    """Tensors in, tensors out."""
    service, began = service_of(request), time.monotonic()
    model = _model(request)
    if request.headers.get("content-encoding", "identity") != "identity":
        raise wrong(T("its body is compressed", "正文经过压缩"))
    model.generation.admit(1, 1, service.bounds.deadline_s)
    body = await read_body(request, service.bounds)
    asked = tensors.read(body, request.headers.get(tensors.HEADER_LENGTH))
    with model.generation.used() as generation:
        work = infer(generation, asked, service.bounds, began)
        found = await until_gone(request, work)
    model.metrics.answered(rows_in(asked), time.monotonic() - began)
    head = {"model_name": model.place.name, "model_version": model.place.version}
    if asked.id is not None:
        head["id"] = asked.id
    wanted = asked.outputs or [tensors.Wanted(one.name) for one in found]
    answer, length = tensors.written(
        head, [(one, asked.is_binary(how)) for one, how in zip(found, wanted, strict=True)]
    )
    if not length:
        return Response(answer, media_type="application/json")
    headers = {tensors.HEADER_LENGTH: str(length)}
    return Response(answer, 200, headers, "application/octet-stream")


def _model(request: Request) -> Model:
    """The model that the path names. Raises Refused."""
    return service_of(request).models.find(
        request.path_params["name"], request.path_params.get("version")
    )
