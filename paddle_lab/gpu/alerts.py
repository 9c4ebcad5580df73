"""Warnings with a reason and an action, found in what is sampled anyway. Nothing acts by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, Literal

from paddle_lab.gpu.cards import Card
from paddle_lab.gpu.ownership import Owner, Ownership
from paddle_lab.gpu.readings import FastReading, Gpu
from paddle_lab.gpu.sampler import Sample
from paddle_lab.gpu.states import GPU_LOST
from paddle_lab.gpu.throttle import ALARMING, worst
from paddle_lab.i18n import T, Text

Action = Literal["free-most", "show-gpu", "show-run", "stop-run", "show-owner", "resume-run"]
GIB: Final = 1 << 30
#: What was held, back to so many changes; enough to explain a run that failed while nobody looked.
REMEMBERED: Final = 200


@dataclass(frozen=True)
class Limits:
    """When to warn. Shares of one, seconds, bytes."""

    memory: float = 0.9
    memory_s: float = 5.0
    filling_s: float = 60.0
    throttle_s: float = 30.0
    idle_s: float = 20 * 60.0
    idle_share: float = 0.1
    stalled_s: float = 180.0
    disk: float = 0.95
    disk_free: int = 2 * GIB


@dataclass(frozen=True)
class Alert:
    """One warning. ``key`` is the same for as long as its cause lasts; ``about`` says of what."""

    key: str
    code: str
    level: Literal["info", "warning", "error"]
    t: float
    text: Text
    action: Action
    about: str = ""

    def to_json(self) -> dict[str, Any]:
        """The alert as the stream and the JSON snapshot hold it."""
        return {
            "key": self.key,
            "code": self.code,
            "level": self.level,
            "t": round(self.t, 1),
            "text": self.text.to_json(),
            "action": self.action,
            "about": self.about,
        }


@dataclass
class Watchdog:
    """Looks at each sample; an alert is raised once and cleared when its cause has gone."""

    limits: Limits = field(default_factory=Limits)
    active: dict[str, Alert] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)
    _used: dict[int, deque[tuple[float, int]]] = field(default_factory=dict)
    _held: deque[tuple[float, Ownership]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def look(
        self, sample: Sample, ownership: Ownership, cards: Sequence[Card]
    ) -> tuple[list[Alert], list[str]]:
        """New alerts, and the keys of those that are over."""
        if not self._held or self._held[-1][1] != ownership:
            self._held.append((sample.t, ownership))
        found = {alert.key: alert for alert in self._find(sample, ownership, cards)}
        new = [alert for key, alert in found.items() if key not in self.active]
        over = [key for key in self.active if key not in found]
        self.active = {key: self.active.get(key, alert) for key, alert in found.items()}
        return new, over

    def _find(self, sample: Sample, ownership: Ownership, cards: Sequence[Card]) -> Iterator[Alert]:
        pairs = zip(sample.inventory.gpus, sample.fast, strict=False)
        for place, (gpu, reading) in enumerate(pairs):
            yield from self._gpu(sample.t, place, gpu, reading)
        for owner in ownership.owners:
            yield from self._held_but_idle(sample, owner, cards)
        for card in cards:
            yield from self._run(sample.t, card)
        yield from self._disk(sample)

    def _lasts(self, key: str, holds: bool, now: float, seconds: float) -> bool:
        """Whether ``holds`` has been true for so long."""
        if not holds:
            self._since.pop(key, None)
            return False
        return now - self._since.setdefault(key, now) >= seconds

    def _gpu(self, now: float, place: int, gpu: Gpu, reading: FastReading) -> Iterator[Alert]:
        name = gpu.index
        if reading.condition is GPU_LOST:
            text = T(
                "GPU {n} is lost. {hint}", "GPU {n} 已掉线。{hint}", n=name, hint=GPU_LOST.hint
            )
            yield Alert(f"lost:{gpu.uuid}", "gpu-lost", "error", now, text, "show-gpu", gpu.uuid)
            return
        yield from self._memory(now, place, gpu, reading)
        hot = bool((reading.throttle or 0) & ALARMING)
        key = f"throttle:{gpu.uuid}"
        if self._lasts(key, hot, now, self.limits.throttle_s):
            why = worst((reading.throttle or 0) & ALARMING)
            text = T(
                "GPU {n} is slowed down: {why}. Check its cooling and power.",
                "GPU {n} 正在降频：{why}。请检查散热与供电。",
                n=name,
                why=why,
            )
            yield Alert(key, "throttling", "warning", now, text, "show-gpu", gpu.uuid)

    def _memory(self, now: float, place: int, gpu: Gpu, reading: FastReading) -> Iterator[Alert]:
        total = reading.total or gpu.memory
        if reading.used is None or not total:
            return
        share = reading.used / total
        full = self._lasts(
            f"full:{gpu.uuid}", share >= self.limits.memory, now, self.limits.memory_s
        )
        if full:
            text = T(
                "GPU {n}: {share} % of its memory is used. The next allocation may fail.",
                "GPU {n} 的显存已用 {share} %，再申请可能会失败。",
                n=gpu.index,
                share=round(100 * share),
            )
            key = f"memory:{gpu.uuid}"
            yield Alert(key, "memory-full", "warning", now, text, "free-most", gpu.uuid)
            return
        seconds = self._seconds_to_full(now, place, reading.used, total)
        filling = seconds is not None and seconds < self.limits.filling_s and share > 0.5
        if self._lasts(f"filling:{gpu.uuid}", filling, now, self.limits.memory_s):
            text = T(
                "GPU {n}: at this pace its memory is full in about {s} s.",
                "GPU {n}：按当前速度，约 {s} 秒后显存将用尽。",
                n=gpu.index,
                s=round(seconds or 0),
            )
            key = f"filling-up:{gpu.uuid}"
            yield Alert(key, "memory-filling", "warning", now, text, "free-most", gpu.uuid)

    def _seconds_to_full(self, now: float, place: int, used: int, total: int) -> float | None:
        """From a steady rise over 20 s: one that grew in each quarter of them."""
        seen = self._used.setdefault(place, deque(maxlen=20))
        seen.append((now, used))
        if len(seen) < 20:
            return None
        quarters = [seen[i][1] for i in (0, 5, 10, 15, 19)]
        if any(late <= early for early, late in pairwise(quarters)):
            return None
        rate = (used - seen[0][1]) / max(1e-6, now - seen[0][0])
        return (total - used) / rate

    def _held_but_idle(
        self, sample: Sample, owner: Owner, cards: Sequence[Card]
    ) -> Iterator[Alert]:
        kernel = owner.kernel
        if kernel is None or kernel.state != "idle" or kernel.last_activity is None:
            return
        if any(card.live and card.kernel == kernel.id for card in cards):
            return
        idle = sample.t - kernel.last_activity
        shares = [
            (amount or 0) / (gpus_total or 1)
            for place, amount in owner.memory.items()
            if 0 <= place < len(sample.fast) and (gpus_total := sample.fast[place].total)
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

    def _run(self, now: float, card: Card) -> Iterator[Alert]:
        if card.state == "training" and card.loss_lost:
            text = T(
                "{name}: the loss is no longer a number. Stop it and lower the learning rate.",
                "{name}：损失已不是数字（NaN）。请停止并降低学习率。",
                name=card.name,
            )
            yield Alert(f"nan:{card.id}", "loss-nan", "error", now, text, "stop-run", card.id)
        elif card.state == "training" and card.loss_flat:
            text = T(
                "{name}: the loss does not fall. Check labels and learning rate.",
                "{name}：损失没有下降。请检查标签和学习率。",
                name=card.name,
            )
            yield Alert(f"flat:{card.id}", "loss-flat", "warning", now, text, "show-run", card.id)
        silent = now - (card.heard or now)
        if card.state == "training" and silent > self.limits.stalled_s:
            text = T(
                "{name}: no step for {minutes} minutes, though its process lives.",
                "{name}：进程仍在，但已有 {minutes} 分钟没有新的训练步。",
                name=card.name,
                minutes=int(silent // 60),
            )
            yield Alert(f"stalled:{card.id}", "stalled", "warning", now, text, "show-run", card.id)
        recent = now - (card.ended or card.heard or 0) < 3600
        if card.state == "crashed" and recent:
            text = T(
                "{name} crashed at step {step}. It can go on from its last checkpoint.",
                "{name} 在第 {step} 步崩溃，可从最近的检查点继续。",
                name=card.name,
                step=card.step,
            )
            yield Alert(f"crash:{card.id}", "crashed", "error", now, text, "resume-run", card.id)
        if card.out_of_memory and recent:
            yield self._out_of_memory(now, card)

    def _out_of_memory(self, now: float, card: Card) -> Alert:
        text = T(
            "{name} ran out of memory. Then held: {held}.",
            "{name} 显存/内存不足。当时占用：{held}。",
            name=card.name,
            held=self._who_held(card.ended or now),
        )
        return Alert(f"oom:{card.id}", "out-of-memory", "error", now, text, "free-most", card.id)

    def _who_held(self, t: float) -> Text:
        """The owners at the last change before ``t``, in words."""
        before = [ownership for when, ownership in self._held if when <= t + 1]
        ownership = before[-1] if before else self._held[0][1]
        owners = ownership.owners[:4]
        if not owners:
            return T("no GPU memory known", "没有已知的显存占用")
        words = [(owner.name, f"{owner.total / GIB:.1f} GiB") for owner in owners]
        return T(
            ", ".join(f"{name or 'other processes'} {amount}" for name, amount in words),
            "、".join(f"{name or '其他进程'} {amount}" for name, amount in words),
        )

    def _disk(self, sample: Sample) -> Iterator[Alert]:
        host = sample.host
        if host is None or not host.disk_total or host.disk_used is None:
            return
        free = host.disk_total - host.disk_used
        if host.disk_used / host.disk_total < self.limits.disk and free > self.limits.disk_free:
            return
        text = T(
            "Only {gib} GiB left on the disk of the runs. Checkpoints may fail.",
            "运行目录所在磁盘只剩 {gib} GiB，保存检查点可能失败。",
            gib=f"{free / GIB:.1f}",
        )
        yield Alert("disk", "disk-full", "warning", sample.t, text, "show-run")
