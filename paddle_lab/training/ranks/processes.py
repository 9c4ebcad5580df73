"""The rank processes of one machine, as their supervisor holds them."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paddle_lab.runs import RunFolder
from paddle_lab.training.ranks.agreement import log_of
from paddle_lab.training.ranks.failures import Ended
from paddle_lab.training.ranks.rank import TOKEN
from paddle_lab.untrusted import open_to_append

#: What Paddle's own launcher sets would make PaddleNLP's Trainer one of many.
_OF_LAUNCHERS: Final = ("PADDLE_TRAINER_ID", "PADDLE_TRAINERS_NUM", "PADDLE_TRAINER_ENDPOINTS",
                        "PADDLE_CURRENT_ENDPOINT", "PADDLE_MASTER", "PADDLE_GLOBAL_SIZE",
                        "PADDLE_GLOBAL_RANK", "PADDLE_LOCAL_SIZE", "PADDLE_LOCAL_RANK",
                        "PADDLE_NNODES", "PADDLE_RANK_IN_NODE", "PADDLE_DISTRI_BACKEND",
                        "PADDLE_ELASTIC_JOB_ID")  # fmt: skip
_LOOK_S: Final = 0.03


@dataclass(frozen=True)
class Crew:
    """The ranks that one machine starts: ``count`` of ``size``, from number ``first`` on.

    ``host`` and ``port`` are where the leader listens; ``gpus`` names each rank's GPU as in
    CUDA_VISIBLE_DEVICES, none: they compute on ``device``. ``threads`` is for each.
    """

    folder: RunFolder
    first: int
    count: int
    size: int
    host: str
    port: int
    token: str
    threads: int
    gpus: Sequence[str] = ()
    device: str = "cpu"
    resume: bool = False
    trust: bool = False
    train_only: bool = False
    since: int = 0

    def command(self, rank: int, listening: int | None) -> list[str]:
        """The command line of one rank; ``listening`` is the leader's descriptor."""
        words = {
            "rank": rank, "size": self.size, "host": self.host, "port": self.port,
            "threads": self.threads, "device": "gpu:0" if self.gpus else self.device,
            "supervisor": os.getpid(), "requests-from": self.since,
        }  # fmt: skip
        command = [sys.executable, "-m", "paddle_lab.training.ranks.rank", str(self.folder.path)]
        command += [part for name, value in words.items() for part in (f"--{name}", str(value))]
        command += ["--listening", str(listening)] if listening is not None else []
        command += ["--resume"] if self.resume else []
        # One of a machine's ranks gets what is not there; others wait for it.
        command += ["--fetches"] if rank == self.first else []
        command += ["--train-only"] if self.train_only else []
        return command + (["--trust"] if self.trust else [])

    def environment(self, rank: int) -> dict[str, str]:
        """That of one rank: it sees one GPU, and nothing of a launcher of Paddle's."""
        known = {name: value for name, value in os.environ.items() if name not in _OF_LAUNCHERS}
        known |= {TOKEN: self.token, "OMP_NUM_THREADS": str(self.threads)}
        if self.gpus:
            # The driver's order of GPUs is that of NVML only where this is set.
            known.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
            known |= {
                "CUDA_VISIBLE_DEVICES": self.gpus[rank - self.first], "FLAGS_selected_gpus": "0"
            }  # fmt: skip
        return known


class RankProcesses:
    """The processes of a :class:`Crew`, begun when this is made. Raises OSError."""

    def __init__(self, crew: Crew, listening: socket.socket | None) -> None:
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.ended: list[Ended] = []
        try:
            for rank in range(crew.first, crew.first + crew.count):
                leads = listening if rank == 0 else None
                self._processes[rank] = _begun(crew, rank, leads)
        except BaseException:
            self.kill()
            raise

    def look(self) -> None:
        """Take down who has ended, in that order, as far as it can be told."""
        gone = {one.rank for one in self.ended}
        for rank, process in self._processes.items():
            if rank not in gone and process.poll() is not None:
                self.ended.append(Ended(rank, process.returncode))

    def wait(self, seconds: float) -> None:
        """Return when one of those that live ends, at the latest after so many ``seconds``.

        Where that cannot be heard (other systems than Linux) it looks often instead.
        """
        handles: list[int] = []
        gone = {one.rank for one in self.ended}
        try:
            for rank, process in self._processes.items():
                if rank not in gone:
                    handles.append(os.pidfd_open(process.pid))
            select.select(handles, [], [], seconds)
        except (AttributeError, OSError, ValueError):
            time.sleep(min(seconds, _LOOK_S))
        finally:
            for handle in handles:
                os.close(handle)

    @property
    def failed(self) -> bool:
        """Whether one has ended otherwise than well."""
        return any(one.code != 0 for one in self.ended)

    @property
    def killed(self) -> bool:
        """Whether one was ended by a signal."""
        return any(one.code < 0 for one in self.ended)

    def has_ended(self, rank: int) -> bool:
        """Whether it is one of these, and has ended."""
        return any(one.rank == rank for one in self.ended)

    @property
    def all_ended(self) -> bool:
        """Whether none is left."""
        return len(self.ended) == len(self._processes)

    def ask_to_leave(self) -> None:
        """Tell the leader, if it is here: it tells the others."""
        if 0 in self._processes:
            self._processes[0].send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End whoever is left, now."""
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()


def _begun(crew: Crew, rank: int, leads: socket.socket | None) -> subprocess.Popen[bytes]:
    log = log_of(crew.folder, rank)
    Path(log.parent).mkdir(exist_ok=True)
    descriptor = None if leads is None else leads.fileno()
    with os.fdopen(open_to_append(log), "ab") as file:
        return subprocess.Popen(
            crew.command(rank, descriptor),
            env=crew.environment(rank),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            pass_fds=() if descriptor is None else (descriptor,),
            start_new_session=True,
        )
