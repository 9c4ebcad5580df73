"""On what a run is worked: options that say nothing of what it learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from paddle_lab.i18n import T
from paddle_lab.options.data import SAME_ANSWERS
from paddle_lab.options.declare import RUNNING, TRAINING, option

#: A host as ssh takes it, never an option of ssh.
_HOST: Final = r"[A-Za-z0-9][A-Za-z0-9.@_\-]*"


@dataclass(frozen=True, kw_only=True)
class WhereOptions:
    """Processes, GPUs and machines that work on a run; ``procs`` and ``gpus`` are of each."""

    procs: int = option(
        1,
        T("CPU processes that work on the run; the batch is the run's, whatever their number",
          "共同训练的 CPU 进程数；批大小按整个运行计算，与进程数无关"),
        example="2", at_least=1, at_most=256, fixed=False, group=TRAINING,
        unsearched=SAME_ANSWERS,
    )  # fmt: skip
    gpus: str | None = option(
        None,
        T("GPUs that work on the run, a process each: 0,1 (those), 2 (the two freest), auto (one)",
          "共同训练的 GPU，每个一个进程：0,1（指定）、2（最空闲的两个）、auto（一个）"),
        pattern=r"auto|[1-9][0-9]?|[0-9]{1,2},([0-9]{1,2}(,[0-9]{1,2})*)?",
        forms="auto, 2, 0,1 ...", example="0,1", fixed=False, group=TRAINING,
    )  # fmt: skip
    nnodes: int = option(
        1,
        T("machines that work on the run, each with as many processes; they share its folder",
          "共同训练的机器数，每台的进程数相同；它们共用运行目录"),
        example="2", at_least=1, at_most=1000, fixed=False, group=TRAINING,
        unsearched=SAME_ANSWERS,
    )  # fmt: skip
    master: str | None = option(
        None,
        T("of several machines: name or address of the first and a port, where the others reach it",
          "多台机器时，第一台的名称或地址以及端口，供其他机器连接"),
        metavar="HOST:PORT", pattern=r"[A-Za-z0-9][A-Za-z0-9.\-]{0,252}:[0-9]{2,5}",
        forms="HOST:PORT", example="10.0.0.1:29500", fixed=False, group=TRAINING,
    )  # fmt: skip
    nodes: str | None = option(
        None,
        T("machines to start by ssh, this one first: --nnodes and the commands follow from it",
          "通过 ssh 启动的机器，本机在最前：由此得出 --nnodes 和各台的命令"),
        metavar="HOST,HOST", pattern=rf"{_HOST}(,{_HOST})+",
        forms="host1,host2", example="gpu1,gpu2", fixed=False, group=TRAINING,
    )  # fmt: skip
    restarts: int = option(
        0,
        T("when a process of the run dies, go on from the last checkpoint, at most so many times",
          "运行的进程意外结束时，从最近的检查点继续，最多这么多次"),
        example="3", at_least=0, at_most=1000, fixed=False, group=RUNNING,
        unsearched=SAME_ANSWERS,
    )  # fmt: skip
