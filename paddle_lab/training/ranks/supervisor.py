"""Starts the ranks of a run on this machine, and ends with them.

``python -m paddle_lab.training.ranks.supervisor FOLDER --procs 2``: the run's process for everybody
else. No rank outlives it, and it tells of which rank a run died. Of several machines this is that
of the first one; the others have :mod:`paddle_lab.training.ranks.joining`.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any, Final

from paddle_lab.cgroup import usable_cores
from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.runs import ProcessMark, RunFolder
from paddle_lab.runs.claim import file_lock
from paddle_lab.training.ranks.failures import (
    LOST_OTHERS,
    culprit,
    error_of_rank,
    forget_errors,
    told_elsewhere,
)
from paddle_lab.training.ranks.meeting import Call, FirstMachine
from paddle_lab.training.ranks.processes import Crew, RankProcesses
from paddle_lab.training.ranks.ssh import started_by_ssh
from paddle_lab.training.standing import record_end
from paddle_lab.training.worker import is_anothers

#: What is asked of it, and that its parent has ended, is seen after so long; an end at once.
_LOOK_S: Final = 0.2
#: An aborted run has so long to leave by itself: a step, and its last words.
_LEAVE_S: Final = 20.0
#: When a rank has failed, so long for the others to say more: whose failure it was, and the end.
_SETTLE_S: Final = 2.0
#: One that was killed has nothing to say.
_KILLED_S: Final = 0.2
#: A network disk shows so late what a rank of another machine has said.
_ELSEWHERE_S: Final = 8.0


class Supervisor:
    """Works on one run until it has ended; ``parent`` is the process to end with, None: none."""

    def __init__(self, crew: Crew, parent: int | None, restarts: int = 0, nnodes: int = 1) -> None:
        self._crew = crew
        self._folder = crew.folder
        self._parent = parent
        self._restarts = restarts
        self._leaving = False
        self._others = FirstMachine(crew.folder, nnodes)
        self._nnodes = nnodes

    def leave(self) -> None:
        """Abort the run. For a signal's handler."""
        self._leaving = True

    def work(self, listening: socket.socket) -> int:
        """0 when the run ended well, 1 when it failed."""
        error: RunError | None = None
        try:
            for restart in range(self._restarts + 1):
                error = self._attempt(restart, listening)
                if error is None or self._leaving or restart == self._restarts:
                    break
                self._tell(_restarted(error, restart + 1, self._restarts))
                self._crew = replace(self._crew, resume=True)
        except RunError as missing:
            error = missing
        finally:
            self._others.part()
        if self._folder.state().end is None:
            if self._leaving:
                record_end(self._folder, "aborted")
            else:
                record_end(self._folder, "failed", error)
        return 0 if error is None else 1

    def _attempt(self, number: int, listening: socket.socket) -> RunError | None:
        """Let the ranks work once; the error that they died of, without a word in the events.

        Raises RunError when another machine did not come.
        """
        crew = replace(self._crew, token=secrets.token_hex(16))
        forget_errors(self._folder, crew.size)
        ranks = RankProcesses(crew, listening)
        try:
            # Its ranks read the data meanwhile, and wait for those of the others.
            self._others.meet(Call(number, crew.token, crew.resume), self._is_left)
            self._watch(ranks)
        finally:
            ranks.kill()
        ranks.look()
        if self._folder.state().end is not None:
            return None
        found = culprit(ranks.ended)
        if found is None:
            return None
        if self._nnodes > 1 and found.code == LOST_OTHERS:
            told = told_elsewhere(self._folder, crew.size, crew.count, _ELSEWHERE_S)
            if told is not None:
                return told
        return error_of_rank(self._folder, found, crew.size)

    def _is_left(self) -> bool:
        return self._leaving or self._is_orphaned()

    def _is_orphaned(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

    def _watch(self, ranks: RankProcesses) -> None:
        """Return when the leader has ended, or one has failed and the others had time to say so."""
        told: float | None = None
        failed: float | None = None
        while True:
            ranks.look()
            now = time.monotonic()
            over = ranks.has_ended(0) or ranks.all_ended
            if over and (not ranks.failed or self._folder.state().end is not None):
                return
            if ranks.failed:
                failed = failed or now
                if now - failed > (_KILLED_S if ranks.killed else _SETTLE_S) or ranks.all_ended:
                    return
            if self._is_orphaned():
                ranks.kill()
                self._others.part()
                os._exit(1)  # as the parent's own run would: crashed, without a last word
            if self._leaving:
                if told is None:
                    told = now
                    ranks.ask_to_leave()
                if now - told > _LEAVE_S:
                    return
            ranks.wait(_LOOK_S)

    def _tell(self, text: Text) -> None:
        mark = ProcessMark.of_this_process().to_json()
        with self._folder.open_log() as log:
            log.append("phase", phase="load", process=mark)
            log.append("notice", level="warning", code="restarted", text=text.to_json())


def _restarted(error: RunError, number: int, most: int) -> Text:
    return T("{what} It goes on from the last checkpoint (restart {n} of {most}).",
             "{what} 从最近的检查点继续（第 {n} 次重启，最多 {most} 次）。",
             what=error.what, n=number, most=most)  # fmt: skip


def main() -> int:
    """Supervise the folder's run; 2 when somebody else has taken it up."""
    args = _parser().parse_args()
    folder = RunFolder.open(args.folder)
    with file_lock(folder.claim_path):
        if is_anothers(folder, args.begun_by):
            return 2
        begin(folder, json.loads(args.notices))
    try:
        listening = listen(args.master, args.nnodes, args.procs)
    except OSError as error:
        record_end(folder, "failed", _no_port(args.master, error))
        return 1
    with listening:
        host, _, _ = args.master.rpartition(":")
        port = listening.getsockname()[1]
        crew = crew_of(folder, args, 0, host or "127.0.0.1", port)
        supervisor = Supervisor(
            crew, None if args.stays else args.begun_by, args.restarts, args.nnodes
        )
        signal.signal(signal.SIGTERM, lambda *_: supervisor.leave())
        beside: list[subprocess.Popen[bytes]] = []
        try:
            beside += started_by_ssh(crew, args.nodes.split(",") if args.nodes else [])
            return supervisor.work(listening)
        finally:
            for one in beside:
                one.terminate()


def crew_of(folder: RunFolder, args: argparse.Namespace, node: int, host: str, port: int) -> Crew:
    """The ranks of machine ``node``: each has as many as this one."""
    spec = folder.spec()
    size = args.procs * args.nnodes
    return Crew(
        folder,
        first=node * args.procs,
        count=args.procs,
        size=size,
        host=host,
        port=port,
        token="",
        threads=spec.threads or max(1, usable_cores() // args.procs),
        gpus=args.gpus.split(",") if args.gpus else [],
        device=spec.device if size == 1 else "cpu",
        resume=args.resume,
        trust=args.trust,
        train_only=args.train_only,
        since=args.requests_from,
    )


def listen(master: str, nnodes: int, procs: int) -> socket.socket:
    """Where the leader waits for the others: of one machine, for its own processes alone.

    Raises OSError.
    """
    _, _, port = master.rpartition(":")
    address = ("127.0.0.1", 0) if nnodes == 1 else ("", int(port or 0))
    return socket.create_server(address, backlog=nnodes * procs)


def begin(folder: RunFolder, notices: list[dict[str, Any]]) -> None:
    """The first events: who works on the run, and what there is to say of that."""
    with folder.open_log() as log:
        mark = ProcessMark.of_this_process().to_json()
        log.append("phase", phase="load", process=mark)
        for text in notices:
            log.append("notice", level="info", code="ranks", text=text)


def _no_port(master: str, error: OSError) -> RunError:
    return RunError(
        T("The other machines cannot be waited for at {master}.",
          "无法在 {master} 等待其他机器。", master=master),
        T("{error}", "{error}", error=error.strerror or error),
        T("Give another port: --master HOST:PORT", "请换一个端口：--master 主机:端口"),
        code="run.no_port",
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="paddle_lab.training.ranks.supervisor")
    parser.add_argument("folder")
    parser.add_argument("--procs", type=int, required=True)
    parser.add_argument("--gpus", default="")
    parser.add_argument("--nnodes", type=int, default=1)
    parser.add_argument("--master", default="", metavar="HOST:PORT")
    parser.add_argument("--nodes", default="", metavar="HOST,HOST")
    parser.add_argument("--notices", default="[]", metavar="JSON")
    parser.add_argument("--restarts", type=int, default=0)
    parser.add_argument("--requests-from", type=int, default=0, metavar="BYTES")
    parser.add_argument("--begun-by", type=int, metavar="PID")
    parser.add_argument("--stays", action="store_true")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--trust", action="store_true")
    parser.add_argument("--train-only", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
