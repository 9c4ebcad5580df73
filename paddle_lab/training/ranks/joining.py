"""A further machine of a run: its ranks, started when the first machine calls, and again."""

from __future__ import annotations

import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from paddle_lab.cgroup import usable_cores
from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.runs import RunFolder
from paddle_lab.training.ranks.failures import LOST_OTHERS, culprit, error_of_rank, write_error
from paddle_lab.training.ranks.meeting import MEET_S, Call, OtherMachine
from paddle_lab.training.ranks.processes import Crew, RankProcesses

_LOOK_S: Final = 0.05
_HEAR_S: Final = 1.0


class Joined:
    """Machine ``node`` of a run: works until the first machine says that all is over."""

    def __init__(self, crew: Crew, node: int) -> None:
        self._crew = crew
        self._first = OtherMachine(crew.folder, node)
        self._leaving = False

    def leave(self) -> None:
        """End this machine's part, and so the run. For a signal's handler."""
        self._leaving = True

    def work(self) -> None:
        """Return when there is no work left. Raises RunError when the first machine is gone."""
        worked: Call | None = None
        while not self._leaving:
            call = self._first.heard()
            if call is not None and call.over and worked is not None:
                return
            if call is None or call.over or (worked and call.token == worked.token):
                time.sleep(_LOOK_S)
                continue
            worked = call
            self._first.answer(call)
            self._attempt(call)

    def _attempt(self, call: Call) -> None:
        crew = replace(self._crew, token=call.token, resume=call.resume)
        ranks = RankProcesses(crew, None)
        try:
            self._watch(ranks, call)
        finally:
            ranks.kill()
        found = culprit(ranks.ended)
        if self._leaving:
            write_error(crew.folder, crew.first, _left())
        elif found is not None and found.code != LOST_OTHERS:
            # Killed ones have said nothing: the first machine reads it there.
            write_error(crew.folder, found.rank, error_of_rank(crew.folder, found, crew.size))

    def _watch(self, ranks: RankProcesses, call: Call) -> None:
        heard = time.monotonic()
        while not self._leaving:
            ranks.look()
            if ranks.failed or ranks.all_ended:
                return
            if time.monotonic() - heard > _HEAR_S:
                heard = time.monotonic()
                now = self._first.heard()
                if now is None or now.over or now.token != call.token:
                    return
            time.sleep(_LOOK_S)


def join_run(folder: RunFolder, node: int, *, nnodes: int, procs: int, master: str,
             gpus: list[str], trust: bool) -> None:  # fmt: skip
    """Work on ``folder``'s run as machine ``node`` until it is over. In a main thread.

    Raises RunError when nothing is heard of the first machine.
    """
    spec = folder.spec()
    host, _, port = master.rpartition(":")
    crew = Crew(
        folder,
        first=node * procs,
        count=procs,
        size=nnodes * procs,
        host=host,
        port=int(port),
        token="",
        threads=spec.threads or max(1, usable_cores() // procs),
        gpus=gpus,
        trust=trust,
    )
    joined = Joined(crew, node)
    before: dict[int, Any] = {
        number: signal.signal(number, lambda *_: joined.leave())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        joined.work()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_in(place: Path) -> RunFolder:
    """The run at ``place``: a run's folder, or one that appears in it soon.

    So a script may start all machines at once, before the first has made the run. Raises RunError.
    """
    deadline = time.monotonic() + MEET_S
    while True:
        if (place / "run.json").is_file() or time.monotonic() > deadline:
            return RunFolder.open(place)
        found = sorted(place.glob("*/run.json"))
        if len(found) == 1:
            return RunFolder.open(found[0].parent)
        if len(found) > 1:
            raise RunError(
                T("There are several runs in {path}.", "{path} 中有多个运行。", path=place),
                T("{names}", "{names}", names=", ".join(one.parent.name for one in found[:5])),
                T("Name the one to work on.", "请指明要加入的运行。"),
                code="run.several_found",
            )
        time.sleep(_HEAR_S)


def _left() -> RunError:
    return RunError(
        T("A machine of the run was ended.", "运行中的一台机器被终止。"),
        T("It was interrupted, or told to leave.", "它被中断，或被要求退出。"),
        T("Start it again, and go on from the last checkpoint with --resume.",
          "请重新启动它，并用 --resume 从最近的检查点继续。"),
        code="run.process_died",
    )  # fmt: skip
