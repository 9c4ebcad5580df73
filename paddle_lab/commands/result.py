"""What a command gives back: the front ends show it, the command never prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from paddle_lab.text.html import escape
from paddle_lab.text.visible import visible


@dataclass(frozen=True)
class Result:
    """``text`` for terminals, ``html`` for notebooks (safe: escaped), ``json`` for machines.

    ``value`` is what ``-o NAME`` assigns; ``exit_code`` is the shell's. ``bundle`` replaces the
    forms a notebook shows when a command has richer ones. ``verbatim``: the text is to be taken as
    it is; in others a terminal shows its own commands in place of magics. ``later``: called with a
    function that puts a newer result in this one's place, for what is found out in the background.
    """

    text: str
    html: str | None = None
    json: Any = None
    value: Any = None
    exit_code: int = 0
    bundle: Mapping[str, Any] | None = None
    verbatim: bool = False
    later: Callable[[Callable[[Result], object]], None] | None = None

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        if self.bundle is not None:
            return dict(self.bundle)
        text = visible(self.text, lines=True)
        rich = self.html if self.html is not None else f"<pre>{escape(text)}</pre>"
        return {"text/plain": text, "text/html": rich}
