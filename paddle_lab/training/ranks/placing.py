"""On what a run is worked: one process as ever, several on the CPU, or one for each GPU."""

from __future__ import annotations

import os
import shlex
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.cgroup import usable_cores
from paddle_lab.devices import built_for_gpus
from paddle_lab.errors import EnvError, UsageError
from paddle_lab.gpu.backends import choose_backend
from paddle_lab.gpu.picking import Candidate, candidates, pick
from paddle_lab.i18n import T, Text
from paddle_lab.options.declare import find_option
from paddle_lab.options.values import check
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.training.ranks.joining_words import join_words

#: Where a run is worked on; the rest of its specification says what it learns.
_WHERE: Final = ("procs", "gpus")
_MACHINES: Final = ("nnodes", "master", "nodes")
#: Where the first of several machines listens, unless --master says otherwise.
_PORT: Final = 29500


@dataclass(frozen=True)
class Placing:
    """``procs`` processes on the CPU, or one for each GPU that ``gpus`` means.

    ``restarts``: how often they are started again when one of them dies. So many on each of
    ``nnodes`` machines, which reach the first at ``master``; ``nodes`` are their names for ssh.
    """

    procs: int = 1
    gpus: str | None = None
    restarts: int = 0
    nnodes: int = 1
    master: str | None = None
    nodes: str | None = None

    @property
    def apart(self) -> bool:
        """Whether ranks work on it, in processes of their own."""
        return self.procs > 1 or self.gpus is not None or self.restarts > 0 or self.nnodes > 1


def placing_of(spec: RunSpec, given: Mapping[str, Any] | None = None) -> Placing:
    """Where a run of ``spec`` is worked on.

    Of a run that is read from a folder, ``given`` is what the person says for this call, and weighs
    more; machines are those that are given alone: a folder starts nothing on others. None: the
    specification is the person's own. Raises UsageError where options contradict each other.
    """
    said = {name: value for name, value in (given or {}).items() if value is not None}
    for name in (*_WHERE, *_MACHINES, "restarts"):
        if name in said:
            check(find_option(RunSpec, name), said[name])
    moved = any(name in said for name in _WHERE)
    machines = said if given is not None else vars(spec)
    nodes = machines.get("nodes")
    nnodes = machines.get("nnodes", 1)
    master = machines.get("master")
    if nodes is not None:
        nnodes = _count_of(nodes, nnodes)
        master = master or f"{nodes.split(',')[0].rpartition('@')[2]}:{_PORT}"
    elif nnodes > 1:
        master = master or f"{socket.gethostname()}:{_PORT}"
    placing = Placing(
        procs=said.get("procs", 1 if moved else spec.procs),
        gpus=said.get("gpus", None if moved else spec.gpus),
        restarts=said.get("restarts", spec.restarts),
        nnodes=nnodes,
        master=master,
        nodes=nodes,
    )
    _check(placing, spec)
    return placing


def refuse_machines(placing: Placing, beside: str) -> None:
    """Runs of a queue or a search begin later, by what their folders say, on one machine.

    Raises UsageError for several; ``beside`` is what does not go together with them.
    """
    if placing.nnodes > 1:
        raise _conflict("--nnodes", beside, T(
            "Its runs begin later, on this machine alone.",
            "其中的运行稍后才开始，且只在本机进行。",
        ))  # fmt: skip


def _count_of(nodes: str, nnodes: int) -> int:
    count = len(nodes.split(","))
    if nnodes not in (1, count):
        raise _conflict("--nodes", "--nnodes", T(
            "--nodes names {n} machines.", "--nodes 列出了 {n} 台机器。", n=count
        ))  # fmt: skip
    return count


def _check(placing: Placing, spec: RunSpec) -> None:
    if placing.procs > 1 and placing.gpus is not None:
        raise _conflict("--procs", "--gpus", T(
            "Each GPU has a process of its own; --procs is for the CPU.",
            "每个 GPU 有自己的进程；--procs 用于 CPU。",
        ))  # fmt: skip
    if placing.gpus is not None and spec.device != "auto":
        raise _conflict("--gpus", "--device", T(
            "--gpus says already what is computed on.", "--gpus 已经指定了计算设备。"
        ))  # fmt: skip
    several = placing.procs > 1 or placing.nnodes > 1
    if several and placing.gpus is None and spec.device.startswith("gpu"):
        raise _conflict("--procs", "--device gpu", T(
            "--procs is for the CPU; of GPUs say --gpus 2.",
            "--procs 用于 CPU；使用 GPU 请写 --gpus 2。",
        ))  # fmt: skip
    if placing.master is not None and placing.nnodes == 1:
        raise UsageError(
            T("--master is for a run on several machines.", "--master 只用于多台机器的运行。"),
            T("It says where the others reach the first one.", "它说明其他机器如何连接第一台。"),
            T("For example: --nnodes 2 --master 10.0.0.1:29500",
              "例如：--nnodes 2 --master 10.0.0.1:29500"),
            code="usage.conflict",
        )  # fmt: skip


