"""What came out of explaining an error text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paddle_lab.environment.findings import Finding


@dataclass(frozen=True)
class Explanation:
    """What an error text means: findings, best first; ``clues``: what it says of its machine.

    ``complete`` is False when the text was so large or odd that some rules were not tried on it.
    """

    findings: tuple[Finding, ...]
    clues: Mapping[str, Any]
    foreign: bool
    complete: bool = True

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """``findings`` with id, cause, fix and certainty; and what the text told of its machine."""
        return {
            "findings": [finding.to_json(language) for finding in self.findings],
            "clues": {key: value for key, value in self.clues.items() if value},
            "from_another_machine": self.foreign,
            "complete": self.complete,
        }
