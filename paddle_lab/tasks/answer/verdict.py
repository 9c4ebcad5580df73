"""Mean F1 beside the baseline's: a test that exchanges the two row by row, and an interval."""

from __future__ import annotations

from typing import Final

import numpy as np

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.answer.scored import FloatArray
from paddle_lab.tasks.blocks import Outcome, Verdict
from paddle_lab.tasks.verdict import LEVEL, beside, in_words, margin

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
    if chance(own, other) > LEVEL:
        return "level"
    return "better" if own.mean() > other.mean() else "worse"


def chance(own: FloatArray, other: FloatArray) -> float:
    """How likely means differ as much when the two are exchanged row by row."""
    if len(own) < 2 or np.array_equal(own, other):
        return 1.0
    from scipy.stats import permutation_test

    found = permutation_test(
        (own, other),
        lambda one, two, axis: np.mean(one - two, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=_ROUNDS,
        random_state=0,
    )
    return float(found.pvalue)


def mean_verdict(own: FloatArray, other: FloatArray, name: Text | str) -> Verdict:
    """The sentence that a report begins with: F1, its interval, and the baseline beside it."""
    outcome = compare_means(own, other)
    value, theirs = float(own.mean()), float(other.mean())
    text = T(
        "F1 {value:.1f}% ± {margin:.1f}, {beside} ({gap:+.1f} ± {gap_margin:.1f} points)",
        "F1 {value:.1f}% ± {margin:.1f}，{beside}（{gap:+.1f} ± {gap_margin:.1f} 个百分点）",
        value=100 * value,
        margin=100 * mean_margin(own),
        beside=beside(outcome, name),
        gap=100 * (value - theirs),
        gap_margin=100 * mean_margin(own - other),
    )
    detail = T(
        "{name} has {theirs:.1f}% on the same {rows} questions. Exchange test, the answers of "
        "both swapped row by row: {chance}. ± is half of the 95% interval of the mean.",
        "{name} 在相同的 {rows} 个问题上为 {theirs:.1f}%。逐行交换两者答案的置换检验：{chance}。"
        "± 为均值 95% 区间的一半。",
        name=name,
        theirs=100 * theirs,
        rows=len(own),
        chance=in_words(chance(own, other)),
    )
    return Verdict(outcome, text, detail)
