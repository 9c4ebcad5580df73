"""Numbers as people read them. TypeScript writes them the same way."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final

# Metrics that are shares of rows, of answers or of labels.
_SHARES: Final = re.compile(r"accuracy|f1|em$|precision|recall", re.IGNORECASE)
_UNITS: Final = {"en": ("h", "min", "s"), "zh": ("小时", "分", "秒")}


def number(value: Any) -> str:
    """A loss or a metric: four digits that count; a dash for what is missing."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return "–"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size < 0.001:
        return f"{value:.1e}"
    return f"{value:.4f}" if size < 10 else f"{value:.2f}"


def amount(value: Any) -> str:
    """A measured amount, without more digits than it deserves: 2.1, 24, 0.35."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return "–"
    return f"{float(f'{value:.{3 if value >= 100 else 2}g}'):g}"


def count(value: int) -> str:
    """A number of things: ``1,728``."""
    return f"{value:,}"


def percent(value: Any) -> str:
    """A share as a percentage: ``84.4%``."""
    return f"{100 * value:.1f}%" if isinstance(value, (int, float)) else "–"


def is_share(name: str) -> bool:
    """Whether the metric of this name is a share, which is written as a percentage."""
    return _SHARES.search(name) is not None


def figure(name: str, value: Any) -> str:
    """A metric by its name: a share as a percentage, another as a number."""
    known = isinstance(value, (int, float)) and 0 <= value <= 1
    return percent(value) if known and is_share(name) else number(value)


def cell(value: Any, form: str) -> str:
    """A report's figure or text in its format: ``text``, ``number``, ``percent``, ``count``, or
    ``amount``.

    None is no text, or a figure that is not known.
    """
    if value is None:
        return "" if form == "text" else "–"
    if isinstance(value, str) or form == "text":
        return str(value)
    if form == "percent":
        return percent(value)
    if form == "amount":
        return amount(value)
    return count(round(value)) if form == "count" else number(value)


def outcome_mark(outcome: str) -> str:
    """The mark before a verdict: better, level, worse."""
    return {"better": "✓", "level": "=", "worse": "✗"}.get(outcome, "·")


def duration(seconds: Any, language: str = "en") -> str:
    """``42 s``, ``3 min 05 s``, ``1 h 12 min``; in Chinese ``42 秒`` and so on."""
    if not isinstance(seconds, (int, float)) or not math.isfinite(seconds):
        return "–"
    hour, minute, second = _UNITS["zh" if language == "zh" else "en"]
    whole = max(0, math.floor(seconds + 0.5))
    if whole < 60:
        return f"{whole} {second}"
    if whole < 3600:
        return f"{whole // 60} {minute} {whole % 60:02d} {second}"
    return f"{whole // 3600} {hour} {whole % 3600 // 60:02d} {minute}"


def roughly(seconds: Any, language: str = "en") -> str:
    """About how long: a duration in one unit below an hour."""
    if not isinstance(seconds, (int, float)) or not 59.5 <= seconds < 3570:
        return duration(seconds, language)
    return f"{math.floor(seconds / 60 + 0.5)} {_UNITS['zh' if language == 'zh' else 'en'][1]}"


def megabytes(value: Any) -> str:
    """``812 MB``, ``3.4 GB``."""
    if not isinstance(value, (int, float)):
        return "–"
    return f"{value:.0f} MB" if value < 1000 else f"{value / 1024:.1f} GB"


def smooth(values: Sequence[float | None]) -> list[float | None]:
    """An exponential moving average over about a twentieth of the curve, without start-up bias."""
    span = min(400.0, max(8.0, len(values) / 20))
    alpha = 2 / (span + 1)
    mean = weight = 0.0
    smoothed: list[float | None] = []
    for value in values:
        if value is None:
            smoothed.append(None)
            continue
        mean += alpha * (value - mean)
        weight += alpha * (1 - weight)
        smoothed.append(mean / weight)
    return smoothed
