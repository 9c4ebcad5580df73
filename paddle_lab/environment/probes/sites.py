"""The folders of packages on the import path: whose they are, and what is taken from each."""

from __future__ import annotations

import os
import re
import site
import sys
from typing import Any

from paddle_lab.environment.probes.packages import distributions
from paddle_lab.environment.probes.requires import needed, requirements
from paddle_lab.environment.redact import clean

_MOST_SITES = 20
_MOST_PACKAGES = 200
_LARGEST_PTH = 100_000  # bytes
_VERSION = re.compile(r"(?i)[/\\]python(?P<major>\d)\.?(?P<minor>\d{1,2})t?(?=[/\\]|$)")


def sites() -> list[dict[str, Any]]:
    """Each folder that holds distributions, in the order in which an import looks through them.

    ``kind``: of this environment, the user's own, of the Python it was made from (``base``), from
    PYTHONPATH, from a ``.pth`` file (``file``) or otherwise on the path; ``python``: the version in
    its path; ``foreign``: it belongs to another environment or another version of Python;
    ``packages``: what Paddle needs and an import takes from there, with versions.
    """
    order = {name: number for number, name in enumerate(needed(requirements()))}
    taken: dict[str, dict[str, str]] = {}
    seen: set[str] = set()
    for item in distributions():
        packages = taken.setdefault(item.site, {})
        if item.name not in seen:
            seen.add(item.name)
            if item.name in order and len(packages) < _MOST_PACKAGES:
                packages[item.name] = item.version
    added = _added_by_files()
    return [_told(folder, packages, added, order) for folder, packages in taken.items()][
        :_MOST_SITES
    ]


def _told(
    folder: str, packages: dict[str, str], added: dict[str, str], order: dict[str, int]
) -> dict[str, Any]:
    real = os.path.realpath(folder)
    kind = _kind(real, added)
    versions = _VERSION.findall(real)
    version = ".".join(versions[-1]) if versions else None
    own = ".".join(map(str, sys.version_info[:2]))
    brought = kind in ("PYTHONPATH", "pth", "path")
    elsewhere = brought and _environment_of(real) is not None
    other = (brought or kind == "user") and version not in (None, own)
    entry = {
        "path": clean(folder),
        "kind": kind,
        "python": version,
        "foreign": elsewhere or other,
        "packages": dict(sorted(packages.items(), key=lambda pair: order[pair[0]])),
    }
    if kind == "pth":
        entry["file"] = clean(added[real])
    return entry


def _kind(real: str, added: dict[str, str]) -> str:
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if real in {os.path.realpath(part) for part in given if part}:
        return "PYTHONPATH"
    if real in {os.path.realpath(folder) for folder in site.getsitepackages()}:
        return "environment" if _inside(real, sys.prefix) else "base"
    if real == os.path.realpath(site.getusersitepackages()):
        return "user"
    if real in added:
        return "pth"
    for prefix, kind in ((sys.prefix, "environment"), (sys.base_prefix, "base")):
        if _inside(real, prefix):
            return kind
    return "path"


def _inside(real: str, prefix: str) -> bool:
    return real.startswith(os.path.realpath(prefix).rstrip(os.sep) + os.sep)


def _environment_of(real: str) -> str | None:
    """The root of the virtual or conda environment that a folder belongs to, if any."""
    folder = real
    for _ in range(6):
        folder = os.path.dirname(folder)
        marks = ("pyvenv.cfg", "conda-meta")
        if any(os.path.exists(os.path.join(folder, mark)) for mark in marks):
            return folder
    return None


def _added_by_files() -> dict[str, str]:
    """Folders that ``.pth`` files put on the path, and the file that does."""
    found: dict[str, str] = {}
    for folder in [*site.getsitepackages(), site.getusersitepackages()]:
        try:
            names = [name for name in sorted(os.listdir(folder)) if name.endswith(".pth")]
        except OSError:  # not made yet, or closed
            continue
        for name in names:
            path = os.path.join(folder, name)
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    lines = file.read(_LARGEST_PTH).splitlines()
            except OSError:
                continue
            for line in lines:
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    found.setdefault(os.path.realpath(os.path.join(folder, line.strip())), path)
    return found
