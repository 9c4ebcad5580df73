"""Installed wheels that were made for another Python, system or processor than this one."""

from __future__ import annotations

import os
import platform
import re
import sys
from typing import Any

from paddle_lab.environment.probes.packages import distributions

_LONGEST = 20_000  # characters of a WHEEL file
_MOST = 50


def builds() -> dict[str, Any]:
    """``takes``: this Python and system in words; ``unfit``: distribution to ``version`` and
    ``tags``, where no tag of its wheel fits here.

    Distributions that do not say which wheel they come from are left out.
    """
    unfit: dict[str, Any] = {}
    seen = set()
    for item in distributions():
        if item.name in seen:
            continue
        seen.add(item.name)
        tags = _tags(item.folder)
        if tags and not any(map(fits, tags)):
            unfit[item.name] = {"version": item.version, "tags": tags[:4]}
    words = f"CPython {sys.version_info[0]}.{sys.version_info[1]}, {platform.system()} {_machine()}"
    return {"takes": words, "unfit": dict(sorted(unfit.items())[:_MOST])}


def fits(tag: str) -> bool:
    """Can this interpreter load a wheel of this tag (``cp311-cp311-manylinux_2_28_x86_64``)?

    True where that is not known: of another implementation of Python, of a tag without three parts.
    """
    if sys.implementation.name != "cpython" or tag.count("-") != 2:
        return True
    pythons, abis, platforms = (part.split(".") for part in tag.lower().split("-"))
    python_fits = any(_python_fits(python, abi) for python in pythons for abi in abis)
    return python_fits and any(map(_platform_fits, platforms))


def _python_fits(python: str, abi: str) -> bool:
    match = re.fullmatch(r"(py|cp|pp)(\d)(\d*)", python)
    if match is None:
        return True
    kind, major, minor = match.groups()
    if kind == "pp":
        return False
    here = sys.version_info[:2]
    if abi in ("none", "abi3"):  # of this version or an older one
        return int(major) == here[0] and int(minor or 0) <= here[1]
    return re.fullmatch(rf"cp{here[0]}{here[1]}[a-z]*", abi) is not None


def _platform_fits(name: str) -> bool:
    if name == "any":
        return True
    system = platform.system()
    if "linux" in name:
        return system == "Linux" and name.endswith(_machine())
    if name.startswith("macosx"):
        return system == "Darwin" and name.endswith((_machine(), "universal2", "intel"))
    if name.startswith("win"):
        return system == "Windows"
    return True


def _machine() -> str:
    return {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())


def _tags(folder: str) -> list[str]:
    try:
        with open(os.path.join(folder, "WHEEL"), encoding="utf-8", errors="replace") as file:
            return re.findall(r"^Tag:\s*(\S+)", file.read(_LONGEST), re.M)
    except OSError:  # installed by a system or from an old format: it does not say
        return []
