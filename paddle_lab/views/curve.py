"""What a static picture of a run needs: series, ranges and ticks, from a snapshot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from paddle_lab.text.numbers import smooth
from paddle_lab.views.words import in_order

Point = tuple[float, float]
Range = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """The series of one run. ``evals`` holds (step, value) of ``metric``, ``best`` one of them."""

    loss: list[Point]
    smoothed: list[Point]
    lr: list[Point]
    evals: list[Point]
    best: Point | None
    metric: str

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw yet."""
        return not self.loss and not self.evals

    @property
    def steps(self) -> Range:
        """From the first step to the last."""
        steps = [step for step, _ in self.loss + self.evals] or [0.0, 1.0]
        return (min(steps), max(*steps, min(steps) + 1))


def curve_of(snapshot: dict[str, Any]) -> Curve:
    """The series in a snapshot; missing values leave gaps out."""
    columns = snapshot["columns"]
    steps = columns["step"]
    metric = metric_of(snapshot)
    evals = [
        (float(item["step"]), float(item["metrics"][metric]), bool(item.get("best")))
        for item in snapshot["evals"]
        if item.get("metrics", {}).get(metric) is not None
    ]
    return Curve(
        loss=_points(steps, columns["loss"]),
        smoothed=_points(steps, smooth(columns["loss"])),
        lr=_points(steps, columns["lr"]),
        evals=[(step, value) for step, value, _ in evals],
        best=next(((step, value) for step, value, best in reversed(evals) if best), None),
        metric=metric,
    )


def metric_of(snapshot: dict[str, Any]) -> str:
    """The metric to show: the run's own, or the first of which its evaluations have a figure."""
    wanted = str(snapshot.get("metric") or "accuracy")
    names = [
        name
        for item in snapshot["evals"]
        for name, value in item.get("metrics", {}).items()
        if value is not None
    ]
    return in_order(names, wanted)[0] if names else wanted


def padded(values: list[float], least: float) -> Range:
    """The range of ``values`` with some air, at least ``least`` wide."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    air = max(0.05 * (high - low), (least - (high - low)) / 2, 0.0)
    return (low - air, high + air)


def with_room(steps: Range) -> Range:
    """The steps with some air behind the last: the best evaluation is often there, and ringed."""
    return (steps[0], steps[1] + 0.02 * (steps[1] - steps[0]))


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers between ``low`` and ``high``, about as many as asked."""
    raw = (high - low) / max(1, about)
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next((m * power for m in (1, 2, 5) if m * power >= raw), 10 * power)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 12) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _points(steps: list[Any], values: list[Any]) -> list[Point]:
    return [
        (float(step), float(value))
        for step, value in zip(steps, values, strict=False)
        if step is not None and value is not None
    ]
