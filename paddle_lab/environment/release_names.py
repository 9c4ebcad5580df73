"""Which release of a package has a name: a table made from the packages' own wheels.

``release_names.txt.gz`` is made by ``tools/release_names.py``. A line ``=package release release``
begins a package; ``module<tab>0-7<tab>name name`` says that the releases of these numbers have the
names, ``module<tab>0-7`` that they have the module. What never changed is not in it.

>>> from paddle_lab.environment.release_names import history
>>> found = history("huggingface_hub", "cached_download")
>>> found.package, found.since, found.gone
('huggingface-hub', '', '0.26.0')
"""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterator
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
    """

    package: str
    what: str
    since: str
    gone: str
    last: str = ""

    def lacks(self, version: str | None) -> bool | None:
        """Has the release ``version`` not the name? None where no version is known."""
        try:
            asked = Version(version or "")
        except InvalidVersion:
            return None
        early = bool(self.since) and asked < Version(self.since)
        return early or (bool(self.gone) and asked >= Version(self.gone))

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
    for package, releases, line in _lines(module.partition(".")[0]):
        parts = line.split("\t")
        if parts[0] == module and name and len(parts) == 3 and name in parts[2].split(" "):
            return _told(package, releases, f"{module}.{name}", parts[1])
    inner = f"{module}.{name}" if name else module
    while "." in inner:
        for package, releases, line in _lines(module.partition(".")[0]):
            parts = line.split("\t")
            if parts[0] == inner and len(parts) == 2:
                return _told(package, releases, inner, parts[1])
        inner = inner.rpartition(".")[0]
    return None


def _told(package: str, releases: list[str], what: str, ranges: str) -> History:
    first, _, last = ranges.rpartition(",")[2].partition("-")
    start, end = int(first), int(last or first)
    return History(
        package,
        what,
        releases[start] if start else "",
        releases[end + 1] if end + 1 < len(releases) else "",
        releases[end] if end + 1 < len(releases) and _skips(releases) else "",
    )


def _skips(releases: list[str]) -> bool:
    """Were minor releases left out? Where none was, the end of the range is exact as it stands."""
    minors = [(*Version(one).release, 0)[:2] for one in releases]
    return any(
        b[0] - a[0] > 1 or (a[0] == b[0] and b[1] - a[1] > 1) for a, b in itertools.pairwise(minors)
    )


def _lines(top: str) -> Iterator[tuple[str, list[str], str]]:
    """The lines about modules below ``top``, each with its package and the releases of that."""
    for package, releases, lines in _table().get(top, ()):
        for line in lines:
            yield package, releases, line


@lru_cache(maxsize=1)
def _table() -> dict[str, list[tuple[str, list[str], list[str]]]]:
    found: dict[str, list[tuple[str, list[str], list[str]]]] = {}
    package, releases = "", [""]
    try:
        text = gzip.decompress(TABLE.read_bytes()).decode("utf-8")
    except OSError:  # an installation without its data knows no release
        return {}
    for line in text.splitlines():
        if line.startswith("="):
            package, *releases = line[1:].split(" ")
            continue
        parts = found.setdefault(line.partition("\t")[0].partition(".")[0], [])
        if not parts or parts[-1][0] != package:
            parts.append((package, releases, []))
        parts[-1][2].append(line)
    return found
