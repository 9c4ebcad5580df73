"""A hidden staging directory beside the destination: a bundle is whole there, or is nowhere."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle.exchange import ASIDE, STAGING, in_place
from paddle_lab.bundle.manifest import FORMAT, MANIFEST_FILE
from paddle_lab.bundle.problems import cannot_write
from paddle_lab.errors import BundleError
from paddle_lab.i18n import T
from paddle_lab.paths import fsync_dir, fsync_tree, put_in_place
from paddle_lab.runs.process import ProcessMark
from paddle_lab.untrusted import UnusableFile, read_object

_OWNER_FILE: Final = "owner.json"
_TRIES: Final = 5
_UNOWNED_AGE_S: Final = 3600.0


@dataclass(frozen=True)
class StagingDir:
    """``bundle`` becomes the destination; ``check`` holds what must never get into it."""

    root: Path

    @property
    def bundle(self) -> Path:
        """Where the bundle is put together."""
        return self.root / "bundle"

    @property
    def check(self) -> Path:
        """Where the fresh process works."""
        return self.root / "check"


@contextlib.contextmanager
def staging_dir(destination: Path, anchor: Path | None = None) -> Iterator[StagingDir]:
    """A staging directory for ``destination``, whose parent exists; gone whatever happens.

    What killed exports have left is cleared away first. Without its ``anchor``, a file beside
    the destination, the parent is one that Paddle has made again: it goes too. Raises BundleError
    when the destination cannot be written, or holds something that is not a bundle.
    """
    check_replaceable(destination)
    staging = StagingDir(destination.parent / f"{STAGING}{uuid.uuid4().hex}")
    try:
        if anchor is not None:
            anchor.stat()
        _clear_leftovers(destination.parent)
        staging.root.mkdir()
    except OSError as error:
        raise cannot_write(destination, error) from error
    try:
        owner = {**ProcessMark.of_this_process().to_json(), "destination": destination.name}
        (staging.root / _OWNER_FILE).write_text(json.dumps(owner), encoding="utf-8")
        staging.bundle.mkdir()
        staging.check.mkdir()
        yield staging
    except OSError as error:
        raise cannot_write(destination, error) from error
    finally:
        shutil.rmtree(staging.root, ignore_errors=True)
        if anchor is not None and not anchor.exists():
            # Removed meanwhile with all that is in it; Paddle makes the folders that it saves to.
            with contextlib.suppress(OSError):  # another export is still in it
                destination.parent.rmdir()


def install(staging: StagingDir, destination: Path) -> None:
    """Make the finished bundle appear at ``destination``, replacing an older bundle.

    The older one is moved aside first and comes back if the new one cannot take its place. Raises
    OSError.
    """
    fsync_tree(staging.bundle)
    for attempt in range(_TRIES):
        try:
            put_in_place(staging.bundle, destination, staging.root / f"{ASIDE}{attempt}")
            break
        except OSError:
            # Another export of the same run may have taken the name at this very moment.
            if attempt == _TRIES - 1 or not staging.bundle.exists():
                raise
    fsync_dir(destination.parent)


def check_replaceable(destination: Path) -> None:
    """Refuse to replace what is not a bundle, or a bundle with somebody's files in it.

    Raises BundleError.
    """
    try:
        in_place(destination, lambda: _refuse_foreign(destination))
    except OSError as error:
        raise cannot_write(destination, error) from error
    except ValueError as error:  # a NUL or half a character in the name
        raise cannot_write(destination, str(error)) from error


def _refuse_foreign(destination: Path) -> None:
    foreign = _foreign_file(destination)
    if foreign is None:
        return
    raise BundleError(
        T(
            "{folder} already exists and is not a bundle alone.",
            "{folder} 已存在，而且不只是一个模型包。",
            folder=destination,
        ),
        T(
            "It holds {name}, which an export would remove.",
            "其中有 {name}，导出会将其删除。",
            name=foreign,
        ),
        T("Choose another folder with --out.", "请用 --out 指定其他目录。"),
        code="bundle.destination_taken",
    )


def _foreign_file(folder: Path) -> str | None:
    """Something in ``folder`` that no export put there, or None when it is all ours or nothing."""
    if not folder.is_dir():
        return folder.name if folder.exists() else None
    try:
        content = read_object(folder / MANIFEST_FILE)
        ours = set(content["files"]) | {MANIFEST_FILE}
        if content["format"] != FORMAT:
            return MANIFEST_FILE
    except (OSError, ValueError, KeyError, TypeError):
        return next(iter(sorted(path.name for path in folder.iterdir())), None)
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        if not hidden and not path.is_dir() and relative.as_posix() not in ours:
            return relative.as_posix()
    return None


def _clear_leftovers(parent: Path) -> None:
    """Remove what exports whose process is gone left; a bundle they moved aside comes back."""
    for root in parent.glob(f"{STAGING}*"):
        owner = _owner(root)
        if not _abandoned(root, owner):
            continue
        home = parent / str(owner.get("destination", ""))
        if home.parent == parent:
            _bring_back(root, home)
        shutil.rmtree(root, ignore_errors=True)


def bring_back(destination: Path) -> None:
    """Put the bundle where it was that a killed export had moved aside, if one had.

    Raises OSError when it cannot be moved.
    """
    for root in destination.parent.glob(f"{STAGING}*"):
        owner = _owner(root)
        if owner.get("destination") == destination.name and _abandoned(root, owner):
            _bring_back(root, destination)


def _bring_back(root: Path, home: Path) -> None:
    """Put the bundle that a killed export had moved aside where it was. Raises OSError."""
    aside = max(root.glob(f"{ASIDE}*"), default=None)
    if aside is None or home.exists():
        return
    try:
        aside.rename(home)
    except OSError:
        # Another export may have brought it back, or put its own bundle there, just now.
        if aside.exists() and not home.exists():
            raise


def _owner(root: Path) -> dict[str, Any]:
    try:
        return read_object(root / _OWNER_FILE)
    except (OSError, UnusableFile):
        return {}


def _abandoned(root: Path, owner: dict[str, Any]) -> bool:
    mark = ProcessMark.from_json(owner)
    if mark is not None:
        return mark.lives() is False
    try:
        # Killed between making the folder and signing it; another host's clock may be off.
        return time.time() - root.stat().st_mtime > _UNOWNED_AGE_S
    except OSError:
        return False
