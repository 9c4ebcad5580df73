"""Versions of what makes and uses bundles."""

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


def versions() -> dict[str, str | None]:
    """Installed versions by package name (None: not installed), and Python's and the platform's."""
    found: dict[str, str | None] = {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
    }
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
