"""What a front end knows and a command may need: notebook variables, language, prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from paddle_lab.i18n import Text


def _unheard(what: Text) -> None:
    """Where nobody watches."""


@dataclass(frozen=True)
class Context:
    """Where a command was called.

    ``names``: variables of the notebook (empty in the terminal), so that a DataFrame can be given
    by name. ``cell``: the cell's body for a cell magic, None for a line. ``stays``: whether this
    process goes on when the command has returned, as a notebook's does. ``say`` shows one line at
    once, of a command that takes its time.
    """

    names: Mapping[str, Any] = field(default_factory=dict)
    cell: str | None = None
    notebook: bool = False
    stays: bool = False
    say: Callable[[Text], None] = _unheard
