"""A gRPC client that sends bytes as they are, and a server for it in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from paddle_lab.serving.guard import Service
from paddle_lab.serving.listening import Address
from paddle_lab.serving.oip.tensors import Tensor, bytes_of
from paddle_lab.serving.rpc.front import Front
from paddle_lab.serving.rpc.guard import CODE, PUSHBACK
from paddle_lab.serving.rpc.messages import INFERENCE, message


@dataclass(frozen=True)
class Outcome:
    """``message`` where the status is OK; else what was said, and the metadata behind it."""

    status: str
    message: Any = None
    said: str = ""
    code: str = ""
    pushback_ms: str = ""


class Caller:
    """Asks one address."""

    def __init__(self, address: str, **options: Any) -> None:
        self.address = address
        self.channel = grpc.aio.insecure_channel(address, **options)

    async def call(
        self,
        method: str,
        given: Any = b"",
        *,
        service: str = INFERENCE,
        answer: str | None = None,
        headers: Mapping[str, str] | None = None,
        **how: Any,
    ) -> Outcome:
        """``given`` is a message or its bytes; ``how`` is for the library, such as a timeout.

        ``answer`` names the message that comes back; empty: its bytes are left as they are.
        """
        content = given if isinstance(given, bytes) else given.SerializeToString()
        asking = self.channel.unary_unary(f"/{service}/{method}")
        try:
            found = await asking(content, metadata=tuple((headers or {}).items()), **how)
        except grpc.aio.AioRpcError as error:
            return failed(error)
        if answer == "":
            return Outcome("OK", found)
        kind = message(answer or f"{method}Response")
        return Outcome("OK", kind.FromString(found))

    async def infer(self, given: Any, **how: Any) -> Outcome:
        return await self.call("ModelInfer", given, **how)


def failed(error: Any) -> Outcome:
    """What a call that was refused was told."""
    behind = dict(error.trailing_metadata() or ())
    return Outcome(
        error.code().name, None, error.details() or "", behind.get(CODE, ""),
        behind.get(PUSHBACK, ""),
    )  # fmt: skip


@asynccontextmanager
async def called(service: Service, **options: Any) -> AsyncIterator[Caller]:
    """A client of a server that runs within the block."""
    front = Front(service, Address(port=0))
    await front.start()
    caller = Caller(front.address, **options)
    try:
        yield caller
    finally:
        await caller.channel.close()
        front.end(0)
        await front.ended()


def texts_given(
    texts: Sequence[str], *, raw: bool, model: str = "words", name: str = "text", **more: Any
) -> Any:
    """A request for the answers to texts."""
    given = message("ModelInferRequest")(model_name=model, **more)
    tensor = given.inputs.add(name=name, datatype="BYTES", shape=[len(texts)])
    if raw:
        whole = Tensor(name, "BYTES", (len(texts),), texts=list(texts))
        given.raw_input_contents.append(bytes_of(whole))
    else:
        tensor.contents.bytes_contents.extend(text.encode() for text in texts)
    return given


def ids_given(
    rows: Sequence[Sequence[int]], *, model: str = "words", name: str = "input_ids"
) -> Any:
    """A request for the program's outputs, typed."""
    given = message("ModelInferRequest")(model_name=model)
    tensor = given.inputs.add(name=name, datatype="INT64", shape=[len(rows), len(rows[0])])
    tensor.contents.int64_contents.extend(one for row in rows for one in row)
    return given


def asking_for(given: Any, *outputs: str, **parameters: Any) -> Any:
    """The request with outputs that are asked for, and parameters."""
    for name in outputs:
        given.outputs.add(name=name)
    for key, value in parameters.items():
        kind = {bool: "bool_param", int: "int64_param", str: "string_param", float: "double_param"}
        setattr(given.parameters[key], kind[type(value)], value)
    return given
