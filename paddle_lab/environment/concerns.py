"""Which of the errors that facts show an error text is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from paddle_lab.environment.findings import Finding
from paddle_lab.environment.redact import shorten_home

_VARIABLE: Final = "variables."
_PLACE: Final = "storage."
_ROOM: Final = ".free_mb"
#: What a text says when a disk takes nothing any more.
_NO_ROOM: Final = re.compile(r"No space left on device|\[Errno 28\]|Disk quota exceeded")
#: What a text says when an address in a variable cannot be reached.
_UNREACHED: Final = re.compile(r"(?i)prox(?:y|ies)|max retries|connection|resolve|timed out|SSL")


def concerning(shown: Sequence[Finding], text: str) -> list[Finding]:
    """The findings of ``shown`` whose packages, modules, variables or folders ``text`` names."""
    return [one for one in shown if any(_named(name, text) for name in one.about)]


def nearest_first(shown: Sequence[Finding], text: str) -> list[Finding]:
    """``shown``, those first whose subject a traceback names last, nearest to what was raised."""
    return sorted(shown, key=lambda one: -(_last(one.about[0], text) if one.about else -1))


def _named(name: str, text: str) -> bool:
    if name.startswith(_VARIABLE):
        return _UNREACHED.search(text) is not None
    if name.startswith(_PLACE):
        return name.endswith(_ROOM) and _NO_ROOM.search(text) is not None
    if name == "~":  # in nearly every text; what an error is about stands in quotes
        return re.search(r"['\"]~(?:['\"]|/\.)", shorten_home(text)) is not None
    if name.startswith("~"):
        text = shorten_home(text)
    return _last(name, text) >= 0


def _last(name: str, text: str) -> int:
    """Where ``text`` names a distribution, module or file for the last time; -1 for nowhere."""
    # The distributions of Paddle hold a module of a shorter name.
    names = {name, name.replace("-", "_"), *(["paddle"] if name.startswith("paddlepaddle") else [])}
    return max(
        (
            match.start()
            for one in names
            for match in re.finditer(rf"(?<![\w-]){re.escape(one)}(?![\w-])", text)
        ),
        default=-1,
    )
