"""The file of the queue, in Paddle Lab's folder of this user; changed under a lock alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.locks import lock
from paddle_lab.paths import atomic_write_json, data_dir
from paddle_lab.queue.line import CHECK, Line
from paddle_lab.untrusted import MEGABYTE, UnusableFile, open_to_append, read_object

_PATIENCE_S: Final = 20.0


class Held:
    """The line while nobody else may change it: set :attr:`line`, and it is written."""

    def __init__(self, line: Line) -> None:
        self.line = line


def folder() -> Path:
    """Where the queue is kept."""
    return data_dir() / "queue"


def read() -> Line:
    """The line as it stands; a file that is absent or damaged is an empty one."""
    try:
        data = read_object(folder() / "queue.json", 4 * MEGABYTE)
    except (OSError, UnusableFile):
        return Line()
    return Line() if CHECK(data) is not None else Line.from_json(data)


@contextmanager
def held() -> Iterator[Held]:
    """Change the line. Raises RunError when the folder takes no files, or another holds it."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with os.fdopen(open_to_append(folder() / "queue.lock"), "ab") as file:
            lock(file, _PATIENCE_S)
            found = Held(read())
            before = found.line
            yield found
            if found.line != before:
                atomic_write_json(folder() / "queue.json", found.line.to_json())
    except (OSError, UnusableFile, TimeoutError) as error:
        raise RunError(
            T("The queue cannot be changed.", "无法修改队列。"),
            T("{path}: {error}", "{path}：{error}", path=folder(),
              error=getattr(error, "strerror", None) or error),
            T("Set PADDLE_LAB_DATA_DIR to a writable folder, or try again.",
              "请把 PADDLE_LAB_DATA_DIR 设为可写目录，或重试。"),
            code="run.queue",
        ) from error  # fmt: skip


def supervisor_lock(patience_s: float) -> IO[bytes] | None:
    """The lock that the one supervisor holds for as long as it works; None when another has it.

    It is let go when the file is closed. Raises OSError.
    """
    file = os.fdopen(open_to_append(folder() / "supervisor.lock"), "ab")
    try:
        lock(file, patience_s)
    except TimeoutError:
        file.close()
        return None
    return file
