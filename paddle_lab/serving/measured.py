"""What batching may cost, measured where the model runs: how many rows, how much padding."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import Signature

#: Batch sizes that are tried; the first is what a batch is compared with.
_SIZES: Final = (1, 2, 4, 8, 16, 32)
_TOKENS: Final = 32
_ROUNDS: Final = 3
_LONGEST_S: Final = 4.0
#: The smallest batch that is nearly as fast a row as the fastest: a larger one makes rows wait.
_NEARLY: Final = 1.05


@dataclass(frozen=True)
class Measured:
    """Limits of a batch, and what one costs, in seconds.

    A batch of ``rows`` rows of ``tokens`` tokens takes about ``start_s + rows * tokens * token_s``.
    ``spare_tokens`` is what a row may add in padding before it is cheaper to run it alone.
    """

    rows: int
    spare_tokens: int
    start_s: float
    token_s: float

    def to_json(self) -> dict[str, Any]:
        """As the worker tells it."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Measured:
        """The reverse. Raises KeyError, TypeError or ValueError."""
        return cls(
            int(content["rows"]), int(content["spare_tokens"]),
            float(content["start_s"]), float(content["token_s"]),
        )  # fmt: skip


def judged(seconds: Mapping[int, float], tokens: int) -> Measured:
    """The limits that the best times of batches (by rows, of ``tokens`` each) tell.

    The line through the batch of one and the chosen one gives what a start and a token cost.
    """
    sizes = sorted(seconds)
    fastest = min(seconds[size] / size for size in sizes)
    best = next(size for size in sizes if seconds[size] / size <= _NEARLY * fastest)
    alone, chosen = seconds[sizes[0]], seconds[best]
    token = alone / tokens
    start = 0.0
    if best > sizes[0]:
        token = max((chosen - alone) / ((best - sizes[0]) * tokens), 1e-9)
        start = max(0.0, alone - sizes[0] * tokens * token)
    return Measured(best, int(min(start / token, 4 * tokens)), start, token)


def measure(
    run: Callable[[Mapping[str, npt.NDArray[Any]]], Any], signature: Signature, max_len: int
) -> Measured:
    """Warm up and measure: best of some rounds in which all sizes take turns.

    Ends after a few seconds with the sizes that were reached: small ones for a slow model.
    """
    tokens = min(_TOKENS, max_len)
    times: dict[int, float] = {}
    begun = time.perf_counter()
    run(inputs_like(signature, 1, tokens))  # the first call of all makes what later ones use
    for round_ in range(_ROUNDS):
        for size in _SIZES:
            if time.perf_counter() - begun > _LONGEST_S and (round_ or size > 1):
                break
            inputs = inputs_like(signature, size, tokens)
            started = time.perf_counter()
            run(inputs)
            took = time.perf_counter() - started
            times[size] = min(took, times.get(size, took))
    run(inputs_like(signature, 1, max_len))  # the memory of the longest text is taken now
    return judged(times, tokens)


def inputs_like(signature: Signature, rows: int, tokens: int) -> dict[str, npt.NDArray[Any]]:
    """Inputs of ones: ids that every vocabulary has."""
    sizes = {"rows": rows, "tokens": tokens}
    return {
        spec.name: (np.ones if spec.name == "input_ids" else np.zeros)(
            [sizes[size] if isinstance(size, str) else size for size in spec.dims], spec.dtype
        )
        for spec in signature.inputs
    }
