"""Which release of a package has a name: a table made from what the packages released themselves.

``release_names.txt.gz`` is made by ``tools/release_names.py``. A line ``=package 1.0>3.6 1.1 2.0>``
begins a package: its releases, and behind ``>`` the Pythons that one and those after it are for
(``3.6`` and newer, ``3.6<3.11``, nothing: any). ``module<tab>0-7<tab>name name`` says that the
releases of these numbers have the names, ``module<tab>0-7`` that they have the module; ``0-7?9``:
of the two behind them nothing is known, and the next one has it not. What never changed is not in
it.

>>> from paddle_lab.environment.release_names import history
>>> found = history("huggingface_hub", "cached_download")
>>> found.package, found.since, found.gone
('huggingface-hub', '', '0.26.0')
"""

from __future__ import annotations

import gzip
import itertools
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from packaging.version import InvalidVersion, Version

TABLE: Final = Path(__file__).parent / "release_names.txt.gz"


@dataclass(frozen=True)
class History:
    """A name's time in a package: since ``since``, until ``gone``, the first release without it.

    ``since`` is empty where the oldest release that was looked at has it, ``gone`` where the newest
    has it. ``what`` is the name, or the module that came or went with it. ``last`` is the last
    release that was looked at and has it, where some between it and ``gone`` may have been skipped.
    ``pythons`` are those that the releases which have it are for, as in the table.
    """

    package: str
    what: str
    since: str
    gone: str
    last: str = ""
    pythons: tuple[str, ...] = ()

    def lacks(self, version: str | None) -> bool | None:
        """Has the release ``version`` not the name? None where nothing tells it."""
        try:
            asked = Version(version or "")
        except InvalidVersion:
            return None
        if self.since and asked < Version(self.since):
            return True
        if not self.gone or asked < Version(self._upper):
            return False
        return True if asked >= Version(self.gone) else None

    def fits(self, python: str) -> bool | None:
        """Is a release that has it for this Python (``3.6`` or ``3.6.9``)? None where nothing tells
        that."""
        if not self.pythons or not python.startswith("3."):
            return None
        return any(low <= _minor(python) < high for low, high in map(_ends, self.pythons))

    def nearest(self, python: str) -> str:
        """The Python nearest to ``python`` that a release which has it is for: ``3.7``."""
        wanted = _minor(python)
        near = [min(max(wanted, low), high - 1) for low, high in map(_ends, self.pythons)]
        return f"3.{min(near, key=lambda one: (abs(one - wanted), -one))}" if near else python

    @property
    def requirement(self) -> str:
        """The releases that have it, as a requirement: ``numpy<2.0.0``."""
        ends = [f">={self.since}"] * bool(self.since) + [f"<{self._upper}"] * bool(self.gone)
        return f"{self.package}{','.join(ends)}"

    @property
    def _upper(self) -> str:
        """The minor release behind the last that is known to have it, or ``gone`` if that is less.

        What lies between the two was not looked at, so no command asks for it.
        """
        parts = Version(self.last).release if self.gone and self.last else ()
        behind = f"{parts[0]}.{parts[1] + 1}" if len(parts) > 1 else self.gone
        return behind if behind and Version(behind) < Version(self.gone) else self.gone


def history(module: str, name: str = "") -> History | None:
    """The history of ``name`` in ``module`` (of the module itself without one), if it changed.

    Of a name that came and went several times, the last time.
    """
    sections = _sections(module.partition(".")[0], TABLE)
    for section in sections if name else ():
        for ranges, names in section.lines.get(module, ()):
            if names and name in names.split(" "):
                told = _told(section, f"{module}.{name}", ranges)
                return told if told.since or told.gone else None
    inner = f"{module}.{name}" if name else module
    while "." in inner:
        for section in sections:
            for ranges, names in section.lines.get(inner, ()):
                if not names:
                    return _told(section, inner, ranges)
        inner = inner.rpartition(".")[0]
    return None


def _minor(python: str) -> int:
    digits = python.split(".")[1]
    return int(digits) if digits.isdecimal() else 0


def _ends(pythons: str) -> tuple[int, int]:
    """The least minor version of Python 3 and the first that is too new, of ``3.6<3.11``."""
    low, _, high = pythons.partition("<")
    return (_minor(low) if low else 0), (_minor(high) if high else 99)


def _without(pythons: str, end: int) -> str:
    """The Pythons without their lower (0) or upper (1) end."""
    low, _, high = pythons.partition("<")
    return low if end else f"<{high}" * bool(high)


def _told(section: _Section, what: str, ranges: str) -> History:
    releases, having = section.releases, list[str]()
    start = end = behind = 0
    for part in ranges.split(","):
        known, _, unknown = part.partition("?")
        first, _, last = known.partition("-")
        start, end = int(first), int(last or first)
        behind = int(unknown or end) + 1
        # It may have come in a release that was skipped, for the Pythons of the one before.
        before = start - 1 if start and _skips(releases[start - 1 : start + 1]) else start
        have = section.pythons[before:behind]
        if not start:  # older releases than were looked at may be for older Pythons
            have[0] = _without(have[0], 0)
        if behind == len(releases):  # and newer ones for newer Pythons
            have[-1] = _without(have[-1], 1)
        having += have
    left = behind < len(releases)
    return History(
        section.package,
        what,
        releases[start] if start else "",
        releases[behind] if left else "",
        releases[end] if left and (behind > end + 1 or _skips(releases)) else "",
        tuple(dict.fromkeys(having)),
    )


def _skips(releases: list[str]) -> bool:
    """Were minor releases left out? Where none was, the end of the range is exact as it stands."""
    minors = [(*Version(one).release, 0)[:2] for one in releases]
    return any(
        b[0] - a[0] > 1 or (a[0] == b[0] and b[1] - a[1] > 1) for a, b in itertools.pairwise(minors)
    )


@dataclass(frozen=True)
class _Section:
    """A package: its releases, the Pythons of each, and for each module its ranges with names."""

    package: str
    releases: list[str]
    pythons: list[str]
    lines: dict[str, list[tuple[str, str]]]


@lru_cache(maxsize=32)
def _sections(top: str, table: Path) -> tuple[_Section, ...]:
    """The packages that have modules below ``top``; the others are not looked through."""
    wanted = re.compile(rf"\n{re.escape(top)}[\t.]")
    return tuple(_section(text, top) for text in _packages(table) if wanted.search(text))


def _section(text: str, top: str) -> _Section:
    head, *rest = text.splitlines()
    package, *told = head.split(" ")
    python, releases, pythons = "", [], []
    for one in told:
        release, changes, now = one.partition(">")
        python = now if changes else python
        releases.append(release)
        pythons.append(python)
    lines: dict[str, list[tuple[str, str]]] = {}
    for line in rest:
        if line.startswith(top):
            module, ranges, *names = line.split("\t")
            lines.setdefault(module, []).append((ranges, "".join(names)))
    return _Section(package, releases, pythons, lines)


@lru_cache(maxsize=2)
def _packages(table: Path) -> tuple[str, ...]:
    """The table, cut into its packages."""
    try:
        text = gzip.decompress(table.read_bytes()).decode("utf-8")
    except OSError:  # an installation without its data knows no release
        return ()
    return tuple(text.removeprefix("=").split("\n="))
