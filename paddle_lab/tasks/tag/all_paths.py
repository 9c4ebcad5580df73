"""All paths of a linear chain summed, with the gradient, by numpy: forwards, then backwards.

Paddle would run a dozen operators for each token, forwards and backwards: most of the time of
training a small model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AllPaths:
    """``logs`` [windows]: the log of the sum over all paths of the exponential of their score.

    The chain of a window are its ``real`` tokens, [windows, tokens]; of none the log is 0.
    """

    logs: Floats
    _emissions: Floats  # [longest, windows, tags], real tokens alone, in their order
    _transitions: Floats
    _lengths: npt.NDArray[np.int64]
    _positions: npt.NDArray[np.int64]
    _alpha: Floats
    _shape: tuple[int, ...]

    @classmethod
    def of(cls, emissions: Any, real: Any, transitions: Any) -> AllPaths:
        """``emissions`` [windows, tokens, tags], ``transitions`` [tags, tags]."""
        lengths = real.sum(axis=1).astype(np.int64)
        longest = int(lengths.max(initial=0))
        positions = np.argsort(~real, axis=1, kind="stable")[:, :longest]
        chain = np.take_along_axis(emissions, positions[:, :, None], axis=1)
        chain = np.ascontiguousarray(chain.transpose(1, 0, 2), dtype=np.float64)
        transitions = np.asarray(transitions, dtype=np.float64)
        alpha = chain.copy()
        for token in range(1, longest):
            alpha[token] += _through(alpha[token - 1], transitions)
        last = alpha[np.maximum(lengths - 1, 0), np.arange(len(lengths))] if longest else None
        logs = np.zeros(len(lengths)) if last is None else np.where(lengths > 0, _log_sum(last), 0)
        return cls(logs, chain, transitions, lengths, positions, alpha, np.shape(emissions))

    def gradient(self, upstream: Any) -> tuple[Floats, Floats]:
        """Of the sum of ``upstream`` [windows] times the logs: of emissions and transitions."""
        longest, windows, tags = self._emissions.shape
        weight = np.asarray(upstream, dtype=np.float64)
        beta = np.zeros((windows, tags))
        shares = np.zeros((longest, windows, tags))
        steps = np.zeros((tags, tags))
        top = self._transitions.max()
        exponentials = np.exp(self._transitions - top)
        for token in range(longest - 1, -1, -1):
            here = self._lengths > token
            follows = self._lengths > token + 1
            if follows.any():
                after = self._emissions[token + 1] + beta
                before = self._alpha[token]
                one, other = before.max(axis=1), after.max(axis=1)
                logs = np.where(follows, one + other + top - self.logs, -np.inf)
                scale = weight * np.exp(logs)
                left = np.exp(before - one[:, None]) * scale[:, None]
                right = np.exp(after - other[:, None])
                steps += exponentials * (left.T @ right)
                beta = np.where(follows[:, None], _through(after, self._transitions.T), 0.0)
            logs = self._alpha[token] + beta - self.logs[:, None]
            shares[token] = np.exp(np.where(here[:, None], logs, -np.inf))
        shares *= weight[None, :, None]
        found = np.zeros(self._shape)
        np.put_along_axis(found, self._positions[:, :, None], shares.transpose(1, 0, 2), axis=1)
        return found, steps


def _through(scores: Floats, transitions: Floats) -> Floats:
    """The log of the sum over the tag before, [windows, tags]."""
    most = scores.max(axis=1, keepdims=True)
    top = transitions.max()
    # No matrix product: its rounding hangs on how many windows a batch has.
    summed = (np.exp(scores - most)[:, :, None] * np.exp(transitions - top)).sum(axis=1)
    with np.errstate(divide="ignore"):  # no path, far from all others
        return np.asarray(np.log(summed) + most + top)


def _log_sum(scores: Floats) -> Floats:
    most = scores.max(axis=1)
    return np.asarray(most + np.log(np.exp(scores - most[:, None]).sum(axis=1)))
