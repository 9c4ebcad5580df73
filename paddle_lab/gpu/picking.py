"""Which GPUs a run takes: those that are named, or the freest by one rule, with reasons.

The rule: GPUs that are less than 20 % busy come first; among like ones, more free memory (in whole
GiB) comes first, then less busy, then the lower number. One that does not tell how busy it is
counts as busy, one that does not tell its memory as full, and one that is lost is never taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from paddle_lab.errors import EnvError, UsageError
from paddle_lab.gpu.ownership import position_of
from paddle_lab.gpu.readings import FastReading, Gpu, Inventory
from paddle_lab.i18n import T, Text

BUSY_PERCENT: Final = 20
_GIB: Final = 1 << 30


@dataclass(frozen=True)
class Candidate:
    """A GPU that a run may take: ``number`` counts those that CUDA_VISIBLE_DEVICES lets it see.

    ``token`` names it there.
    """

    number: int
    token: str
    gpu: Gpu
    reading: FastReading

    @property
    def free(self) -> int | None:
        """Bytes of memory that nobody holds."""
        total = self.reading.total if self.reading.total is not None else self.gpu.memory
        return None if total is None or self.reading.used is None else total - self.reading.used

    @property
    def is_slice(self) -> bool:
        """Whether it is a MIG slice of a GPU."""
        return self.gpu.parent is not None

    def reason(self) -> Text:
        """``GPU 3: 2 % busy, 71 GiB free``."""
        busy, free = self.reading.busy, self.free
        name = f"{self.number}"
        if not self.is_slice and self.gpu.index != self.number:
            name = f"{self.number} (nvidia-smi: {self.gpu.index})"
        return T("GPU {name}: {busy}, {free}", "GPU {name}：{busy}，{free}", name=name,
                 busy=T("busy unknown", "占用未知") if busy is None
                 else T("{n} % busy", "占用 {n}%", n=busy),
                 free=T("memory unknown", "内存未知") if free is None
                 else T("{n} GiB free", "空闲 {n} GiB", n=free // _GIB))  # fmt: skip


def candidates(
    inventory: Inventory, fast: Sequence[FastReading], visible: str | None
) -> list[Candidate]:
    """The GPUs and MIG slices that a process with ``visible`` (CUDA_VISIBLE_DEVICES) can use.

    As in CUDA, what stands behind a name that there is not is not seen. Without the variable: all
    GPUs, and the slices of those that are divided.
    """
    gpus = inventory.gpus
    if visible is None:
        usable = [position for position in range(len(gpus)) if not _is_divided(gpus, position)]
        tokens = [str(gpus[p].index) if gpus[p].parent is None else gpus[p].uuid for p in usable]
    else:
        usable, tokens = [], []
        for name in (part.strip() for part in visible.split(",")):
            position = position_of(name, gpus) if name else None
            if position is None or position in usable:
                break
            usable.append(position)
            tokens.append(name)
    return [
        Candidate(number, token, gpus[position], fast[position])
        for number, (position, token) in enumerate(zip(usable, tokens, strict=True))
    ]


def freest(among: Sequence[Candidate], count: int) -> list[Candidate]:
    """The ``count`` freest by the rule, best first; fewer where there are not so many."""
    whole = [one for one in among if one.reading.condition is None]
    return sorted(whole, key=_order)[:count]


def pick(among: Sequence[Candidate], wanted: str) -> list[Candidate]:
    """The GPUs that ``wanted`` means: numbers ("0,1"), so many ("2"), or the freest ("auto").

    Raises UsageError for a number that there is not or that stands twice, EnvError when there are
    fewer, and for MIG slices, which cannot work together.
    """
    if "," in wanted:
        chosen = _named(among, [int(part) for part in wanted.split(",") if part])
    else:
        count = 1 if wanted == "auto" else int(wanted)
        chosen = freest(among, count)
        if len(chosen) < count:
            raise _too_few(count, among)
    if len(chosen) > 1 and any(one.is_slice for one in chosen):
        raise EnvError(
            T("MIG slices cannot work on one run together.", "MIG 切片不能共同训练一个运行。"),
            T("A process sees one slice alone, and NCCL joins whole GPUs.",
              "一个进程只能看到一个切片，而 NCCL 只连接整块 GPU。"),
            T("Take one: --gpus 1", "请只用一个：--gpus 1"),
            code="env.no_gpu",
        )  # fmt: skip
    return chosen


def _named(among: Sequence[Candidate], numbers: list[int]) -> list[Candidate]:
    if len(set(numbers)) < len(numbers):
        raise UsageError(
            T("--gpus names a GPU twice.", "--gpus 中有重复的 GPU。"),
            T("Each process takes a GPU of its own.", "每个进程使用各自的 GPU。"),
            T("Name each once.", "每个编号只写一次。"),
            code="usage.value",
        )  # fmt: skip
    lost = [n for n in numbers if n >= len(among) or among[n].reading.condition is not None]
    if lost:
        condition = among[lost[0]].reading.condition if lost[0] < len(among) else None
        raise EnvError(
            T("GPU {n} cannot be used.", "无法使用 GPU {n}。", n=lost[0]),
            condition.reason if condition is not None else
            T("{n} can be seen here, counted from 0.", "这里可见 {n} 个，从 0 编号。",
              n=len(among)),
            T("Take others, or let the freest be chosen: --gpus auto",
              "请换用其他 GPU，或自动选择最空闲的：--gpus auto"),
            code="env.no_gpu",
        )  # fmt: skip
    return [among[number] for number in numbers]


def _too_few(count: int, among: Sequence[Candidate]) -> EnvError:
    return EnvError(
        T("{n} GPUs were asked for, and {m} can be used here.",
          "要求 {n} 个 GPU，而这里可用的有 {m} 个。", n=count, m=len(freest(among, len(among)))),
        T("CUDA_VISIBLE_DEVICES may hide others.", "CUDA_VISIBLE_DEVICES 可能隐藏了其他 GPU。"),
        T("Ask for fewer; processes on the CPU: --procs N",
          "请减少数量；或在 CPU 上用多个进程：--procs N"),
        code="env.no_gpu",
    )  # fmt: skip


def _order(one: Candidate) -> tuple[bool, int, int, int]:
    busy = 100 if one.reading.busy is None else one.reading.busy
    free = 0 if one.free is None else one.free // _GIB
    return busy >= BUSY_PERCENT, -free, busy, one.number


def _is_divided(gpus: Sequence[Gpu], position: int) -> bool:
    """Whether a GPU is in MIG mode: its slices stand right below it."""
    return any(gpu.parent == position for gpu in gpus) or (
        gpus[position].mig and gpus[position].parent is None
    )
