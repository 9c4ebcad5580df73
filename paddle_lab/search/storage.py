"""Where Optuna's study lies: a journal that several processes write, also on a network disk.

Its lock is a file that only one can make (``O_EXCL``), which NFS keeps as well. A process that was
killed while it held the lock delays the others by half a minute.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.untrusted import MEGABYTE, UnusableFile, open_regular, reason_of

NAME: Final = "search"
_LARGEST: Final = 256 * MEGABYTE
_BLOCK: Final = MEGABYTE // 16


def open_storage(optuna: Any, path: Path, older: Path) -> Any:
    """The storage at ``path``, made where there is none; ``older`` is an SQLite file of before.

    What is in ``older`` is taken over once. Raises UnusableFile for what is no regular file,
    OSError, and whatever Optuna raises for a damaged one.
    """
    if not path.exists() and older.exists():
        _take_over(optuna, path, older)
    return _journal(optuna, path)


@contextmanager
def held(optuna: Any, path: Path) -> Iterator[None]:
    """Let no other process that works on the study at ``path`` into the block, on no machine."""
    lock = optuna.storages.journal.JournalFileOpenLock(f"{path}.turn")
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _journal(optuna: Any, path: Path) -> Any:
    if path.is_symlink():
        raise UnusableFile("it is a link, not a file")
    if path.exists():
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size > _LARGEST:
                raise UnusableFile(f"it is larger than {_LARGEST // MEGABYTE} MB")
    journal = optuna.storages.journal

    class Mending(journal.JournalFileOpenLock):  # type: ignore[misc, name-defined]
        """Cuts a line off that a full disk or a kill has left torn, before the next is written."""

        def acquire(self) -> bool:
            taken = bool(super().acquire())
            try:
                _cut_torn_line(path)
            except BaseException:
                self.release()
                raise
            return taken

    backend = journal.JournalFileBackend(str(path), lock_obj=Mending(str(path)))
    return optuna.storages.JournalStorage(backend)


def _cut_torn_line(path: Path) -> None:
    with path.open("r+b") as file:
        end = whole = file.seek(0, os.SEEK_END)
        if not end:
            return
        file.seek(end - 1)
        if file.read(1) == b"\n":
            return
        while whole:
            start = max(0, whole - _BLOCK)
            file.seek(start)
            found = file.read(whole - start).rfind(b"\n")
            if found >= 0:
                whole = start + found + 1
                break
            whole = start
        if whole < end:
            file.truncate(whole)


def _take_over(optuna: Any, path: Path, older: Path) -> None:
    """Write what an SQLite study holds as a journal, whole or not at all."""
    open_regular(older).close()

    def connect() -> sqlite3.Connection:
        # By a connection of our own: in a URL, a brace or a question mark would be read.
        return sqlite3.connect(older, timeout=60.0, check_same_thread=False)

    source = optuna.storages.RDBStorage("sqlite:///study.db", engine_kwargs={"creator": connect})
    made = path.with_name(f".{path.name}.new")
    made.unlink(missing_ok=True)
    optuna.copy_study(from_study_name=NAME, from_storage=source, to_storage=_journal(optuna, made))
    source.engine.dispose()
    made.replace(path)


def unreadable_study(path: Path, error: Exception) -> RunError:
    """The error for a study that cannot be read or written."""
    said = (reason_of(error).splitlines() or [type(error).__name__])[0][:200]
    return RunError(
        T("The memory of this search cannot be read or written.", "无法读取或写入该搜索的记录。"),
        T("{path}: {error}", "{path}：{error}", path=path, error=said),
        T("Start a new search; its runs stay as they are.",
          "请开始新的搜索；已有的运行保持不变。"),
        code="run.unreadable",
    )  # fmt: skip
