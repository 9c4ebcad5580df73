"""The routes of the protocol over HTTP."""

from __future__ import annotations

import time
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from paddle_lab._version import __version__
from paddle_lab.i18n import T
from paddle_lab.serving.answering import read_beside, read_body, until_gone
from paddle_lab.serving.guard import PROTOCOL, Answering, Service, as_json, guarded, service_of
from paddle_lab.serving.models import Model
from paddle_lab.serving.oip import json_form
from paddle_lab.serving.oip.inference import NAME, infer, metadata
from paddle_lab.serving.oip.tensors import Wanted
from paddle_lab.serving.problems import wrong_tensors as wrong

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
    yes = service_of(request).is_ready
    return as_json({"ready": yes}, 200 if yes else 503)


async def server(request: Request) -> Response:
    """What the service is."""
    return as_json({"name": NAME, "version": __version__, "extensions": list(_EXTENSIONS)})


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
    length = request.headers.get(json_form.HEADER_LENGTH)
    most = service.bounds.rows
    asked = await read_beside(len(body), lambda: json_form.read(body, length, most))
    found = await infer(model, asked, service.bounds, began, lambda work: until_gone(request, work))
    head = {"model_name": model.place.name, "model_version": model.place.version}
    if asked.id is not None:
        head["id"] = asked.id
    wanted = asked.outputs or [Wanted(one.name) for one in found]
    answer, head_length = json_form.written(
        head, [(one, asked.is_binary(how)) for one, how in zip(found, wanted, strict=True)]
    )
    if not head_length:
        return Response(answer, media_type="application/json")
    headers = {json_form.HEADER_LENGTH: str(head_length)}
    return Response(answer, 200, headers, "application/octet-stream")


def _model(request: Request) -> Model:
    """The model that the path names. Raises Refused."""
    return service_of(request).models.find(
        request.path_params["name"], request.path_params.get("version")
    )
