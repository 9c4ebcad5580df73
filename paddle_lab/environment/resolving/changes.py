"""A package that gets another version."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """A package that gets another version. ``old`` is None when it is not installed."""

    name: str
    old: str | None
    new: str

    @property
    def pin(self) -> str:
        """As an installer takes it."""
        return f"{self.name}=={self.new}"

    def __str__(self) -> str:
        return f"{self.name} {self.old or '-'} → {self.new}"
