"""What every installed distribution asks of others, as its metadata say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from paddle_lab.environment.probes.kept import key_of
from paddle_lab.environment.probes.packages import Distribution, distributions, header, normal

#: Whose needs decide whether Paddle works: these, what they ask for, and what that asks for.
ROOTS = ("paddlepaddle", "paddlepaddle-gpu", "paddlenlp")
_MOST_LINES = 400  # of one distribution; packages with more do not exist outside of attacks
_LONGEST_LINE = 300
_NAME = re.compile(r"\s*([A-Za-z0-9][\w.\-]*)\s*(?:\[([^\]]*)\])?")
#: The last answer: several probes ask, and it changes with the metadata alone.
_known: dict[str, dict[str, list[str]]] = {}
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


def requirements(path: list[str] | None = None) -> dict[str, list[str]]:
    """Distribution to the lines of its ``Requires-Dist``: ``{"datasets": ["pyarrow>=21.0.0"]}``.

    Lines of an extra stand only where another distribution asks for that extra. Markers are left
    as they are: whoever reads the sheet evaluates them for the Python that the sheet is of.
    """
    installed = list(distributions(path))
    key = key_of(installed)
    known = _known.get(key)
    if known is None:
        known = _requirements(installed)
        _known.clear()
        _known[key] = known
    return {name: list(lines) for name, lines in known.items()}


def _requirements(installed: list[Distribution]) -> dict[str, list[str]]:
    lines = _all_lines(installed)
    asked: set[tuple[str, str]] = set()
    while True:
        kept = {
            name: [line for line in entries if _wanted(name, line, asked)]
            for name, entries in lines.items()
        }
        now = {pair for entries in kept.values() for line in entries for pair in _extras(line)}
        if now <= asked:
            return {name: entries for name, entries in sorted(kept.items()) if entries}
        asked |= now


def _all_lines(installed: list[Distribution]) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {}
    for item in installed:
        if item.name not in lines:
            found = re.findall(r"^Requires-Dist:\s*(.+)$", header(item.folder), re.M)
            lines[item.name] = [line.strip()[:_LONGEST_LINE] for line in found[:_MOST_LINES]]
    return lines


def _wanted(name: str, line: str, asked: set[tuple[str, str]]) -> bool:
    extras = _EXTRA.findall(line.partition(";")[2])
    return not extras or any((name, normal(extra)) in asked for extra in extras)


def _extras(line: str) -> list[tuple[str, str]]:
    """The extras that a line asks for: ``fsspec[http]`` gives ``("fsspec", "http")``."""
    found = _NAME.match(line)
    if found is None or not found.group(2):
        return []
    name = normal(found.group(1))
    return [(name, normal(extra.strip())) for extra in found.group(2).split(",") if extra.strip()]


def needed(wanted: Mapping[str, Iterable[str]], roots: Iterable[str] = ROOTS) -> list[str]:
    """Names that ``roots`` need, nearest first, markers not looked at (so rather too many).

    The roots themselves come first; a name need not be installed.
    """
    order = list(roots)
    seen = set(order)
    for name in order:  # grows while it is walked: breadth first
        for line in wanted.get(name, ()):
            found = _NAME.match(line)
            other = normal(found.group(1)) if found else ""
            if other and other not in seen:
                seen.add(other)
                order.append(other)
    return order
