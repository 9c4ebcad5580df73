"""Processes that work on one search know of each other by files in its folder.

Each that joined writes one, ``workers/NAME.json``, and renews it while it lives. On the same
machine the end of a process is seen at once. On another one only silence is heard, by the clock of
whoever listens: clocks of machines differ.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import atomic_write_json
from paddle_lab.runs import ProcessMark
from paddle_lab.search.folder import SearchFolder
from paddle_lab.search.stands import CHECK_WORKER
from paddle_lab.untrusted import MEGABYTE, UnusableFile, read_object

#: A process on another machine that is silent for so long counts as lost: a network disk may show
#: a file a minute late.
GONE_S: Final = 120.0
_LARGEST: Final = 4 * MEGABYTE
_MOST: Final = 1000
_LOOK_S: Final = 1.0
_NAME: Final = re.compile(r"([0-9a-f]{8})\.json")

Fate = Literal["working", "left", "ended", "silent"]


def new_name() -> str:
    """A name for a process that works on a search."""
    return secrets.token_hex(4)


class OwnFile:
    """What a process that joined says of itself. Raises OSError."""

    def __init__(self, folder: SearchFolder, name: str) -> None:
        folder.workers_path.mkdir(exist_ok=True)
        self._path = folder.workers_path / f"{name}.json"
        self._renewed = 0

    def write(self, rows: Sequence[dict[str, Any]], *, left: bool = False) -> None:
        """Write how its trials stand, and that it lives."""
        self._renewed += 1
        content = {
            "state": "left" if left else "working",
            "renewed": self._renewed,
            "process": ProcessMark.of_this_process().to_json(),
            "trials": list(rows),
        }
        atomic_write_json(self._path, content, make_parents=False)


@dataclass(frozen=True)
class Other:
    """Another process: ``fate`` is whether it works, left in order, ended, or is silent."""

    name: str
    host: str
    fate: Fate
    rows: Sequence[dict[str, Any]]


class Others:
    """Watches the files of those that joined; :meth:`look` may be called as often as one likes."""

    def __init__(self, folder: SearchFolder) -> None:
        self._folder = folder
        self._changed: dict[str, tuple[int, float]] = {}

    def look(self) -> dict[str, Other]:
        """All that ever joined, by name. Files that are none of ours are passed over."""
        found = {}
        try:
            with os.scandir(self._folder.workers_path) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError:
            return {}
        for name in names[:_MOST]:
            if (match := _NAME.fullmatch(name)) is not None:
                other = self._read(match[1], self._folder.workers_path / name)
                if other is not None:
                    found[other.name] = other
        return found

    def _read(self, name: str, path: Path) -> Other | None:
        try:
            content = read_object(path, _LARGEST)
        except (OSError, UnusableFile):
            return None
        mark = ProcessMark.from_json(content.get("process"))
        if CHECK_WORKER(content) is not None or mark is None:
            return None
        return Other(name, mark.host, self._fate(name, content, mark), content["trials"])

    def _fate(self, name: str, content: dict[str, Any], mark: ProcessMark) -> Fate:
        if content["state"] == "left":
            return "left"
        lives = mark.lives()
        if lives is not None:
            return "working" if lives else "ended"
        now, renewed = time.monotonic(), content["renewed"]
        if self._changed.get(name, (None, now))[0] != renewed:
            self._changed[name] = renewed, now
        return "silent" if now - self._changed[name][1] > GONE_S else "working"


class Owner:
    """The process that the search belongs to, as one that joined sees it."""

    def __init__(self, folder: SearchFolder) -> None:
        self._folder = folder
        self._changed: tuple[Any, float] = (None, time.monotonic())
        self.gone = False

    def look(self) -> dict[str, Any]:
        """``trials.json``; :attr:`gone` says whether its process has ended or is silent.

        Raises RunError.
        """
        content = self._folder.trials()
        now = time.monotonic()
        told = (content.get("process"), content["seconds"], content["state"])
        if told != self._changed[0]:
            self._changed = told, now
        silent = now - self._changed[1] > GONE_S and not _lives_here(content)
        self.gone = content["state"] == "crashed" or (content["state"] == "running" and silent)
        return content


def silent_owner(
    folder: SearchFolder, say: Callable[[Text], None] = lambda _: None
) -> ProcessMark | None:
    """The process of another machine that a search had, where it is silent; None: there is none.

    Returns at once unless another machine was at work on it lately. Then it waits until that writes
    something or has been silent for :data:`GONE_S` seconds; ``say`` is told what it waits for.
    """
    mark = folder.process()
    if mark is None or mark.lives() is not None or not folder.live:
        return None
    say(T("Waiting up to {n:.0f} seconds for a sign of {host}, which was at work on it ...",
          "等待 {host} 的消息（最多 {n:.0f} 秒），它此前在进行该搜索……",
          n=GONE_S, host=mark.host))  # fmt: skip
    owner = Owner(folder)
    first = owner.look()["seconds"]
    while not owner.gone:
        if owner.look()["seconds"] != first or not folder.live:
            return None
        time.sleep(_LOOK_S)
    return mark


def _lives_here(content: dict[str, Any]) -> bool:
    """Whether the process that wrote it is one of this machine, and lives."""
    mark = ProcessMark.from_json(content.get("process"))
    return mark is not None and mark.lives() is True


def lost(host: str) -> RunError:
    """The error of a trial whose process, on another machine, is not heard of any more."""
    return RunError(
        T("The process on {host} that had this trial is lost.",
          "机器 {host} 上进行该试验的进程已失去联系。", host=host),
        T("It was not heard of for {n:.0f} seconds. Whether it still trains cannot be seen from "
          "here, so nobody goes on with its run.",
          "已有 {n:.0f} 秒没有它的消息。从这里看不到它是否仍在训练，因此不会由其他进程继续。",
          n=GONE_S),
        T("Another trial takes its place with more --trials.", "可用更大的 --trials 增加试验。"),
        code="run.machine_missing",
    )  # fmt: skip