def chosen_gpus(wanted: str) -> list[Candidate]:
    """The GPUs of this machine that ``wanted`` means.

    Raises EnvError where there is none, where this Paddle cannot use one, or too few; UsageError
    for a number that there is not.
    """
    backend = choose_backend(os.environ.get("PADDLE_LAB_GPUS", "auto"))
    if backend is None:
        raise _no_gpu(T("PADDLE_LAB_GPUS is not understood.", "无法理解 PADDLE_LAB_GPUS 的值。"))
    inventory = backend.open()
    try:
        if not inventory.gpus:
            condition = inventory.condition
            raise _no_gpu(T("No driver tells of one.", "驱动没有报告任何 GPU。")
                          if condition is None else condition.reason)  # fmt: skip
        fast = backend.fast()
    finally:
        backend.close()
    if backend.simulated:
        raise _no_gpu(T("Those of the sidebar are simulated.", "侧栏中的 GPU 是模拟的。"))
    among = candidates(inventory, fast, os.environ.get("CUDA_VISIBLE_DEVICES"))
    if not among:
        raise _no_gpu(
            T("CUDA_VISIBLE_DEVICES hides them all.", "CUDA_VISIBLE_DEVICES 隐藏了全部 GPU。")
        )
    if not built_for_gpus():
        raise EnvError(
            T("The installed Paddle cannot use GPUs.", "已安装的 Paddle 不支持 GPU。"),
            T("It is the build for the CPU.", "它是 CPU 版本。"),
            T("%paddle_env says what to install; on the CPU: --procs 2",
              "%paddle_env 会给出安装命令；在 CPU 上请用 --procs 2"),
            code="env.no_gpu",
        )  # fmt: skip
    return pick(among, wanted)


def refuse_crowd(procs: int) -> None:
    """Raise UsageError for more processes on the CPU than cores: each holds a model and Paddle."""
    most = max(2, usable_cores())
    if procs > most:
        raise UsageError(
            T("--procs {n} is more than this machine has cores.",
              "--procs {n} 超过了本机的核数。", n=procs),
            T("{cores} may be used, and every process holds Paddle and the model.",
              "可用 {cores} 个核，而每个进程都要加载 Paddle 和模型。", cores=usable_cores()),
            T("Give --procs {most} or less.", "请使用不超过 {most} 的 --procs。", most=most),
            code="usage.value",
        )  # fmt: skip


def told(procs: int, gpus: list[Candidate]) -> Text | None:
    """What the run's card says of the processes of this machine; None of one as ever."""
    if not gpus and procs == 1:
        return None
    if not gpus:
        return T("{n} processes on the CPU work on this run.",
                 "本次运行由 CPU 上的 {n} 个进程共同训练。", n=procs)  # fmt: skip
    reasons = [one.reason() for one in gpus]
    named = T(
        "; ".join(text.in_language("en") for text in reasons),
        "；".join(text.in_language("zh") for text in reasons),
    )
    return T("Works on {gpus}.", "使用 {gpus}。", gpus=named)


def commands_of_machines(folder: RunFolder, placing: Placing) -> list[str]:
    """The command for each machine but the first, as its terminal takes it."""
    if placing.master is None:
        return []
    return [
        "paddle-lab "
        + shlex.join(
            join_words(
                folder.path, node, placing.nnodes, placing.master, placing.procs, placing.gpus
            )
        )
        for node in range(1, placing.nnodes)
    ]


def told_of_machines(folder: RunFolder, placing: Placing) -> Text | None:
    """What the card says of the other machines: the command for each, or who is started by ssh."""
    commands = commands_of_machines(folder, placing)
    if not commands:
        return None
    if placing.nodes is not None:
        others = ", ".join(placing.nodes.split(",")[1:])
        return T("Starts by ssh on {others}.", "通过 ssh 在 {others} 上启动。", others=others)
    return T("Waits for {n} more: run on each of the other machines, in its order: {commands}",
             "等待另外 {n} 台机器：请依次在每台上运行：{commands}",
             n=len(commands), commands=" ; ".join(commands))  # fmt: skip


def _conflict(one: str, other: str, why: Text) -> UsageError:
    return UsageError(
        T("{one} and {other} contradict each other.", "{one} 与 {other} 相互矛盾。",
          one=one, other=other),
        why,
        T("Leave one of them out.", "请去掉其中一个。"),
        code="usage.conflict",
    )  # fmt: skip


def _no_gpu(why: Text) -> EnvError:
    return EnvError(
        T("There is no GPU here that a run can take.", "这里没有可用于训练的 GPU。"),
        why,
        T("On the CPU: --procs 2, or leave --gpus out.", "在 CPU 上：--procs 2，或去掉 --gpus。"),
        code="env.no_gpu",
    )
