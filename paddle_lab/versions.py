"""Versions of what trains, and of what makes and uses bundles."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

_PACKAGES: Final = (
    "paddle-lab",
    "paddlepaddle",
    "paddlepaddle-gpu",
    "paddlenlp",
    "tokenizers",
    "numpy",
)


def version_of(package: str) -> str | None:
    """The installed version of a distribution; None where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def versions() -> dict[str, str | None]:
    """Installed versions by package name (None: not installed), and Python's and the platform's."""
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **{name: version_of(name) for name in _PACKAGES},
    }
