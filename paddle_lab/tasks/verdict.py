"""Better, level or worse than the baseline: an exact test on the same rows, and an interval."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.blocks import Outcome, Verdict

BoolArray = npt.NDArray[np.bool_]

LEVEL: Final = 0.05
_TWO_SIDED: Final = 1.96


def beside(outcome: Outcome, name: Text | str) -> Text:
    """``level with TF-IDF``."""
    return {
        "better": T("better than {name}", "优于 {name}", name=name),
        "level": T("level with {name}", "与 {name} 持平", name=name),
        "worse": T("worse than {name}", "不如 {name}", name=name),
    }[outcome]


def compare(right: BoolArray, right_baseline: BoolArray) -> Outcome:
    """McNemar's exact test [rows] at the 5 % level, on the rows where one of the two was right."""
    won, lost = disagreements(right, right_baseline)
    if chance(won, lost) > LEVEL:
        return "level"
    return "better" if won > lost else "worse"


def chance(won: int, lost: int) -> float:
    """How likely rows that only one had right are divided as unevenly as this, if both are level.

    McNemar's test in its exact form: each such row is a coin, two-sided.
    """
    from scipy.stats import binomtest

    return float(binomtest(won, won + lost, 0.5).pvalue) if won + lost else 1.0


def disagreements(right: BoolArray, right_baseline: BoolArray) -> tuple[int, int]:
    """How many rows only the model had right, and how many only the baseline."""
    return int((right & ~right_baseline).sum()), int((~right & right_baseline).sum())


def wilson(share: float, rows: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of ``rows`` rows; from 0 to 1 where there are none.

    Stays sensible at 0 and 1, and where there are few rows.
    """
    if rows == 0:
        return 0.0, 1.0
    square = _TWO_SIDED**2
    centre = (share + square / (2 * rows)) / (1 + square / rows)
    spread = share * (1 - share) / rows + square / (4 * rows**2)
    half = _TWO_SIDED * spread**0.5 / (1 + square / rows)
    return max(0.0, centre - half), min(1.0, centre + half)


def margin(share: float, rows: int) -> float:
    """Half of Wilson's interval; 1.0 where there are no rows."""
    low, high = wilson(share, rows)
    return (high - low) / 2 if rows else 1.0


def in_words(chance: float) -> str:
    """A probability as ``p = 0.032``."""
    return f"p = {chance:.3f}" if chance >= 0.001 else "p < 0.001"


def verdict(right: BoolArray, right_baseline: BoolArray, name: Text | str) -> Verdict:
    """The sentence that a report begins with: accuracy, its interval, and the baseline beside it.

    ``right`` and ``right_baseline`` say of each row [rows] whether it was answered right.
    """
    outcome = compare(right, right_baseline)
    share = float(right.mean())
    won, lost = disagreements(right, right_baseline)
    low, high = wilson(share, len(right))
    text = T(
        "{share:.1f}% ± {margin:.1f}, {beside} ({won} against {lost} rows)",
        "{share:.1f}% ± {margin:.1f}，{beside}（{won} 对 {lost} 行）",
        share=100 * share,
        margin=100 * margin(share, len(right)),
        beside=beside(outcome, name),
        won=won,
        lost=lost,
    )
    detail = T(
        "Of {rows} rows {model} are right, by {name} {other}: {won} only here, {lost} only there; "
        "McNemar's exact test on these, {chance}. ± is half of Wilson's 95% interval, {low:.1f} "
        "to {high:.1f}%.",
        "{rows} 行中答对 {model} 行，{name} 答对 {other} 行：仅此处答对 {won} 行，"
        "仅对方答对 {lost} 行；对这些行做 McNemar 精确检验，{chance}。"
        "± 为 Wilson 95% 区间（{low:.1f}% 到 {high:.1f}%）的一半。",
        rows=len(right),
        model=int(right.sum()),
        name=name,
        other=int(right_baseline.sum()),
        won=won,
        lost=lost,
        chance=in_words(chance(won, lost)),
        low=100 * low,
        high=100 * high,
    )
    return Verdict(outcome, text, detail)
