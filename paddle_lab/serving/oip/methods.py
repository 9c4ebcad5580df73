"""The methods of the protocol over gRPC."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Final

from paddle_lab._version import __version__
from paddle_lab.serving.answering import read_beside
from paddle_lab.serving.guard import Service
from paddle_lab.serving.models import Model
from paddle_lab.serving.oip import message_form
from paddle_lab.serving.oip.inference import NAME, infer, metadata
from paddle_lab.serving.oip.tensors import Inference, Tensor
from paddle_lab.serving.rpc.guard import Answering, Call, guarded
from paddle_lab.serving.rpc.messages import INFERENCE, message

_TENSOR: Final = ("name", "datatype", "shape")


def methods(service: Service) -> dict[str, Any]:
    """All of them; health asks for no token."""

    def method(name: str, answer: Answering, **how: bool) -> tuple[str, Any]:
        return name, guarded(service, f"/{INFERENCE}/{name}", f"{name}Request", answer, **how)

    return dict(
        (
            method("ServerLive", live, token=False),
            method("ServerReady", ready, token=False),
            method("ServerMetadata", server),
            method("ModelReady", model_ready),
            method("ModelMetadata", model_metadata),
            method("ModelInfer", inference, counted=True),
        )
    )


async def live(call: Call) -> Any:
    """The process answers."""
    call.message()
    return message("ServerLiveResponse")(live=True)


async def ready(call: Call) -> Any:
    """Every model would take a request."""
    call.message()
    return message("ServerReadyResponse")(ready=call.service.is_ready)


async def server(call: Call) -> Any:
    """What the service is."""
    call.message()
    return message("ServerMetadataResponse")(name=NAME, version=__version__)


async def model_ready(call: Call) -> Any:
    """Whether a model would take a request."""
    given = call.message()
    model = _model(call, given.name, given.version)
    return message("ModelReadyResponse")(ready=model.is_ready and not call.service.ending)


async def model_metadata(call: Call) -> Any:
    """What a model takes and gives."""
    given = call.message()
    model = _model(call, given.name, given.version)
    versions = call.service.models.versions(model.place.name)
    about = metadata(model.place.name, versions, model.generation)
    for key in ("inputs", "outputs"):
        about[key] = [{part: one[part] for part in _TENSOR} for one in about[key]]
    return message("ModelMetadataResponse")(**about)


async def inference(call: Call) -> Any:
    """Tensors in, tensors out."""
    call.service.models.admit_any(call.bounds.deadline_s)  # a refusal costs little
    given, asked = await read_beside(len(call.content), lambda: _read(call))
    model = _model(call, given.model_name, given.model_version)
    model.generation.admit(1, 1, call.bounds.deadline_s)
    found = await infer(model, asked, call.bounds, call.began, _waiting)
    head = {"model_name": model.place.name, "model_version": model.place.version}
    if asked.id is not None:
        head["id"] = asked.id
    return message_form.written(head, found, raw=bool(given.raw_input_contents))


def _read(call: Call) -> tuple[Any, Inference]:
    given = call.message()
    return given, message_form.read(given, call.bounds.rows)


async def _waiting(work: Awaitable[list[Tensor]]) -> list[Tensor]:
    """The library ends this task when the client leaves."""
    return await work


def _model(call: Call, name: str, version: str) -> Model:
    """The model that the message names; no version is the last. Raises Refused."""
    return call.service.models.find(name, version or None)
