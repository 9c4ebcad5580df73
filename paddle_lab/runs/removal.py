"""Take a run away: at once for everybody who looks, whatever else happens meanwhile."""

from __future__ import annotations

import contextlib
import shutil
import time
import uuid
from pathlib import Path
from typing import Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.runs.claim import file_lock
from paddle_lab.runs.registry import Registry, RunRef

_GOING: Final = ".paddle-lab-removed-"
_LEFTOVER_AGE_S: Final = 3600.0
_A_LINK: Final = T(
    "It is a symbolic link: remove it, and what it points to, yourself.",
    "它是符号链接：请自行删除它及其指向的目录。",
)


def remove_run(registry: Registry, ref: RunRef) -> None:
    """Remove a run's folder with all that is in it, and forget the run.

    The folder first gets a hidden name, so that no view sees half of it. One that is already gone
    is only forgotten. Raises RunError when the run is alive, or when its folder cannot be removed.
    """
    folder = ref.folder
    hidden = folder.path.with_name(f"{_GOING}{uuid.uuid4().hex}")
    if folder.path.is_symlink():
        raise _cannot(ref, _A_LINK)
    try:
        with file_lock(folder.claim_path):
            if folder.info_path.exists() and folder.state().live:
                raise still_alive(ref)
            folder.path.rename(hidden)
    except FileNotFoundError:  # another process was quicker
        registry.remove(ref)
        return
    except OSError as error:
        raise _cannot(ref, _because(folder.path, error)) from error
    registry.remove(ref)
    try:
        shutil.rmtree(hidden)
    except OSError as error:
        raise _cannot(ref, _because(hidden, error)) from error
    _clear_leftovers(hidden.parent)


def still_alive(ref: RunRef) -> RunError:
    """The refusal to remove a run that goes on."""
    return RunError(
        T("Run {name} is still alive.", "运行 {name} 仍在进行。", name=ref.folder.path.name),
        fix=T("Stop it first: %ernie_stop {id}", "请先停止：%ernie_stop {id}", id=ref.id),
    )


def _clear_leftovers(parent: Path) -> None:
    """What a killed removal has left; a younger one may still be at work."""
    for path in parent.glob(f"{_GOING}*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_ctime > _LEFTOVER_AGE_S:
                shutil.rmtree(path, ignore_errors=True)


def _cannot(ref: RunRef, why: Text) -> RunError:
    return RunError(
        T(
            "The folder of {name} cannot be removed.",
            "无法删除 {name} 的目录。",
            name=ref.folder.path.name,
        ),
        why,
    )


def _because(path: Path, error: OSError) -> Text:
    return T("{path}: {error}", "{path}：{error}", path=path, error=error.strerror or error)
