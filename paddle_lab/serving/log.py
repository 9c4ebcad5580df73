"""The service's log: one JSON object a line, on standard error; never a text that was sent."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import IO, Any, Final

from paddle_lab.errors import PaddleLabError

#: The libraries of a service, as their own logs are called.
_LIBRARIES: Final = ("uvicorn", "asyncio", "grpc")


class Log:
    """Writes events; ``requests`` says whether each request is one."""

    def __init__(self, stream: IO[str] | None = None, *, requests: bool = False) -> None:
        self._stream: Any = stream if stream is not None else sys.stderr
        self.requests = requests

    def event(self, name: str, **details: Any) -> None:
        """One line. An error among the details is written with its code and what it says."""
        line: dict[str, Any] = {"time": _now(), "event": name}
        for key, value in details.items():
            if isinstance(value, PaddleLabError):
                line[key] = {"code": value.code, "message": str(value)}
            else:
                line[key] = value
        text = json.dumps(line, ensure_ascii=False, default=str)
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads it any more: answers matter more
            self._stream = _Nowhere()

    def fault(self, error: Exception, route: str) -> None:
        """A mistake of ours: its kind and the places in the code, without values."""
        places = [f"{one.name} {one.filename}:{one.lineno}"
                  for one in traceback.extract_tb(error.__traceback__)[-8:]]  # fmt: skip
        self.event("fault", route=route, kind=type(error).__name__, places=places)

    @contextlib.contextmanager
    def libraries(self) -> Iterator[None]:
        """Within the block what libraries say of themselves is one line here, too."""
        heard = _FromLibraries(self)
        loggers = [logging.getLogger(name) for name in _LIBRARIES]
        for logger in loggers:
            logger.addHandler(heard)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeHandler(heard)

    def request(
        self, method: str, path: str, status: int | str, began: float, **details: Any
    ) -> None:
        """One line of a request, where they are asked for; ``began`` by `time.monotonic`."""
        if self.requests:
            took = round(1e3 * (time.monotonic() - began), 2)
            self.event("request", method=method, path=path, status=status, ms=took, **details)


class _FromLibraries(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One event: what is said without the values in it, and the kind of an error."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        said = str(record.msg).strip()[:200]
        self._log.event("library", library=record.name, said=said, kind=kind)


class _Nowhere:
    """Where a log goes that nobody reads."""

    def write(self, text: str) -> int:
        """Drop it."""
        return len(text)

    def flush(self) -> None:
        """Nothing is kept."""


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
