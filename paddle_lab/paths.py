"""Where things live on disk, and how files are written so that they are whole or absent."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import tempfile
import unicodedata
import uuid
from pathlib import Path
from typing import Any, Final

_NOT_WRITABLE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)

#: The folder of runs where nobody chose another.
USUAL_RUNS: Final = "paddle_runs"


def data_dir() -> Path:
    """Paddle Lab's folder among Jupyter's data: the registry of runs lives there."""
    explicit = os.environ.get("PADDLE_LAB_DATA_DIR")
    if explicit:
        return Path(explicit)
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "paddle-lab"


def cache_dir() -> Path:
    """What can be made again: converted models, what import trials found.

    ``PADDLE_LAB_CACHE_DIR`` moves it.
    """
    explicit = os.environ.get("PADDLE_LAB_CACHE_DIR")
    if explicit:
        return Path(explicit)
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "paddle-lab"
    home = expanded("~")
    if home == Path("~"):  # a container's user whom the system does not know
        return Path(tempfile.gettempdir()) / "paddle-lab-cache"
    return home / ".cache" / "paddle-lab"


def runs_dir() -> Path:
    """Where new runs are made: ``PADDLE_LAB_RUNS_DIR``, else ``paddle_runs`` here."""
    return Path(os.environ.get("PADDLE_LAB_RUNS_DIR") or USUAL_RUNS)


def expanded(name: str | os.PathLike[str]) -> Path:
    """``name`` with ``~`` as the home folder; as it is when there is no such home."""
    path = Path(name)
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def fsync_dir(folder: Path) -> None:
    """Make a rename inside ``folder`` last through a power cut, where the platform can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_tree(folder: Path) -> None:
    """Put every file and folder below ``folder`` on the disk itself. Raises OSError."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            fsync_dir(path)
            continue
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    fsync_dir(folder)


def put_in_place(new: Path, target: Path, aside: Path) -> None:
    """Give the folder ``new`` the name ``target``; a folder that has it is at ``aside`` afterwards.

    Moved aside, not removed: a kill finds a whole folder at almost any moment, and it comes back
    when the new one cannot take its place. All three are of one file system. Raises OSError.
    """
    replacing = target.exists()
    try:
        if replacing:
            target.rename(aside)
        new.rename(target)
    except BaseException:
        if replacing and aside.exists() and not target.exists():
            aside.rename(target)
        raise


def is_about_writing(error: OSError) -> bool:
    """Whether the disk is full, a quota used up, or the folder not writable for this user."""
    return error.errno in _NOT_WRITABLE


def atomic_write_bytes(path: Path, content: bytes, *, make_parents: bool = True) -> None:
    """Write ``path`` so that a reader sees the old content or the new, never a part.

    ``make_parents`` makes the folder where there is none; without it that raises OSError, as all
    that the disk refuses.
    """
    if make_parents:
        path.parent.mkdir(parents=True, exist_ok=True)
    os.fsencode(path)  # before anything is made: half a character in the name is a ValueError
    _refuse_devices(path)
    temporary = path.parent / f".{uuid.uuid4().hex}.part"
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_dir(path.parent)


def _refuse_devices(path: Path) -> None:
    """Raise OSError where ``path`` is a device, pipe or socket: a rename would take its place."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "it is a device or pipe, not a file", str(path))


def atomic_write_text(path: Path, content: str, *, make_parents: bool = True) -> None:
    """:func:`atomic_write_bytes` for text, in UTF-8."""
    atomic_write_bytes(path, content.encode("utf-8"), make_parents=make_parents)


def atomic_write_json(path: Path, content: Any, *, make_parents: bool = True) -> None:
    """:func:`atomic_write_bytes` for JSON; raises ValueError for NaN and infinities."""
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
    atomic_write_text(path, text + "\n", make_parents=make_parents)


def safe_name(name: str, fallback: str = "run", limit: int = 48) -> str:
    """A file name made of ``name``: letters (any script), digits, ``-`` and ``_`` only.

    Separators, dots, control and direction marks never reach the file system.
    """
    composed = unicodedata.normalize("NFC", name)
    cleaned = re.sub(r"[^\w\-]+", "-", composed, flags=re.UNICODE).strip("-_")
    while len(cleaned.encode("utf-8")) > limit * 3 or len(cleaned) > limit:
        cleaned = cleaned[:-1]
    return cleaned or fallback
