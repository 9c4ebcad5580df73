"""Warnings with a reason and an action, found in what is sampled anyway. Nothing acts by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from paddle_lab.gpu.alert import GIB, Alert, Limits
from paddle_lab.gpu.disk_space import DiskSpaces
from paddle_lab.gpu.ownership import Owner, Ownership
from paddle_lab.gpu.readings import FastReading, Gpu
from paddle_lab.gpu.run_alerts import HeldLog, run_alerts
from paddle_lab.gpu.sampler import Sample
from paddle_lab.gpu.silences import Silences
from paddle_lab.gpu.states import GPU_LOST
from paddle_lab.gpu.throttle import ALARMING, worst
from paddle_lab.i18n import T, Text
from paddle_lab.runs.summary import RunSummary


@dataclass
class Watchdog:
    """Looks at each sample; an alert is raised once and cleared when its cause has gone."""

    limits: Limits = field(default_factory=Limits)
    active: dict[str, Alert] = field(default_factory=dict)
    space: Callable[[str], tuple[int, int] | None] = field(default_factory=DiskSpaces)
    _since: dict[str, float] = field(default_factory=dict)
    _used: dict[str, deque[tuple[float, int]]] = field(default_factory=dict)
    _held: HeldLog = field(default_factory=HeldLog)
    _silences: Silences = field(default_factory=Silences)

    def look(
        self, sample: Sample, ownership: Ownership, summaries: Sequence[RunSummary]
    ) -> tuple[list[Alert], list[str]]:
        """New alerts, and the keys of those that are over."""
        self._held.look(sample.t, ownership)
        found = {alert.key: alert for alert in self._find(sample, ownership, summaries)}
        new = [alert for key, alert in found.items() if key not in self.active]
        over = [key for key in self.active if key not in found]
        self._silences.forget(before=sample.steady)
        self.active = {key: self.active.get(key, alert) for key, alert in found.items()}
        return new, over

    def _find(
        self, sample: Sample, ownership: Ownership, summaries: Sequence[RunSummary]
    ) -> Iterator[Alert]:
        if not sample.simulated:  # nobody shall look for a GPU that is made up
            yield from self._of_gpus(sample, ownership, summaries)
        for summary in summaries:
            silent = self._silence(f"run:{summary.id}", summary.heard, sample)
            yield from run_alerts(sample.t, summary, self.limits, self._held, silent)
        yield from self._disks(sample, summaries)

    def _of_gpus(
        self, sample: Sample, ownership: Ownership, summaries: Sequence[RunSummary]
    ) -> Iterator[Alert]:
        pairs = zip(sample.inventory.gpus, sample.fast, strict=False)
        for position, (gpu, reading) in enumerate(pairs):
            yield from self._gpu(sample, _name(gpu, position), gpu, reading)
        for owner in ownership.owners:
            yield from self._held_but_idle(sample, owner, summaries)

    def _lasts(self, key: str, holds: bool, now: float, seconds: float) -> bool:
        """Whether ``holds`` has been true for so long."""
        if not holds:
            self._since.pop(key, None)
            return False
        return now - self._since.setdefault(key, now) >= seconds

    def _silence(self, subject: str, heard: float | None, sample: Sample) -> float:
        """Seconds since this was last heard of; 0 for what never was."""
        if heard is None:
            return 0.0
        return self._silences.seconds(subject, heard, sample.t, sample.steady)

    def _gpu(self, sample: Sample, name: Text, gpu: Gpu, reading: FastReading) -> Iterator[Alert]:
        now = sample.t
        if reading.condition is GPU_LOST:
            text = T("{n} is lost. {hint}", "{n} 已掉线。{hint}", n=name, hint=GPU_LOST.hint)
            yield Alert(f"lost:{gpu.uuid}", "gpu-lost", "error", now, text, "show-gpu", gpu.uuid)
            return
        if not gpu.mig:
            # Under MIG each slice has memory of its own.
            yield from self._memory(sample, name, gpu, reading)
        hot = bool((reading.throttle or 0) & ALARMING)
        key = f"throttle:{gpu.uuid}"
        if self._lasts(key, hot, sample.steady, self.limits.throttle_s):
            why = worst((reading.throttle or 0) & ALARMING)
            text = T(
                "{n} is slowed down: {why}. Check its cooling and power.",
                "{n} 正在降频：{why}。请检查散热与供电。",
                n=name,
                why=why,
            )
            yield Alert(key, "throttling", "warning", now, text, "show-gpu", gpu.uuid)

    def _memory(
        self, sample: Sample, name: Text, gpu: Gpu, reading: FastReading
    ) -> Iterator[Alert]:
        now, steady = sample.t, sample.steady
        total = reading.total or gpu.memory
        if reading.used is None or not total:
            return
        share = reading.used / total
        full = self._lasts(
            f"full:{gpu.uuid}", share >= self.limits.memory, steady, self.limits.memory_s
        )
        if full:
            text = T(
                "{n}: {share}% of its memory is used. The next allocation may fail.",
                "{n} 的显存已用 {share}%，再申请可能会失败。",
                n=name,
                share=round(100 * share),
            )
            key = f"memory:{gpu.uuid}"
            yield Alert(key, "memory-full", "warning", now, text, "free-most", gpu.uuid)
            return
        seconds = self._seconds_to_full(steady, gpu.uuid, reading.used, total)
        filling = seconds is not None and seconds < self.limits.filling_s and share > 0.5
        if self._lasts(f"filling:{gpu.uuid}", filling, steady, self.limits.memory_s):
            text = T(
                "{n}: at this pace its memory is full in about {s} s.",
                "{n}：按当前速度，约 {s} 秒后显存将用尽。",
                n=name,
                s=round(seconds or 0),
            )
            key = f"filling-up:{gpu.uuid}"
            yield Alert(key, "memory-filling", "warning", now, text, "free-most", gpu.uuid)

    def _seconds_to_full(self, now: float, uuid: str, used: int, total: int) -> float | None:
        """From a steady rise over 20 s: one that grew in each quarter of them."""
        seen = self._used.setdefault(uuid, deque(maxlen=20))
        seen.append((now, used))
        if len(seen) < 20:
            return None
        quarters = [seen[i][1] for i in (0, 5, 10, 15, 19)]
        if any(late <= early for early, late in pairwise(quarters)):
            return None
        rate = (used - seen[0][1]) / max(1e-6, now - seen[0][0])
        return (total - used) / rate

    def _held_but_idle(
        self, sample: Sample, owner: Owner, summaries: Sequence[RunSummary]
    ) -> Iterator[Alert]:
        kernel = owner.kernel
        if kernel is None:
            return
        idle = self._silence(f"kernel:{kernel.id}", kernel.last_activity, sample)
        if kernel.state != "idle":
            return
        if any(summary.live and summary.kernel == kernel.id for summary in summaries):
            return
        shares = [
            (amount or 0) / (gpus_total or 1)
            for position, amount in owner.memory.items()
            if 0 <= position < len(sample.fast) and (gpus_total := sample.fast[position].total)
        ]
        if idle < self.limits.idle_s or max(shares, default=0) < self.limits.idle_share:
            return
        text = T(
            "{name} holds {gib} GiB of GPU memory, but has done nothing for {minutes} minutes.",
            "{name} 占用 {gib} GiB 显存，但已闲置 {minutes} 分钟。",
            name=owner.name,
            gib=f"{owner.total / GIB:.1f}",
            minutes=int(idle // 60),
        )
        key = f"idle:{owner.key}"
        yield Alert(key, "held-idle", "info", sample.t, text, "show-owner", owner.key)

    def _disks(self, sample: Sample, summaries: Sequence[RunSummary]) -> Iterator[Alert]:
        """The disk where this server's runs are written, and those of live runs elsewhere."""
        host = sample.host
        total = host.disk_total if host is not None else None
        if host is not None and total and host.disk_used is not None:
            yield from self._disk(sample.t, "disk", total - host.disk_used, total)
        for summary in summaries:
            space = self.space(summary.folder) if summary.live else None
            # A disk of the same size is the same disk, or as good as.
            if space is not None and space[1] != total:
                yield from self._disk(sample.t, f"disk:{summary.id}", *space, about=summary)

    def _disk(
        self, now: float, key: str, free: int, total: int, about: RunSummary | None = None
    ) -> Iterator[Alert]:
        if not total or (1 - free / total < self.limits.disk and free > self.limits.disk_free):
            return
        text = T(
            "Only {gib} GiB left on the disk of the runs. Checkpoints may fail.",
            "运行目录所在磁盘只剩 {gib} GiB，保存检查点可能失败。",
            gib=f"{free / GIB:.1f}",
        )
        if about is not None:
            text = T(
                "Only {gib} GiB left on the disk of {name}. Its checkpoints may fail.",
                "{name} 所在磁盘只剩 {gib} GiB，保存检查点可能失败。",
                gib=f"{free / GIB:.1f}",
                name=about.name,
            )
        yield Alert(key, "disk-full", "warning", now, text, "show-run", about.id if about else "")


def _name(gpu: Gpu, position: int) -> Text:
    """A GPU or a slice as the panel names it."""
    if gpu.parent is None:
        return T("GPU {n}", "GPU {n}", n=gpu.index)
    return T("GPU {n} slice {s}", "GPU {n} 切片 {s}", n=gpu.index, s=position - gpu.parent - 1)
