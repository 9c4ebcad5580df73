"""A service beside the process that asked for it: started, found ready, ended with it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from paddle_lab.errors import PaddleLabError, ServerError
from paddle_lab.i18n import T, current_language

#: The event of the log that names the address, once all models are loaded.
SERVING: Final = "serving"
_POLL_S: Final = 0.05
_END_S: Final = 20.0
_LARGEST_ANSWER: Final = 1 << 20
#: Longer than any request may take there.
_ANSWER_S: Final = 630.0
_started: list[Beside] = []


class Beside:
    """A running service: its address is :attr:`url`, its log :attr:`log`; :meth:`stop` ends it.

    :attr:`grpc` is its address over gRPC, None where it has none.

    Unless it is ``detached`` it ends with this process, also when that is killed: its standard
    input is a pipe from here.
    """

    def __init__(self, words: Sequence[str], *, detached: bool = False) -> None:
        self.detached = detached
        self._owner = os.getpid()
        self.url = ""
        self.grpc: str | None = None
        handle, name = tempfile.mkstemp(prefix="paddle-lab-serve-", suffix=".log")
        self.log = Path(name)
        command = [sys.executable, "-m", "paddle_lab.cli", "serve", *words]
        command += [] if detached else ["--until-input-ends"]
        environment = {**os.environ, "PADDLE_LAB_LANG": current_language()}
        with os.fdopen(handle, "wb") as log:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # the notebook's interrupt button is not meant for it
            )
        _started.append(self)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def ours(self) -> bool:
        """Whether this process started it; a fork did not."""
        return self._owner == os.getpid()

    def until_ready(self) -> None:
        """Wait until it answers. Raises ServerError with what it said when it ends instead.

        Interrupted, it is ended.
        """
        try:
            with self.log.open("rb") as log:
                while not self.url:
                    running = self.running
                    self._hear(log)
                    if not self.url and not running:
                        raise _not_served(self._said(), self.log)
                    time.sleep(_POLL_S)
        except BaseException:
            self.stop()
            raise

    def models(self) -> list[dict[str, Any]]:
        """What ``/models`` says. Raises OSError where it does not answer."""
        request = urllib.request.Request(f"{self.url}/models", headers=_token())
        with urllib.request.urlopen(request, timeout=10) as answer:
            content = json.loads(answer.read(_LARGEST_ANSWER))
        return list(content["models"])

    def ask(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What ``/predict`` answers to a row. Raises PaddleLabError: the service's own, if any."""
        headers = {"Content-Type": "application/json", **_token()}
        body = json.dumps(row, ensure_ascii=False).encode()
        request = urllib.request.Request(f"{self.url}/predict", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_S) as answer:
                return dict(json.loads(answer.read(_LARGEST_ANSWER)))
        except urllib.error.HTTPError as error:
            raise _refused(error) from error
        except (OSError, ValueError) as error:
            raise _silent(self.url, error) from error

    def stop(self) -> None:
        """End it: what it has begun is answered first."""
        if self.running:
            with contextlib.suppress(OSError):
                self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_S)
        if self.running:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self in _started:
            _started.remove(self)

    def __repr__(self) -> str:
        return f"<service {self.url}, process {self.pid}{'' if self.running else ', ended'}>"

    def _hear(self, log: IO[bytes]) -> None:
        for line in log:
            if line.startswith(b"{"):
                with contextlib.suppress(ValueError):
                    event = json.loads(line)
                    if event.get("event") == SERVING:
                        self.url, self.grpc = str(event["url"]), event.get("grpc")

    def _said(self) -> str:
        """What it printed for people."""
        text = self.log.read_bytes()[-8000:].decode("utf-8", "replace")
        return "\n".join(line for line in text.splitlines() if line and not line.startswith("{"))


def running() -> list[Beside]:
    """The services that this process has started and that run."""
    return [one for one in _started if one.ours and one.running]


@atexit.register
def _end_all() -> None:
    for one in running():
        if not one.detached and one.ours:
            one.stop()


def _token() -> dict[str, str]:
    token = os.environ.get("PADDLE_LAB_SERVE_TOKEN", "").strip()
    return {"Authorization": f"Bearer {token}"} if token else {}


def _refused(error: urllib.error.HTTPError) -> PaddleLabError:
    """The error that the service told."""
    try:
        return ServerError.from_json(json.loads(error.read(_LARGEST_ANSWER))["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return _silent(error.url, error)


def _silent(url: str, error: Exception) -> ServerError:
    return ServerError(
        T("The service at {url} does not answer.", "服务 {url} 没有响应。", url=url),
        T("{error}", "{error}", error=error),
        T("Start it again: %ernie_serve last", "请重新启动：%ernie_serve last"),
        code="server.no_answer",
    )


def _not_served(said: str, log: Path) -> ServerError:
    return ServerError(
        T("The service could not be started.", "服务无法启动。"),
        T("{said}", "{said}", said=said or "?"),
        T("Its log is {log}", "日志：{log}", log=log),
        code="server.not_served",
    )
