"""Installed wheels that were built for another Python or another kind of machine."""

from __future__ import annotations

import os
import platform
import re
import sys
from typing import Any

from paddle_lab.environment.probes.packages import Distribution, distributions
from paddle_lab.environment.redact import clean

_MOST = 50
_INSTALLERS = frozenset(["pip", "uv"])  # others keep the tags of what they built from
_MACHINES = {"x86_64": ("x86_64", "amd64"), "aarch64": ("aarch64", "arm64")}


def foreign_wheels(path: list[str] | None = None) -> dict[str, Any]:
    """Distribution to ``version``, ``site`` and ``tags``, where none of the tags fits this Python.

    Read from the ``WHEEL`` file that an installer leaves; what has none is passed over.
    """
    found: dict[str, Any] = {}
    for item in distributions(path):
        tags = _tags(item)
        if tags and item.name not in found and not any(map(_fits, tags)):
            found[item.name] = {
                "version": item.version,
                "site": clean(item.site),
                "tags": [tag[:100] for tag in tags[:4]],
            }
    return dict(list(found.items())[:_MOST])


def _tags(item: Distribution) -> list[str]:
    try:
        with open(os.path.join(item.folder, "INSTALLER"), encoding="utf-8") as file:
            if file.read(40).strip() not in _INSTALLERS:
                return []
        with open(os.path.join(item.folder, "WHEEL"), encoding="utf-8") as file:
            return re.findall(r"(?m)^Tag: *(\S+)", file.read(20_000))
    except (OSError, UnicodeDecodeError):  # an egg-info, or damaged: `files` tells it
        return []


def _fits(tag: str) -> bool:
    """Could an installer have chosen a wheel of this tag here? A tag that is not known fits."""
    parts = tag.split("-")
    if len(parts) != 3:
        return True
    python, abi, system = parts
    return any(_python_fits(one, abi) for one in python.split(".")) and any(
        map(_system_fits, system.split("."))
    )


def _python_fits(python: str, abi: str) -> bool:
    found = re.fullmatch(r"cp(\d)(\d*)", python)
    if found is None or not found[2]:
        return python != "py2"
    version = (int(found[1]), int(found[2]))
    own = sys.version_info[:2]
    return version == own or (version <= own and (abi.startswith("abi3") or abi == "none"))


def _system_fits(system: str) -> bool:
    if system == "any":
        return True
    here = {"linux": ("linux", "manylinux", "musllinux"), "darwin": ("macosx",), "win32": ("win",)}
    if not system.startswith(here.get(sys.platform, ("",))):
        return False
    machine = platform.machine().lower()
    names = next((names for names in _MACHINES.values() if machine in names), ())
    others = [name for other in _MACHINES.values() if other != names for name in other]
    return not names or not system.endswith(tuple(others)) or _translated(system)


def _translated(system: str) -> bool:
    """An Intel wheel on a Mac with its own chips, where Rosetta runs the whole interpreter."""
    return system.startswith("macosx") and system.endswith("x86_64")
