"""Mean F1 beside the baseline's: a test that exchanges the two row by row, and an interval."""

from __future__ import annotations

from typing import Final

import numpy as np

from paddle_lab.i18n import T
from paddle_lab.tasks.answer.scored import FloatArray
from paddle_lab.tasks.blocks import Outcome, Verdict
from paddle_lab.tasks.verdict import SAID, margin

_LEVEL: Final = 0.05
_ROUNDS: Final = 2_000
_TWO_SIDED: Final = 1.96
_NOTHING: Final = 1e-9


def mean_margin(values: FloatArray) -> float:
    """Half of the 95 % interval of a mean [rows]; 1.0 where fewer than two rows tell.

    Where all rows are equal they do not tell how sure that is: then as of a share of the rows.
    """
    if len(values) < 2:
        return 1.0
    spread = float(values.std(ddof=1))
    if spread < _NOTHING:
        return margin(abs(float(values.mean())), len(values))
    return _TWO_SIDED * spread / float(len(values) ** 0.5)


def compare_means(own: FloatArray, other: FloatArray) -> Outcome:
    """Whether the mean is better, worse, or level at the 5 % level, of the same rows."""
    if len(own) < 2 or np.array_equal(own, other):
        return "level"
    from scipy.stats import permutation_test

    found = permutation_test(
        (own, other),
        lambda one, two, axis: np.mean(one - two, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=_ROUNDS,
        random_state=0,
    )
    if found.pvalue > _LEVEL:
        return "level"
    return "better" if own.mean() > other.mean() else "worse"


def mean_verdict(own: FloatArray, other: FloatArray, baseline: str) -> Verdict:
    """The sentence that a report begins with: F1, its interval, and the baseline beside it."""
    outcome = compare_means(own, other)
    value, beside = float(own.mean()), float(other.mean())
    return Verdict(
        outcome,
        T("F1 {value:.1f} % ± {margin:.1f}, {said} {name} with {beside:.1f} %: a difference of "
          "{gap:+.1f} ± {gap_margin:.1f} points on {rows} questions.",
          "F1 {value:.1f}% ± {margin:.1f}，{said}{name}（{beside:.1f}%）："
          "{rows} 个问题上相差 {gap:+.1f} ± {gap_margin:.1f} 个百分点。",
          value=100 * value,
          margin=100 * mean_margin(own),
          said=SAID[outcome],
          name=baseline,
          beside=100 * beside,
          gap=100 * (value - beside),
          gap_margin=100 * mean_margin(own - other),
          rows=len(own)),
    )  # fmt: skip
