"""A bundle's folder, which another export may exchange at any moment: how to look at it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from paddle_lab.errors import BundleError

#: How the folders begin in which exports work, beside the bundle they make.
STAGING: Final = ".bundle-"
#: How the bundle is called that an export has moved aside, in its staging directory.
ASIDE: Final = "replaced"
PATIENCE_S: Final = 5.0
_TRIES: Final = 5
_GAP_S: Final = 0.02

Result = TypeVar("Result")


def in_place(folder: Path, read: Callable[[], Result]) -> Result:
    """What ``read`` finds in ``folder`` while that stays where it is.

    When another export exchanges the folder meanwhile, what was seen may belong to two bundles, or
    to none: it is read again. Raises what ``read`` raises.
    """
    tries, deadline = 0, time.monotonic() + PATIENCE_S
    while True:
        before = _identity(folder)
        tries += 1
        last = tries >= _TRIES and time.monotonic() > deadline
        try:
            result = read()
        except (BundleError, OSError):
            if last or (_identity(folder) == before and not _between_renames(folder)):
                raise
        else:
            if last or _identity(folder) == before:
                return result
        time.sleep(_GAP_S)


def appears(path: Path) -> bool:
    """Whether a file of a bundle is there, or comes when an export has exchanged the bundle."""
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        if not _between_renames(path.parent) or time.monotonic() > deadline:
            return path.exists()
        time.sleep(_GAP_S)
    return True


def _identity(path: Path) -> tuple[int, int] | None:
    """What now has this name, told apart from whatever had it before; None when nothing has."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _between_renames(folder: Path) -> bool:
    """Whether an export has moved the older bundle aside and not yet put its own in its place."""
    return not folder.exists() and any(folder.parent.glob(f"{STAGING}*/{ASIDE}*"))
