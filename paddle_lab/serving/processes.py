"""One worker process as the front sees it: started, asked, and found out when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy.typing as npt

from paddle_lab.bundle.fresh import clean_environment
from paddle_lab.errors import PaddleLabError, ServerError
from paddle_lab.serving import frames
from paddle_lab.serving.measured import Measured
from paddle_lab.serving.problems import not_started

Outputs = Mapping[str, npt.NDArray[Any]]

#: A worker that says nothing for so long while it loads, or runs one batch, is killed.
START_S: Final = 300.0
STUCK_S: Final = 120.0
_END_S: Final = 5.0
_KEPT_LINES: Final = 20


class WorkerEnded(Exception):
    """The process ended while it had a batch."""


class RunFailed(Exception):
    """The program failed on a batch; ``error`` is for the log."""

    def __init__(self, error: PaddleLabError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True)
class How:
    """How workers run a bundle: ``runtime`` None is the one that the bundle names."""

    runtime: str | None = None
    device: str = "auto"
    threads: int = 1


@dataclass(frozen=True)
class Ready:
    """What a worker says when it has loaded and warmed up."""

    identity: str
    runtime: str
    device: str
    measured: Measured

    @classmethod
    def from_json(cls, head: Mapping[str, Any]) -> Ready:
        """From the message of a worker."""
        return cls(
            str(head["identity"]), str(head["runtime"]), str(head["device"]),
            Measured.from_json(head["measured"]),
        )  # fmt: skip


class Runner(Protocol):
    """What runs the batches of a generation, one at a time: a process here, or one of Ray's."""

    @property
    def pid(self) -> int | None:
        """Its process on this machine; None where there is none."""
        ...

    @property
    def ready(self) -> Ready | None:
        """What it said when it was ready."""
        ...

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        ...

    @property
    def replicas(self) -> int | None:
        """How many run the model behind all runners of it; None: each runner is one."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether it can take a batch now."""
        ...

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Have ``tell`` called when it has ended."""
        ...

    async def run(self, inputs: Mapping[str, npt.NDArray[Any]]) -> Outputs:
        """The outputs of one padded batch. Raises WorkerEnded, RunFailed."""
        ...

    async def stop(self) -> None:
        """Let it end by itself: it has nothing to do any more."""
        ...

    async def kill(self) -> None:
        """End it now."""
        ...

    def last_words(self) -> str:
        """The last of what it printed; may be empty."""
        ...


class Worker:
    """A process that runs one batch at a time. Made by :meth:`start`."""

    def __init__(self, process: asyncio.subprocess.Process, model: str) -> None:
        self._process = process
        self._model = model
        self._numbers = itertools.count()
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._listening = asyncio.create_task(self._listen())
        self._ended: asyncio.Future[int] | None = None
        self.ready: Ready | None = None

    @classmethod
    async def start(cls, folder: Path, how: How, model: str) -> Worker:
        """Start it and wait until it is ready.

        Raises the error that it tells, ServerError when it ends without one.
        """
        words = [sys.executable, "-m", "paddle_lab.serving.worker", str(folder)]
        words += ["--device", how.device, "--threads", str(how.threads)]
        words += ["--runtime", how.runtime] if how.runtime is not None else []
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=_environment(how.threads),
                start_new_session=True,  # Ctrl-C in the terminal is for the front
            )
        except OSError as error:
            raise not_started(model, str(error)) from error
        worker = cls(process, model)
        try:
            await worker._until_ready()
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def replicas(self) -> None:
        """It is one."""
        return None

    @property
    def is_open(self) -> bool:
        """It takes one batch after the other."""
        return True

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Have ``tell`` called when the process has ended."""
        self._ended = asyncio.ensure_future(self._process.wait())
        self._ended.add_done_callback(lambda _: tell())

    async def run(self, inputs: Mapping[str, npt.NDArray[Any]]) -> Outputs:
        """The outputs of one padded batch. Raises WorkerEnded, RunFailed.

        One that does not answer is killed: then it has ended.
        """
        number = next(self._numbers)
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(frames.packed({"kind": "run", "id": number}, inputs))
            head, arrays = await asyncio.wait_for(self._message(), STUCK_S)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
            await self.kill()
            raise WorkerEnded(str(error)) from error
        except frames.BadFrame as error:
            await self.kill()
            raise WorkerEnded(f"it answered with no message: {error}") from error
        if head.get("kind") == "failed":
            raise RunFailed(ServerError.from_json(head["error"]))
        return arrays

    async def stop(self) -> None:
        """Let it end by itself: it has nothing to do any more."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._process.wait(), _END_S)
        await self.kill()

    async def kill(self) -> None:
        """End it now, and wait until it has."""
        with contextlib.suppress(ProcessLookupError):
            if self.alive:
                self._process.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()
        self._listening.cancel()

    def last_words(self) -> str:
        """The last of what it printed; may be empty."""
        return "\n".join(self._said)[-2000:]

    async def _until_ready(self) -> None:
        try:
            head, _ = await asyncio.wait_for(self._message(), START_S)
        except asyncio.TimeoutError as error:
            raise not_started(self._model, f"it took more than {START_S:.0f} s") from error
        except (OSError, asyncio.IncompleteReadError, frames.BadFrame) as error:
            code = await self._code()
            last = next((line for line in reversed(self._said) if line.strip()), "")
            raise not_started(self._model, f"exit code {code}. {last}"[:300].strip()) from error
        if head.get("kind") == "broken":
            raise PaddleLabError.from_json(head["error"])
        self.ready = Ready.from_json(head)

    async def _message(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        assert self._process.stdout is not None
        return await frames.read_async(self._process.stdout.readexactly)

    async def _code(self) -> int:
        """Its exit code, once what it printed was heard."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._process.wait(), _END_S)
            await asyncio.wait_for(asyncio.shield(self._listening), 1.0)
        return self._process.returncode if self._process.returncode is not None else -1

    async def _listen(self) -> None:
        """Keep the last lines of what it prints: a pipe that nobody reads would stop it."""
        stream = self._process.stderr
        assert stream is not None
        rest = b""
        while chunk := await stream.read(1 << 14):
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[-1000:]
            self._said.extend(line[-1000:].decode("utf-8", "replace") for line in lines)
        if rest:
            self._said.append(rest.decode("utf-8", "replace"))


def _environment(threads: int) -> dict[str, str]:
    """The front's own, with as many threads for every library as the worker may use."""
    environment = clean_environment(dict(os.environ))
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment[name] = str(threads)
    return environment
