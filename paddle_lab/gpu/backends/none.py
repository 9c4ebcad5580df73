"""No GPUs, and the reason: the display is switched off, or its setting is not understood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from paddle_lab.gpu.readings import FastReading, Inventory, LinkReading, SlowReading
from paddle_lab.gpu.states import SWITCHED_OFF, Condition


class NoBackend:
    """No GPUs; ``condition`` says why."""

    name = "none"
    simulated = False

    def __init__(self, condition: Condition) -> None:
        self.condition = condition

    def open(self) -> Inventory:
        """The reason."""
        return Inventory(condition=self.condition)

    def fast(self) -> list[FastReading]:
        """Nothing."""
        return []

    def slow(self) -> list[SlowReading]:
        """Nothing."""
        return []

    def links(self, positions: Iterable[int]) -> dict[int, LinkReading]:
        """Nothing."""
        return {}

    def needs_reopening(self) -> bool:
        """Never."""
        return False

    def close(self) -> None:
        """Nothing to let go."""


class NoKind:
    """The display switched off."""

    automatic: Final = False

    def present(self) -> bool:
        """Always."""
        return True

    def make(self, options: str, own_pids: Callable[[], Sequence[int]]) -> NoBackend | None:
        """Takes no options."""
        return None if options else NoBackend(SWITCHED_OFF)


BACKEND: Final = NoKind()
