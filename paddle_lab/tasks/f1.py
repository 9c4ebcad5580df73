"""Micro F1 of rows that each hold several things to find: its interval, and two models beside.

Accuracy has McNemar's exact test (:mod:`paddle_lab.tasks.verdict`). F1 is no share of rows, so here
the answers of the two are exchanged row by row, in all ways or in many: how often such a mixture
differs as much as the two do is the chance that the difference means nothing. Rows stay whole, as
what is found in one row hangs together.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.blocks import Outcome, Verdict
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.verdict import LEVEL, beside, in_words, margin

_EXACT_ROWS: Final = 12
_ROUNDS: Final = 2_000
_AT_ONCE: Final = 2_000_000  # cells of one block of rounds
_TWO_SIDED: Final = 1.96


def f1(counts: IntArray) -> float:
    """Micro F1 of counts [rows, 3] of what was found, wrongly given and missed; 0 for nothing."""
    found, wrong, missed = counts.sum(axis=0).tolist()
    return _f1(found, wrong, missed)


def f1_margin(counts: IntArray) -> float:
    """Half of the 95 % interval of micro F1, from how much the rows differ.

    Where all or nothing is right rows do not differ: then as of a share of the rows.
    """
    value = f1(counts)
    if value in (0.0, 1.0) or len(counts) < 2:
        return margin(value, len(counts))
    return float(_TWO_SIDED * _influences(counts).std(ddof=1) / len(counts) ** 0.5)


def difference_margin(own: IntArray, other: IntArray) -> float:
    """Half of the 95 % interval of the difference of two micro F1 on the same rows."""
    if len(own) < 2:
        return 1.0
    spread = float((_influences(own) - _influences(other)).std(ddof=1))
    if not spread and (own != other).any():
        return max(f1_margin(own), f1_margin(other))
    return float(_TWO_SIDED * spread / len(own) ** 0.5)


def compare_f1(own: IntArray, other: IntArray) -> Outcome:
    """Whether micro F1 is better, worse, or level at the 5 % level, of the same rows [rows, 3]."""
    observed = f1(own) - f1(other)
    if observed == 0 or chance(own, other) > LEVEL:
        return "level"
    return "better" if observed > 0 else "worse"


def chance(own: IntArray, other: IntArray) -> float:
    """How likely a difference as large as that of the two is when their answers are exchanged."""
    change = other - own
    moved = change[np.any(change != 0, axis=1)]
    if not len(moved):
        return 1.0
    observed = abs(f1(own) - f1(other))
    exact = len(moved) <= _EXACT_ROWS
    rounds = 2 ** len(moved) if exact else _ROUNDS
    rng = np.random.default_rng(0)
    size = max(1, _AT_ONCE // len(moved))
    extreme = 0
    for start in range(0, rounds, size):
        count = min(size, rounds - start)
        if exact:
            numbers = np.arange(start, start + count)[:, None]
            swapped = (numbers >> np.arange(len(moved))) & 1
        else:
            swapped = rng.integers(0, 2, (count, len(moved)))
        shift = swapped.astype(np.float32) @ moved.astype(np.float32)
        mixed = _f1s(own.sum(axis=0) + shift) - _f1s(other.sum(axis=0) - shift)
        extreme += int((np.abs(mixed) >= observed - 1e-12).sum())
    return extreme / rounds if exact else (extreme + 1) / (rounds + 1)


def f1_verdict(own: IntArray, other: IntArray, name: Text | str) -> Verdict:
    """The sentence that a report begins with: micro F1, its interval, and the baseline beside."""
    outcome = compare_f1(own, other)
    value, theirs = f1(own), f1(other)
    text = T(
        "Micro F1 {value:.1f}% ± {margin:.1f}, {beside} ({gap:+.1f} ± {gap_margin:.1f} points)",
        "微平均 F1 {value:.1f}% ± {margin:.1f}，{beside}（{gap:+.1f} ± {gap_margin:.1f} 个百分点）",
        value=100 * value,
        margin=100 * f1_margin(own),
        beside=beside(outcome, name),
        gap=100 * (value - theirs),
        gap_margin=100 * difference_margin(own, other),
    )
    detail = T(
        "{name} has {theirs:.1f}% on the same {rows} rows. Exchange test, the answers of both "
        "swapped row by row: {chance}. ± is half of the 95% interval that the differences "
        "between rows give.",
        "{name} 在相同的 {rows} 行上为 {theirs:.1f}%。逐行交换两者答案的置换检验：{chance}。"
        "± 为由行间差异得到的 95% 区间的一半。",
        name=name,
        theirs=100 * theirs,
        rows=len(own),
        chance=in_words(chance(own, other)),
    )
    return Verdict(outcome, text, detail)


def _influences(counts: IntArray) -> npt.NDArray[np.float64]:
    """How far each row pulls micro F1 from its value [rows]: F1 is a ratio of two sums."""
    right = 2.0 * counts[:, 0]
    whole = right + counts[:, 1] + counts[:, 2]
    mean = whole.mean()
    if not mean:
        return np.zeros(len(counts))
    result: npt.NDArray[np.float64] = (right - f1(counts) * whole) / mean
    return result


def _f1(found: float, wrong: float, missed: float) -> float:
    whole = 2 * found + wrong + missed
    return 2 * found / whole if whole else 0.0


def _f1s(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    right = 2 * sums[..., 0]
    whole = right + sums[..., 1] + sums[..., 2]
    result: npt.NDArray[np.float64] = right / np.where(whole == 0, 1, whole)
    return result
