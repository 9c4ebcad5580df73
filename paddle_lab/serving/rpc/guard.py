"""What all methods have: who may ask, how long they wait, errors as a status, log and figures."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import grpc

from paddle_lab.i18n import T
from paddle_lab.serving.guard import Service, language_of
from paddle_lab.serving.problems import Refused, slow_body, too_large, wrong_tensors
from paddle_lab.serving.requests import Bounds
from paddle_lab.serving.rpc.messages import read

#: The status by that of HTTP, which each error has.
_STATUS: Final = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    404: grpc.StatusCode.NOT_FOUND,
    408: grpc.StatusCode.DEADLINE_EXCEEDED,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,  # as the library says it of a large message
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
#: Metadata behind an error: its code, and how long to wait before another try.
CODE: Final = "paddle-lab-code"
PUSHBACK: Final = "grpc-retry-pushback-ms"
#: Characters of a message: a client takes 8 KiB of metadata, in which one of ours may be 9 bytes.
_MOST_SAID: Final = 600
#: Fields of a message at most: texts of several roles, and what stands beside them.
_FEW_FIELDS: Final = 1000
_FIELDS_A_ROW: Final = 4


@dataclass(frozen=True)
class Call:
    """One request: the bytes of its message, its limits with the client's own deadline.

    ``began`` by `time.monotonic`.
    """

    service: Service
    name: str
    content: bytes
    bounds: Bounds
    began: float

    def message(self) -> Any:
        """The message, made of its bytes. Raises Refused."""
        most = _FEW_FIELDS + _FIELDS_A_ROW * self.bounds.rows
        try:
            return read(self.name, self.content, most)
        except ValueError as error:
            raise wrong_tensors(T("it is not a {name}", "它不是 {name}", name=self.name)) from error
        except OverflowError as error:
            raise too_large(
                T("its message has more than {n} fields", "消息超过 {n} 个字段", n=most),
                self.bounds.rows, "--max-texts",
            ) from error  # fmt: skip


Answering = Callable[[Call], Awaitable[Any]]


def guarded(
    service: Service, route: str, wanted: str, answer: Answering, *, token: bool = True,
    counted: bool = False,
) -> Any:  # fmt: skip
    """A method that takes the message ``wanted``; ``counted``: not while the service ends.

    To the library it is one that takes a stream: so the token is looked at before a message is
    waited for, and one that does not come is not waited for any longer than a body over HTTP.
    """

    async def answered(_: Any, context: Any) -> bytes:
        began = time.monotonic()
        headers = _headers_of(context)
        try:
            if token:
                service.access.check_token(headers.get("authorization", ""))
            with service.counted() if counted else contextlib.nullcontext():
                bounds = _bounds_of(service.bounds, context)
                given = await _content(context, bounds)
                found = await answer(Call(service, wanted, given, bounds, began))
                content: bytes = found.SerializeToString()
        except asyncio.CancelledError:
            _note(service, route, grpc.StatusCode.CANCELLED, "client_left", began)
            raise
        except Exception as error:
            refused = service.refused(error, route)
        else:
            _note(service, route, grpc.StatusCode.OK, "", began)
            return content
        status = _STATUS.get(refused.status, grpc.StatusCode.INTERNAL)
        _note(service, route, status, refused.error.code, began)
        said = refused.error.in_language(language_of(headers))[:_MOST_SAID]
        await context.abort(status, said, _behind(refused))
        raise AssertionError("the library has ended this call")

    return grpc.stream_unary_rpc_method_handler(answered)


def _note(service: Service, route: str, status: Any, code: str, began: float) -> None:
    service.metrics.requests.labels(route, status.name, code).inc()
    service.log.request("gRPC", route, status.name, began, code=code)


def _headers_of(context: Any) -> dict[str, str]:
    """The metadata that is text."""
    given = context.invocation_metadata() or ()
    return {key: value for key, value in given if isinstance(value, str)}


def _behind(refused: Refused) -> tuple[tuple[str, str], ...]:
    """The metadata behind an error."""
    found = ((CODE, refused.error.code),)
    if refused.retry_s is None:
        return found
    return (*found, (PUSHBACK, str(1000 * refused.retry_s)))


def _bounds_of(bounds: Bounds, context: Any) -> Bounds:
    """The limits, with the client's deadline where it is the shorter one."""
    left_s = context.time_remaining()
    if left_s is None or left_s >= bounds.deadline_s:
        return bounds
    return replace(bounds, deadline_s=max(left_s, 0.001))


async def _content(context: Any, bounds: Bounds) -> bytes:
    """The bytes of the message. Raises Refused where it does not come, or does not come in time."""
    try:
        content = await asyncio.wait_for(context.read(), max(bounds.deadline_s, 1.0))
    except asyncio.TimeoutError as error:
        raise slow_body() from error
    if not isinstance(content, bytes):  # the end of what the client sends
        raise wrong_tensors(T("it has no message", "没有消息"))
    return content
