"""Machines that work on one run meet in its folder, which proves that they share it.

The first machine writes a document with a secret, and each other one writes that secret back: so
each has written there, and read what another has written. A document of the first machine is
renewed while it lives; one that grows old is that of a machine that is gone.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_json
from paddle_lab.runs import RunFolder
from paddle_lab.untrusted import MEGABYTE, UnusableFile, read_object

#: Machines are started by hand, or by a queue: so long the first waits for the others.
MEET_S: Final = 900.0
#: A network disk may show a file so late.
_RENEW_S: Final = 5.0
_GONE_S: Final = 90.0
_LOOK_S: Final = 0.2


@dataclass(frozen=True)
class Call:
    """What the first machine says: its ``number`` (one for each start of the ranks), its secret.

    ``resume``: whether the ranks go on from a checkpoint; ``over``: whether there is no work left.
    """

    number: int
    token: str
    resume: bool = False
    over: bool = False
    renewed: int = 0


class FirstMachine:
    """Calls the others, ``nnodes`` - 1 of them, and waits for them."""

    def __init__(self, folder: RunFolder, nnodes: int) -> None:
        self._folder = folder
        self._nnodes = nnodes
        self._call: Call | None = None
        self._writing = threading.Lock()
        self._over = threading.Event()
        if nnodes > 1:
            threading.Thread(target=self._renew, daemon=True).start()

    def meet(self, call: Call, left: Callable[[], bool] = lambda: False) -> None:
        """Call, and return when all others have answered, or ``left`` says that nobody waits.

        Raises RunError when one did not come in time, OSError when the folder takes no file.
        """
        if self._nnodes == 1:
            return
        self._say(call)
        deadline = time.monotonic() + MEET_S
        missing = set(range(1, self._nnodes))
        while missing and not left():
            missing -= {node for node in missing if self._answered(node, call)}
            if time.monotonic() > deadline:
                raise _missing(self._folder, sorted(missing))
            time.sleep(_LOOK_S)

    def part(self) -> None:
        """Say that there is no work left."""
        self._over.set()
        if self._call is not None:
            self._say(Call(self._call.number, self._call.token, over=True))

    def _answered(self, node: int, call: Call) -> bool:
        content = _read(path_of(self._folder, node))
        return content.get("number") == call.number and content.get("token") == call.token

    def _say(self, call: Call) -> None:
        with self._writing:
            renewed = 0 if self._call is None else self._call.renewed + 1
            self._call = Call(call.number, call.token, call.resume, call.over, renewed)
            path_of(self._folder, 0).parent.mkdir(parents=True, exist_ok=True)
            atomic_write_json(path_of(self._folder, 0), vars(self._call))

    def _renew(self) -> None:
        while not self._over.wait(_RENEW_S):
            call = self._call
            if call is not None:
                try:
                    self._say(call)
                except OSError:  # a full disk: the next may do
                    continue


class OtherMachine:
    """Hears the first machine, as number ``node``."""

    def __init__(self, folder: RunFolder, node: int) -> None:
        self._folder = folder
        self._node = node
        self._last: tuple[Any, float] = (None, time.monotonic())

    def heard(self) -> Call | None:
        """What the first machine says now; None before it has said anything.

        Raises RunError when it has not been heard of for long.
        """
        content = _read(path_of(self._folder, 0))
        call = _call_of(content)
        if call != self._last[0]:
            self._last = call, time.monotonic()
        if time.monotonic() - self._last[1] > _GONE_S:
            raise _first_is_gone(self._folder)
        return call

    def answer(self, call: Call) -> None:
        """Write its secret back. Raises OSError."""
        content = {"number": call.number, "token": call.token, "host": socket.gethostname()}
        atomic_write_json(path_of(self._folder, self._node), content)


def path_of(folder: RunFolder, node: int) -> Path:
    """Where a machine writes for the others."""
    return folder.path / "logs" / f"machine-{node}.json"


def _call_of(content: dict[str, Any]) -> Call | None:
    wanted = {"number": int, "token": str, "resume": bool, "over": bool, "renewed": int}
    if any(type(content.get(name)) is not kind for name, kind in wanted.items()):
        return None
    return Call(**{name: content[name] for name in wanted})


def _read(path: Path) -> dict[str, Any]:
    try:
        # Asking for its folder makes a network disk look again.
        os.scandir(path.parent).close()
        return read_object(path, MEGABYTE // 16)
    except (OSError, UnusableFile):
        return {}


def _missing(folder: RunFolder, nodes: list[int]) -> RunError:
    return RunError(
        T("Machine {names} did not come.", "机器 {names} 没有加入。",
          names=", ".join(map(str, nodes))),
        T("Nothing of it was read in {path} for {n:.0f} minutes: it was not started, or does not "
          "share the folder.",
          "{n:.0f} 分钟内没有在 {path} 读到它写的内容：它没有启动，或没有共享该目录。",
          path=folder.path, n=MEET_S / 60),
        T("Start it by its command, with a folder that all machines share: --out FOLDER",
          "请用给出的命令启动它，并使用所有机器共享的目录：--out 目录"),
        code="run.machine_missing",
    )  # fmt: skip


def _first_is_gone(folder: RunFolder) -> RunError:
    return RunError(
        T("Nothing is heard of the first machine of this run.",
          "没有收到本次运行第一台机器的消息。"),
        T("In {path} nothing was renewed for {n:.0f} seconds: it is not started, has ended, or "
          "does not share the folder.",
          "{path} 已有 {n:.0f} 秒没有更新：它没有启动、已经结束，或没有共享该目录。",
          path=path_of(folder, 0), n=_GONE_S),
        T("Start the first machine, then this one.", "请先启动第一台机器，再启动这一台。"),
        code="run.machine_missing",
    )  # fmt: skip
