"""The Pythons that a release says it is for, in the short form of the table of release names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

_NEWEST: Final = 25  # no release is for a minor version of Python 3 as new as this on purpose


def bounds(requires: str) -> str:
    """``3.7<3.11`` of ``>=3.7.1, <3.11``: the least Python 3 and the first that is too new.

    ``3.7`` where none is too new, ``<3.11`` where none is too old, "" where nothing is said.
    """
    try:
        wanted = SpecifierSet(re.sub(r"(>=?|<=?)(\s*[\d.]+)\.\*", r"\1\2", requires))
    except InvalidSpecifier:
        return ""
    fit = [
        minor
        for minor in range(_NEWEST)
        if wanted.contains(f"3.{minor}.0") or wanted.contains(f"3.{minor}.99")
    ]
    if not fit:
        return ""
    least = f"3.{fit[0]}" if fit[0] else ""
    return f"{least}<3.{fit[-1] + 1}" if fit[-1] + 1 < _NEWEST else least


def widest(several: Iterable[str]) -> str:
    """Bounds that hold all Pythons of ``several``: of the files of a release, or of releases."""
    ends = [one.partition("<") for one in several]
    least = min((_minor(low) for low, _, _ in ends), default=0)
    too_new = [_minor(high) for _, _, high in ends]
    low = f"3.{least}" if least else ""
    return f"{low}<3.{max(too_new)}" if ends and all(too_new) else low


def until(pythons: str, newest: int) -> str:
    """The bounds, and none newer than Python 3.``newest``."""
    low, _, high = pythons.partition("<")
    return f"{low}<3.{min(_minor(high) or _NEWEST, newest + 1)}"


def _minor(python: str) -> int:
    return int(python.partition(".")[2] or 0)
