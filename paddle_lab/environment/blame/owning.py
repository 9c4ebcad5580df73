"""Which installed distribution an import name belongs to, from metadata, and what it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from paddle_lab.environment.blame.places import expanded
from paddle_lab.environment.probes.packages import Distribution, distributions, normal
from paddle_lab.environment.requirements import installed
from paddle_lab.environment.tables import load_tables

_LARGEST_RECORD = 4_000_000  # bytes; paddle's has 0.6 MB


@dataclass(frozen=True)
class Owned:
    """A distribution and its version, None where neither facts nor text tell it."""

    name: str
    version: str | None

    def __str__(self) -> str:
        return f"{self.name} {self.version}" if self.version else self.name


def owned(top: str, facts: Mapping[str, Any], sites: Iterable[str] = ()) -> Owned:
    """The distribution of the top-level import name ``top``.

    ``sites``: folders of packages to look into when the name alone does not tell, such as
    ``cv2`` or ``paddle``; those that are not on this machine are passed over.
    """
    packages = installed(facts)
    name = normal(top)
    if name in packages:
        return Owned(name, packages[name])
    for item in _recorded(top, tuple(dict.fromkeys(sites))):
        if item.name in packages or not packages:
            return Owned(item.name, packages.get(item.name, item.version))
    known = re.split(r"[<>=!~]", load_tables().distributions.get(top, ""))[0]
    for other in (known, f"{known}-gpu"):
        if known and other in packages:
            return Owned(other, packages[other])
    return Owned(known or distribution_here(top) or name, None)


@lru_cache(maxsize=1)
def _modules_here() -> Mapping[str, list[str]]:
    return packages_distributions()


def distribution_here(top: str) -> str | None:
    """What brings the import name ``top`` in the environment of this process; None for unknown.

    A module that is named otherwise than its package (``yaml``, ``zmq``) mostly is in it.
    """
    found = sorted(set(_modules_here().get(top, ())))
    return normal(found[0]) if len(found) == 1 else None


@lru_cache(maxsize=256)
def _recorded(top: str, sites: tuple[str, ...]) -> tuple[Distribution, ...]:
    """Distributions in these folders whose files lie under ``top``."""
    paths = [str(path) for path in map(expanded, sites) if path.is_dir()]
    return tuple(item for item in distributions(paths) if _holds(Path(item.folder), top))


def _holds(folder: Path, top: str) -> bool:
    for name, pattern in (
        ("top_level.txt", rf"(?m)^{re.escape(top)}\s*$"),
        ("RECORD", rf"(?m)^{re.escape(top)}(?:/|\.py,|\.[\w\-]+\.(?:so|pyd),)"),
    ):
        try:
            with (folder / name).open(encoding="utf-8", errors="replace") as file:
                if re.search(pattern, file.read(_LARGEST_RECORD)):
                    return True
        except OSError:  # either file may be absent
            continue
    return False
