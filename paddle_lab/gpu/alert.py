"""A warning as data, and when to warn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from paddle_lab.i18n import Text

Action = Literal["free-most", "show-gpu", "show-run", "stop-run", "show-owner", "resume-run"]
GIB: Final = 1 << 30


@dataclass(frozen=True)
class Limits:
    """When to warn. Shares of one, seconds, bytes."""

    memory: float = 0.9
    memory_s: float = 5.0
    filling_s: float = 60.0
    throttle_s: float = 30.0
    idle_s: float = 20 * 60.0
    idle_share: float = 0.1
    stalled_s: float = 180.0
    disk: float = 0.95
    disk_free: int = 2 * GIB


@dataclass(frozen=True)
class Alert:
    """One warning. ``key`` is the same for as long as its cause lasts; ``about`` says of what."""

    key: str
    code: str
    level: Literal["info", "warning", "error"]
    t: float
    text: Text
    action: Action
    about: str = ""

    def to_json(self) -> dict[str, Any]:
        """The alert as the stream and the JSON snapshot hold it."""
        return {
            "key": self.key,
            "code": self.code,
            "level": self.level,
            "t": round(self.t, 1),
            "text": self.text.to_json(),
            "action": self.action,
            "about": self.about,
        }
