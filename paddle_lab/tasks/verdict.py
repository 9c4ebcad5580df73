"""Better, level or worse than the baseline: an exact test on the same rows, and an interval."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.blocks import Outcome, Verdict

BoolArray = npt.NDArray[np.bool_]

SAID: dict[Outcome, Text] = {
    "better": T("better than", "优于"),
    "level": T("level with", "与之持平："),
    "worse": T("worse than", "不如"),
}


def compare(right: BoolArray, right_baseline: BoolArray) -> Outcome:
    """McNemar's exact test [rows] at the 5 % level, on the rows where one of the two was right."""
    from scipy.stats import binomtest

    won, lost = disagreements(right, right_baseline)
    if won + lost == 0 or binomtest(won, won + lost, 0.5).pvalue > 0.05:
        return "level"
    return "better" if won > lost else "worse"


def disagreements(right: BoolArray, right_baseline: BoolArray) -> tuple[int, int]:
    """How many rows only the model had right, and how many only the baseline."""
    return int((right & ~right_baseline).sum()), int((~right & right_baseline).sum())


def margin(share: float, rows: int) -> float:
    """Half of the 95 % interval of a share of ``rows`` rows, as Agresti and Coull give it.

    Stays sensible at 0 and 1, and where there are few rows; 1.0 where there are none.
    """
    if rows == 0:
        return 1.0
    centre = (share * rows + 2) / (rows + 4)
    return float(2 * (centre * (1 - centre) / (rows + 4)) ** 0.5)


def verdict(right: BoolArray, right_baseline: BoolArray, baseline: str) -> Verdict:
    """The sentence that a report begins with: accuracy, its interval, and the baseline beside it.

    ``right`` and ``right_baseline`` say of each row [rows] whether it was answered right.
    """
    outcome = compare(right, right_baseline)
    share = float(right.mean())
    won, lost = disagreements(right, right_baseline)
    text = T(
        "{share:.1f} % ± {margin:.1f} right, {said} {name}: {model} against {other} of {rows} rows "
        "({won} only here, {lost} only there).",
        "正确率 {share:.1f}% ± {margin:.1f}，{said}{name}：{rows} 行中 {model} 对 {other} "
        "（仅模型答对 {won} 行，仅基线答对 {lost} 行）。",
        share=100 * share,
        margin=100 * margin(share, len(right)),
        said=SAID[outcome],
        name=baseline,
        model=int(right.sum()),
        other=int(right_baseline.sum()),
        rows=len(right),
        won=won,
        lost=lost,
    )
    return Verdict(outcome, text)
