"""A program in a process of its own, for what the server must not import, wait for, or die of.

It is bounded in time and in what it may say, and it is ended with its own children when nobody
wants its answer any more. No thread waits for it: the event loop looks at it now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from paddle_lab.errors import ServerError
from paddle_lab.i18n import T

MOST_OUTPUT: Final = 8 << 20
_LOOK_S: Final = 0.05
#: A program that is asked to end has so long to end its own children.
_GRACE_S: Final = 5.0


@dataclass(frozen=True)
class Ended:
    """How it ended, and what it wrote on standard output."""

    code: int
    output: bytes


async def run_child(
    words: Sequence[str],
    *,
    limit_s: float,
    request: bytes = b"",
    folder: Path | None = None,
    say: Callable[[str], None] | None = None,
) -> Ended:
    """Run this interpreter with ``words`` and ``request`` as standard input.

    It starts in ``folder``, or in an empty one of its own; ``say`` hears each whole line of its
    standard error as it comes. Cancelled, it ends the program. Raises ServerError, code
    ``server.too_slow`` after ``limit_s`` and ``server.too_much`` for too long an answer.
    """
    with (
        tempfile.TemporaryDirectory(prefix="paddle-lab-") as empty,
        tempfile.TemporaryFile() as asked,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
    ):
        asked.write(request)
        asked.seek(0)
        process = subprocess.Popen(
            [sys.executable, *words],
            stdin=asked,
            stdout=output,
            stderr=errors,
            cwd=folder or empty,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,
        )
        lines = _Lines(errors, say)
        ends = time.monotonic() + limit_s
        try:
            while process.poll() is None:
                await asyncio.sleep(_LOOK_S)
                lines.look()
                if time.monotonic() > ends:
                    raise _too_slow(limit_s)
                if os.fstat(output.fileno()).st_size > MOST_OUTPUT:
                    raise _too_much()
        finally:
            await asyncio.shield(_end(process))
        lines.look()
        if os.fstat(output.fileno()).st_size > MOST_OUTPUT:
            raise _too_much()
        output.seek(0)
        return Ended(process.returncode, output.read())


class _Lines:
    """Whole lines of a file that somebody else writes, as they come; only its beginning."""

    def __init__(self, file: IO[bytes], say: Callable[[str], None] | None) -> None:
        self._file = file
        self._say = say
        self._told = 0

    def look(self) -> None:
        # Where the place in the file is shared with who writes it, nothing is told of the way.
        if self._say is None or not hasattr(os, "pread"):
            return
        text = os.pread(self._file.fileno(), MOST_OUTPUT, 0).decode("utf-8", "replace")
        lines = text.split("\n")[:-1]
        for line in lines[self._told :]:
            self._say(line)
        self._told = len(lines)


async def _end(process: subprocess.Popen[bytes]) -> None:
    """End it where it still runs: it is asked first, so that it can end what it started."""
    if process.poll() is not None:
        return
    with contextlib.suppress(OSError):  # it ended at this moment
        if os.name == "nt":
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)
    ends = time.monotonic() + _GRACE_S
    while process.poll() is None and time.monotonic() < ends:
        await asyncio.sleep(_LOOK_S)
    if process.poll() is None:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


def _too_slow(limit_s: float) -> ServerError:
    return ServerError(
        T("It took more than {n:.0f} s and was ended.", "用时超过 {n:.0f} 秒，已结束。", n=limit_s),
        T("The machine is busy, or there is very much to read.", "机器繁忙，或要读取的内容很多。"),
        T("Try again, or run it in a notebook, where it may take its time.",
          "请重试，或在笔记本中运行，那里没有时间限制。"),
        code="server.too_slow",
    )  # fmt: skip


def _too_much() -> ServerError:
    return ServerError(
        T("The answer is larger than {mib} MiB.", "结果超过 {mib} MiB。", mib=MOST_OUTPUT >> 20),
        None,
        T("Run it in a notebook.", "请在笔记本中运行。"),
        code="server.too_much",
    )
