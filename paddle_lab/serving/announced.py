"""Services that run on this machine, each as a file that says where: what the sidebar reads.

The file lies beside the registry of runs, is this user's alone, and goes with the service. One
whose process was killed is passed over, and taken away by the next service. A service is asked to
end by a file beside it, for which it looks itself: no number from a folder is ever signalled.
"""

from __future__ import annotations

import contextlib
import secrets
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.paths import atomic_write_json, data_dir
from paddle_lab.runs.process import ProcessMark
from paddle_lab.untrusted import UnusableFile, read_object

_FOLDER: Final = "services"
_LARGEST: Final = 16 * 1024
_MOST: Final = 64
_LONGEST_NAME: Final = 80
_ASKED: Final = ".end"
_LOOK_S: Final = 0.5


@dataclass(frozen=True)
class Announced:
    """A service: what it is known by, the names of its models, its address, its process."""

    id: str
    name: str
    url: str
    process: ProcessMark

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self.process.pid


@contextlib.contextmanager
def announced(url: str, names: Sequence[str]) -> Iterator[None]:
    """Within the block this process is known as a service; asked to end, it gets SIGTERM.

    A disk that takes nothing hides it.
    """
    mark = ProcessMark.of_this_process()
    path = _folder() / f"{secrets.token_hex(8)}.json"
    document = {"version": 1, "name": ", ".join(names)[:_LONGEST_NAME], "url": url,
                "process": mark.to_json()}  # fmt: skip
    try:
        _forget_ended()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        atomic_write_json(path, document)
    except OSError:
        # It serves all the same.
        yield
        return
    over = threading.Event()
    threading.Thread(target=_until_asked, args=(path, over), daemon=True).start()
    try:
        yield
    finally:
        over.set()
        with contextlib.suppress(OSError):
            _forget(path)


def services() -> list[Announced]:
    """Those that run, in the order of their processes."""
    found = [_read(path) for path in _files()]
    return [one for one in found if one is not None and one.process.lives()]


def end_service(service: str) -> bool:
    """Ask the one with that id to end; False where none runs. Raises OSError."""
    if not any(one.id == service for one in services()):
        return False
    (_folder() / service).with_suffix(_ASKED).touch()
    return True


def _until_asked(path: Path, over: threading.Event) -> None:
    """Look for the request; the main thread then hears it as any other SIGTERM."""
    while not over.wait(_LOOK_S):
        if path.with_suffix(_ASKED).exists():
            main = threading.main_thread().ident
            if main is not None and hasattr(signal, "pthread_kill"):
                signal.pthread_kill(main, signal.SIGTERM)
            else:
                signal.raise_signal(signal.SIGTERM)
            return


def _folder() -> Path:
    return data_dir() / _FOLDER


def _files() -> list[Path]:
    try:
        return sorted(_folder().glob("*.json"))[:_MOST]
    except OSError:
        return []


def _read(path: Path) -> Announced | None:
    """None for a file that is none of ours."""
    try:
        content: dict[str, Any] = read_object(path, _LARGEST)
    except (OSError, UnusableFile):
        return None
    mark = ProcessMark.from_json(content.get("process"))
    name, url = content.get("name"), content.get("url")
    if mark is None or not isinstance(name, str) or not isinstance(url, str):
        return None
    return Announced(path.stem, name[:_LONGEST_NAME], url[:_LONGEST_NAME], mark)


def _forget_ended() -> None:
    for path in _files():
        one = _read(path)
        if one is not None and one.process.lives() is False:
            _forget(path)


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(_ASKED).unlink(missing_ok=True)
