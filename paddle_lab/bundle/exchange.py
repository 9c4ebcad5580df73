"""A bundle's folder, which another export may exchange at any moment: how to look at it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from paddle_lab.errors import BundleError

#: How the folders begin in which exports work, beside the bundle they make.
WORKSHOP: Final = ".bundle-"
_TRIES: Final = 10
_GAP_S: Final = 0.02

Result = TypeVar("Result")


def in_place(folder: Path, read: Callable[[], Result]) -> Result:
    """What ``read`` finds in ``folder`` while that stays where it is.

    When another export exchanges the folder meanwhile, what was seen may belong to two bundles, or
    to none: it is read again. Raises what ``read`` raises.
    """
    for _ in range(_TRIES - 1):
        before = _identity(folder)
        try:
            result = read()
        except (BundleError, OSError):
            if _identity(folder) == before and not (before is None and _exported(folder)):
                raise
        else:
            if _identity(folder) == before:
                return result
        time.sleep(_GAP_S)
    return read()


def appears(path: Path) -> bool:
    """Whether a file of a bundle is there, or comes while an export exchanges the bundle."""
    for _ in range(_TRIES - 1):
        if path.exists():
            return True
        if not _exported(path.parent):
            break
        time.sleep(_GAP_S)
    return path.exists()


def _identity(path: Path) -> tuple[int, int] | None:
    """What now has this name, told apart from whatever had it before; None when nothing has."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _exported(folder: Path) -> bool:
    """Whether some export is at work beside ``folder``."""
    return any(folder.parent.glob(f"{WORKSHOP}*"))
