"""What a command gives back: the doors show it, the command never prints."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """``text`` for terminals, ``html`` for notebooks (safe: escaped), ``json`` for machines.

    ``value`` is what ``-o NAME`` assigns; ``exit_code`` is the shell's. ``background`` marks a
    result that was handed out before the work was done.
    """

    text: str
    html: str | None = None
    json: Any = None
    value: Any = None
    exit_code: int = 0

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        rich = self.html if self.html is not None else f"<pre>{html.escape(self.text)}</pre>"
        return {"text/plain": self.text, "text/html": rich}
