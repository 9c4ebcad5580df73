"""Figures of numbers against numbers, and the verdict beside the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.blocks import Outcome, Verdict
from paddle_lab.tasks.verdict import beside

Numbers = npt.NDArray[np.float64]

#: Sets of rows drawn for an interval; fewer where there are very many rows.
_DRAWS: Final = 1_000
_MOST_NUMBERS: Final = 5_000_000
_AT_ONCE: Final = 500_000


def spearman(gold: Numbers, found: Numbers) -> float:
    """Rank correlation [rows], -1 to 1; 0 where one side is the same for all rows, or undefined."""
    return pearson(_ranks(gold[None])[0], _ranks(found[None])[0])


def pearson(gold: Numbers, found: Numbers) -> float:
    """Linear correlation [rows], -1 to 1; 0 where one side is constant, or undefined."""
    if len(gold) < 2:
        return 0.0
    value = float(_correlations(gold[None], found[None])[0])
    return value if np.isfinite(value) else 0.0


def mean_absolute_error(gold: Numbers, found: Numbers) -> float:
    """On the person's own scale; 0 where there are no rows."""
    return float(np.abs(gold - found).mean()) if len(gold) else 0.0


@dataclass(frozen=True)
class Comparison:
    """Spearman of the model and by how much it is above another's, each with a 95 % interval."""

    own: float
    margin: float
    gain: float
    low: float
    high: float

    @property
    def outcome(self) -> Outcome:
        """Better or worse where the interval of the gain leaves 0 out."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "level"


def compare(gold: Numbers, found: Numbers, other: Numbers) -> Comparison:
    """Spearman beside another's by a paired bootstrap: the same rows are drawn for both.

    A correlation is no sum over rows, so that no test of right and wrong rows fits; tests of two
    correlations (Williams) want normal scores, and stars are anything but.
    """
    rows = len(gold)
    draws = max(200, min(_DRAWS, _MOST_NUMBERS // max(rows, 1)))
    random = np.random.default_rng(0)
    own: list[Numbers] = []
    others: list[Numbers] = []
    step = max(1, _AT_ONCE // max(rows, 1))
    for start in range(0, draws, step):
        drawn = random.integers(0, rows, (min(step, draws - start), rows))
        ranks = _ranks(gold[drawn])
        own.append(_finite(_correlations(ranks, _ranks(found[drawn]))))
        others.append(_finite(_correlations(ranks, _ranks(other[drawn]))))
    mine, theirs = np.concatenate(own), np.concatenate(others)
    low, high = np.quantile(mine - theirs, (0.025, 0.975))
    ends = np.quantile(mine, (0.025, 0.975))
    gain = spearman(gold, found) - spearman(gold, other)
    margin = float(ends[1] - ends[0]) / 2
    return Comparison(spearman(gold, found), margin, gain, float(low), float(high))


def verdict(compared: Comparison, name: Text | str, errors: tuple[float, float]) -> Verdict:
    """The sentence that a report begins with; ``errors`` are both mean absolute errors."""
    text = T(
        "Spearman {own:.3f} ± {margin:.3f}, {beside} ({gain:+.3f})",
        "斯皮尔曼相关系数 {own:.3f} ± {margin:.3f}，{beside}（{gain:+.3f}）",
        own=compared.own,
        margin=compared.margin,
        beside=beside(compared.outcome, name),
        gain=compared.gain,
    )
    detail = T(
        "95% intervals by a paired bootstrap, which draws the same rows for both: the difference "
        "lies between {low:+.3f} and {high:+.3f}, and ± is half of the interval of Spearman. Mean "
        "absolute error {error:.3g} against {other:.3g}.",
        "95% 区间由成对自助法得到（两者抽取相同的行）：差异在 {low:+.3f} 与 {high:+.3f} 之间，"
        "± 为斯皮尔曼相关系数区间的一半。平均绝对误差 {error:.3g}，对方为 {other:.3g}。",
        low=compared.low,
        high=compared.high,
        error=errors[0],
        other=errors[1],
    )
    return Verdict(compared.outcome, text, detail)


def _ranks(values: npt.NDArray[Any]) -> Numbers:
    """Ranks of each row [draws, rows], equal values with their mean rank."""
    from scipy.stats import rankdata

    found: Numbers = rankdata(values, axis=1)
    return found


def _correlations(one: Numbers, other: Numbers) -> Numbers:
    """Linear correlation of each row [draws]; NaN where one side is constant."""
    # Differences of the size of rounding are none: a constant has no direction.
    a = one - one.mean(axis=1, keepdims=True)
    b = other - other.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    sizes = np.abs(one).max(axis=1), np.abs(other).max(axis=1)
    flat = np.zeros(len(one), dtype=bool)
    for norm, size in zip(norms, sizes, strict=True):
        flat |= norm <= 1e-9 * np.maximum(size, 1e-300) * np.sqrt(one.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (a * b).sum(axis=1) / (norms[0] * norms[1])
    return np.where(flat, np.nan, np.clip(found, -1.0, 1.0))


def _finite(values: Numbers) -> Numbers:
    return np.nan_to_num(values, nan=0.0)
