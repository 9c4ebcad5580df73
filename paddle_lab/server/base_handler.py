"""What all routes share: who may call, the bounded body, strict queries, and answers as JSON.

Every handler of a route derives from :class:`LabHandler`; its HTTP methods are wrapped in
:func:`json_errors` when the class is made, so a new route cannot forget it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar

from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError, stream_request_body

from paddle_lab.errors import PaddleLabError, ServerError
from paddle_lab.i18n import T
from paddle_lab.server.json_text import to_json
from paddle_lab.server.readers import Readers
from paddle_lab.untrusted import UnusableFile, parse_json

AUTH_RESOURCE: Final = "kernels"
READERS: Final = "paddle_lab_readers"
#: Bytes of a request's body; ours hold a word or two. What comes beyond is not kept.
LARGEST_BODY: Final = 64 * 1024

_METHODS: Final = ("get", "head", "post", "put", "patch", "delete")
#: The status of an error by its code; any other error is the request's own fault.
_STATUS: Final[dict[str, int]] = {
    "run.unknown": HTTPStatus.NOT_FOUND,
    "run.unreadable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "run.active": HTTPStatus.CONFLICT,
    "run.foreign_files": HTTPStatus.CONFLICT,
    "run.queue": HTTPStatus.CONFLICT,
    "run.gone": HTTPStatus.NOT_FOUND,
    "server.no_metrics": HTTPStatus.NOT_FOUND,
    "server.gpus_fixed": HTTPStatus.CONFLICT,
    "server.body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "server.no_such_check": HTTPStatus.NOT_FOUND,
    "server.no_such_service": HTTPStatus.NOT_FOUND,
    "server.checks_running": HTTPStatus.CONFLICT,
    "server.no_such_file": HTTPStatus.NOT_FOUND,
    "server.file_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "server.too_slow": HTTPStatus.GATEWAY_TIMEOUT,
    "server.too_much": HTTPStatus.INTERNAL_SERVER_ERROR,
    "server.look_failed": HTTPStatus.INTERNAL_SERVER_ERROR,
    "server.disk_silent": HTTPStatus.SERVICE_UNAVAILABLE,
}

Result = TypeVar("Result")
Choice = TypeVar("Choice", bound=str)


def json_errors(method: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a PaddleLabError as JSON with the status of its code, in place of a traceback.

    Any other exception is a fault of ours: Tornado logs it and answers 500, as JSON too.
    """

    @wraps(method)
    async def answered(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            result = method(self, *args, **kwargs)
            if result is not None:
                await result
        except PaddleLabError as error:
            self.set_status(_STATUS.get(error.code, HTTPStatus.BAD_REQUEST))
            self.answer({"error": error.to_json(), "message": str(error)})

    answered.answers_errors_as_json = True  # type: ignore[attr-defined]
    return answered


def bad_request(english: str, chinese: str, **values: object) -> ServerError:
    """A request that is not understood, with the reason in both languages."""
    return ServerError(T(english, chinese, **values), code="server.bad_request")


@stream_request_body
class LabHandler(APIHandler):
    """Base of every route. A login or token is needed; asking does not count as activity.

    The body is taken piece by piece, so that one of 100 MB is not held in memory.
    """

    auth_resource = AUTH_RESOURCE
    _track_activity = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in _METHODS:
            if name in vars(cls):
                setattr(cls, name, json_errors(vars(cls)[name]))

    def initialize(self) -> None:
        """Begin with an empty body."""
        self._body = bytearray()
        self._body_size = 0

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body, as far as a body may be long."""
        self._body_size += len(chunk)
        if self._body_size <= LARGEST_BODY:
            self._body += chunk

    def json_object(self) -> dict[str, Any]:
        """The body, which is a JSON object whatever the content type says. Raises ServerError."""
        if self._body_size > LARGEST_BODY:
            raise ServerError(
                T(
                    "The request is larger than {kib} KiB.",
                    "请求超过 {kib} KiB。",
                    kib=LARGEST_BODY >> 10,
                ),
                code="server.body_too_large",
            )
        try:
            body = parse_json(bytes(self._body))
        except UnusableFile as error:
            raise bad_request(
                "The request is not understood: {why}.", "无法理解该请求：{why}。", why=error
            ) from error
        if not isinstance(body, dict):
            raise bad_request("The request is not a JSON object.", "请求不是 JSON 对象。")
        return body

    def query(self, name: str, default: str) -> str:
        """A value of the query, as it was sent. Raises ServerError when it is given twice."""
        values = self.request.query_arguments.get(name, [])
        if len(values) > 1:
            raise bad_request("{name} is given more than once.", "{name} 出现了多次。", name=name)
        return self.decode_argument(values[0], name=name) if values else default

    def choice(self, name: str, choices: Sequence[Choice]) -> Choice:
        """A value of the query that is one of ``choices``, the first by default."""
        value = self.query(name, choices[0])
        for choice in choices:
            if choice == value:
                return choice
        known = ", ".join(repr(choice) for choice in choices)
        raise bad_request(
            "{name} is one of {known}.", "{name} 的可选值：{known}。", name=name, known=known
        )

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number of the query between two bounds, in ASCII digits."""
        value = self.query(name, str(default))
        if value.isascii() and value.isdigit() and len(value) <= len(str(highest)):
            number = int(value)
            if lowest <= number <= highest:
                return number
        raise bad_request(
            "{name} is a whole number from {low} to {high}.",
            "{name} 是 {low} 到 {high} 的整数。",
            name=name,
            low=lowest,
            high=highest,
        )

    async def in_thread(self, subject: str, function: Callable[..., Result], *args: Any) -> Result:
        """Read in one of the server's threads. Raises DiskSilent."""
        readers: Readers = self.settings[READERS]
        return await readers.run(subject, function, *args)

    def answer(self, content: Any) -> None:
        """Send JSON that no cache may keep."""
        self.set_header("Cache-Control", "no-store")
        self.finish(to_json(content))


class UnknownRoute(LabHandler):
    """Whatever else lies below ``paddle-lab/``: 404 with a reason in JSON, not a page."""

    async def prepare(self) -> None:
        """Refuse; who is not known here learns nothing of which addresses there are."""
        await super().prepare()
        if not self._finished:
            known = self.current_user is not None
            raise HTTPError(404, "Paddle Lab has no such address") if known else HTTPError(403)


class JsonRefusals:
    """For a socket's handler: what Jupyter and Tornado refuse before the upgrade, as JSON."""

    def write_error(self: Any, status_code: int, **kwargs: Any) -> None:
        """The reason of an HTTPError; a fault of ours is in the log only."""
        error = (kwargs.get("exc_info") or (None, None, None))[1]
        reason = error.log_message if isinstance(error, HTTPError) else None
        self.finish(reason or HTTPStatus(status_code).phrase)

    def finish(self: Any, chunk: Any = None) -> Any:
        """End the answer; a refusal in plain text is wrapped."""
        if self.get_status() >= HTTPStatus.BAD_REQUEST:
            self.set_header("Content-Type", "application/json")
            text = chunk if isinstance(chunk, str) else HTTPStatus(self.get_status()).phrase
            chunk = json.dumps({"message": text})
        return super().finish(chunk)  # type: ignore[misc]
