"""Warnings of training runs, and who held what when one of them ran out of memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from paddle_lab.gpu.alert import GIB, Alert, Limits
from paddle_lab.gpu.ownership import Ownership
from paddle_lab.i18n import T, Text
from paddle_lab.runs.summary import RunSummary

#: How long an ended run's trouble is news.
RECENT_S: Final = 3600.0
#: What was held, back to so many changes; enough to explain a run that failed just now.
REMEMBERED: Final = 200
#: Longer than this between two looks, nobody was watching.
GAP_S: Final = 10.0


@dataclass
class _Stretch:
    """The same owners from the first to the last look."""

    first: float
    last: float
    ownership: Ownership


@dataclass
class HeldLog:
    """Who held what, for as long back as somebody was watching."""

    _stretches: deque[_Stretch] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def look(self, t: float, ownership: Ownership) -> None:
        """Take the owners at ``t`` (epoch seconds) in."""
        last = self._stretches[-1] if self._stretches else None
        if last is not None and last.ownership == ownership and 0 <= t - last.last <= GAP_S:
            last.last = t
        else:
            self._stretches.append(_Stretch(t, t, ownership))

    def at(self, t: float) -> Ownership | None:
        """The owners at ``t``; None when nobody was watching then."""
        for stretch in reversed(self._stretches):
            if stretch.first - 1 <= t:
                return stretch.ownership if t <= stretch.last + GAP_S else None
        return None

    def words(self, t: float) -> Text:
        """The owners at ``t`` in a few words."""
        ownership = self.at(t)
        if ownership is None:
            return T("not known, nobody was watching", "未知（当时没有监视）")
        owners = ownership.owners[:4]
        if not owners:
            return T("no GPU memory known", "没有已知的显存占用")
        words = [(owner.name, f"{owner.total / GIB:.1f} GiB") for owner in owners]
        return T(
            ", ".join(f"{name or 'other processes'} {amount}" for name, amount in words),
            "、".join(f"{name or '其他进程'} {amount}" for name, amount in words),
        )


def run_alerts(
    now: float, summary: RunSummary, limits: Limits, held: HeldLog, silent: float
) -> Iterator[Alert]:
    """What is wrong with this run, which was last heard of ``silent`` seconds ago."""
    yield from _loss(now, summary)
    if summary.state == "training" and silent > limits.stalled_s:
        text = T(
            "{name}: no step for {minutes} minutes, though its process lives.",
            "{name}：进程仍在，但已有 {minutes} 分钟没有新的训练步。",
            name=summary.name,
            minutes=int(silent // 60),
        )
        yield Alert(
            f"stalled:{summary.id}", "stalled", "warning", now, text, "show-run", summary.id
        )
    if not _is_recent(now, summary):
        return
    if summary.state == "crashed":
        text = _crash_words(summary)
        yield Alert(f"crash:{summary.id}", "crashed", "error", now, text, "resume-run", summary.id)
    if summary.out_of_memory:
        text = T(
            "{name} ran out of memory. Then held: {held}.",
            "{name} 显存/内存不足。当时占用：{held}。",
            name=summary.name,
            held=held.words(summary.ended or now),
        )
        yield Alert(
            f"oom:{summary.id}", "out-of-memory", "error", now, text, "free-most", summary.id
        )


def _loss(now: float, summary: RunSummary) -> Iterator[Alert]:
    if summary.state == "training" and summary.loss_lost:
        text = T(
            "{name}: the loss is no longer a number. Stop it and lower the learning rate.",
            "{name}：损失已不是数字（NaN）。请停止并降低学习率。",
            name=summary.name,
        )
        yield Alert(f"nan:{summary.id}", "loss-nan", "error", now, text, "stop-run", summary.id)
    elif summary.diverged and _is_recent(now, summary):
        text = T(
            "{name} ended at step {step}: the loss is no longer a number. Lower the learning rate.",
            "{name} 在第 {step} 步终止：损失已不是数字（NaN）。请降低学习率。",
            name=summary.name,
            step=summary.step,
        )
        yield Alert(f"nan:{summary.id}", "loss-nan", "error", now, text, "show-run", summary.id)
    elif summary.state == "training" and summary.loss_flat:
        text = T(
            "{name}: the loss does not fall. Check labels and learning rate.",
            "{name}：损失没有下降。请检查标签和学习率。",
            name=summary.name,
        )
        yield Alert(f"flat:{summary.id}", "loss-flat", "warning", now, text, "show-run", summary.id)


def _crash_words(summary: RunSummary) -> Text:
    if summary.checkpoint is None:
        return T(
            "{name} crashed at step {step}, before its first checkpoint. It can begin again.",
            "{name} 在第 {step} 步崩溃，当时还没有检查点，可重新开始。",
            name=summary.name,
            step=summary.step,
        )
    return T(
        "{name} crashed at step {step}. It can go on from its checkpoint at step {kept}.",
        "{name} 在第 {step} 步崩溃，可从第 {kept} 步的检查点继续。",
        name=summary.name,
        step=summary.step,
        kept=summary.checkpoint,
    )


def _is_recent(now: float, summary: RunSummary) -> bool:
    # A clock that was set back may have the run end in the future: then nobody knows.
    return -GAP_S <= now - (summary.ended or summary.heard or 0) < RECENT_S
