"""Which of the errors that facts show an error text is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

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


def nearest_first(
    shown: Sequence[Finding], text: str, facts: Mapping[str, Any] | None = None
) -> list[Finding]:
    """``shown``, those first that are nearest to what was raised in ``text``.

    Nearest is the package that the error asked for something, then the one that asked, then along
    the imports outwards; what its requirement is of comes just behind the package that it is about.
    What no frame has goes by where the text names it last.
    """
    if not text or not shown:
        return list(shown)
    places = {name: number for number, name in reversed(list(enumerate(_chain(text, facts or {}))))}
    return sorted(shown, key=lambda one: (_nearness(one, places, text), -_mentioned(one, text)))


_FAR: Final = 1000.0


def _nearness(finding: Finding, places: Mapping[str, int], text: str) -> float:
    found = [_FAR]
    # A rule says in its evidence which packages it rests on.
    about = finding.about or [line.split(" ", 1)[0] for line in finding.evidence]
    for number, name in enumerate(about):
        if "/" in name or name.startswith(("~", _VARIABLE, _PLACE)):
            found.append(0.0 if _named(name, text) else _FAR)
        elif name in places:
            found.append(places[name] + (0.5 if number else 0.0))
    return min(found)


def _mentioned(finding: Finding, text: str) -> int:
    return _last(finding.about[0], text) if finding.about else -1


def _chain(text: str, facts: Mapping[str, Any]) -> list[str]:
    """The distributions along the imports of a traceback, from the raised error outwards."""
    from paddle_lab.environment.blame import read  # only where something failed
    from paddle_lab.environment.blame.owning import owned
    from paddle_lab.environment.blame.parties import asked

    trace = read(text)
    if trace is None:
        return []
    request = asked(trace)
    tops = [request.provider, request.importer] if request else []
    tops += [one.package for one in reversed(trace.cause.frames) if one.is_library]
    return [owned(top, facts, trace.sites).name for top in dict.fromkeys(tops) if top]


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
