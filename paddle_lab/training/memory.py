"""When memory runs out: halve the micro-batch, keep the effective batch, and say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Batch = dict[str, Any]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` is Paddle's or Python's way to say that memory ran out."""
    return isinstance(error, MemoryError) or "ResourceExhausted" in str(error)


class MicroBatches:
    """Runs a step over parts of a batch that fit in memory.

    ``limit`` is the most rows a part may have; it halves when memory runs out and stays so. Losses
    of parts are weighted by their rows, so the gradient is that of the whole batch.
    """

    def __init__(self, on_halved: Callable[[int, int], None]) -> None:
        self.limit: int | None = None
        self._on_halved = on_halved

    def run(
        self, batch: Batch, step: Callable[[Batch, float], Any], reset: Callable[[], None]
    ) -> Any:
        """The sum of ``step(part, share)`` over the parts of ``batch``.

        ``reset`` throws away what an interrupted attempt has accumulated. Raises the memory error
        itself when a single row does not fit.
        """
        rows = _rows(batch)
        while True:
            size = min(rows, self.limit or rows)
            try:
                parts = [self._part(batch, i, size) for i in range(0, rows, size)]
                return sum(step(part, _rows(part) / rows) for part in parts)
            except Exception as error:
                if not is_out_of_memory(error) or size <= 1:
                    raise
            # Outside the handler, so that the failed attempt's tensors are free by now.
            reset()
            self.limit = max(1, size // 2)
            self._on_halved(size, self.limit)

    @staticmethod
    def _part(batch: Batch, start: int, size: int) -> Batch:
        if start == 0 and size >= _rows(batch):
            return batch
        return {name: tensor[start : start + size] for name, tensor in batch.items()}


def _rows(batch: Batch) -> int:
    return len(batch["input_ids"])
