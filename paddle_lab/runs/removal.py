"""Take a run away: at once for everybody who looks, whatever else happens meanwhile."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.runs.answers import remove_answers
from paddle_lab.runs.claim import file_lock
from paddle_lab.runs.folder import RunFolder
from paddle_lab.runs.registry import Registry, RunRef

_GOING: Final = ".paddle-lab-removed-"
#: What runs write into their folders; beside it hidden files, of writings that were cut short.
_OWN: Final = frozenset({
    "run.json", "about.json", "cell.json", "data.json", "sources.json", "codec.json",
    "events.jsonl", "requests.jsonl", "claim.lock", "log.txt", "logs", "bundle-failed.json", "data",
    "checkpoints", "report", "bundle", "bundle-small", "trainer", "visualdl",
})  # fmt: skip
_MOST_NAMED: Final = 5
_A_LINK: Final = T(
    "It is a symbolic link: remove it, and what it points to, yourself.",
    "它是符号链接：请自行删除它及其指向的目录。",
)


def remove_run(registry: Registry, ref: RunRef) -> None:
    """Remove a run's folder with all that is in it, and forget the run.

    The folder first gets a hidden name, so that no view sees half of it. One that is already gone
    is only forgotten. What a killed removal left in the same folder goes with it. Raises RunError
    when the run is active, or when its folder cannot be removed.
    """
    folder = ref.folder
    hidden = folder.path.with_name(f"{_GOING}{uuid.uuid4().hex}")
    if folder.path.is_symlink():
        raise _cannot(ref, _A_LINK)
    try:
        with file_lock(folder.claim_path):
            if folder.info_path.exists() and seems_active(folder):
                raise still_running(ref)
            folder.path.rename(hidden)
    except FileNotFoundError:  # another process was quicker
        registry.remove(ref)
        return
    except OSError as error:
        raise _cannot(ref, _because(folder.path, error)) from error
    registry.remove(ref)
    try:
        _remove_tree(hidden)
    except OSError as error:
        raise _cannot(ref, _because(hidden, error)) from error
    remove_answers(folder.path)
    _clear_leftovers(registry, hidden.parent)


def remove_files(registry: Registry, ref: RunRef) -> None:
    """As :func:`remove_run`, but only a folder in which nothing lies that no run writes.

    For who cannot look into the folder before. Raises RunError, code ``run.foreign_files``.
    """
    try:
        names = sorted(path.name for path in ref.folder.path.iterdir())
    except FileNotFoundError:
        names = []
    except OSError as error:
        raise _cannot(ref, _because(ref.folder.path, error)) from error
    foreign = [name for name in names if name not in _OWN and not name.startswith(".")]
    if foreign:
        shown = ", ".join(foreign[:_MOST_NAMED]) + (" …" if len(foreign) > _MOST_NAMED else "")
        raise RunError(
            T("The folder of {name} holds files that are not the run's.",
              "{name} 的目录中有不属于该运行的文件。", name=ref.folder.path.name),
            T("In {path}: {names}", "{path} 中：{names}", path=ref.folder.path, names=shown),
            T("Move them away, or remove all: paddle-lab runs rm {id} --yes",
              "请先移走它们，或全部删除：paddle-lab runs rm {id} --yes", id=ref.id),
            code="run.foreign_files",
        )  # fmt: skip
    remove_run(registry, ref)


def seems_active(folder: RunFolder) -> bool:
    """Whether the run is active as far as can be told; one that cannot be read is not."""
    try:
        return folder.state().live
    except RunError:
        return False


def still_running(ref: RunRef) -> RunError:
    """The refusal to remove a run that goes on."""
    return RunError(
        T("Run {name} is still running.", "运行 {name} 仍在进行。", name=ref.folder.path.name),
        fix=T("Stop it first: %ernie_stop {id}", "请先停止：%ernie_stop {id}", id=ref.id),
        code="run.active",
    )


def _clear_leftovers(registry: Registry, parent: Path) -> None:
    """What killed removals have left: hidden folders, and entries of folders that had been there.

    Another removal may still be at work on one: both then remove it, each what the other has not.
    """
    for path in parent.glob(f"{_GOING}*"):
        with contextlib.suppress(OSError):  # somebody else's, say: theirs to remove
            _remove_tree(path)
    registry.forget_gone(parent)


def _remove_tree(path: Path) -> None:
    """Remove a folder that others may be removing too. Raises OSError for what stays."""

    def gone_already(_function: Any, _path: str, failure: Any) -> None:
        if not isinstance(failure[1], FileNotFoundError):
            raise failure[1]

    shutil.rmtree(path, onerror=gone_already)


def _cannot(ref: RunRef, why: Text) -> RunError:
    return RunError(
        T(
            "The folder of {name} cannot be removed.",
            "无法删除 {name} 的目录。",
            name=ref.folder.path.name,
        ),
        why,
        T("Whoever may write there can: paddle-lab runs rm {id} --yes",
          "请由有写入权限的用户执行：paddle-lab runs rm {id} --yes", id=ref.id),
        code="run.not_removable",
    )  # fmt: skip


def _because(path: Path, error: OSError) -> Text:
    return T("{path}: {error}", "{path}：{error}", path=path, error=error.strerror or error)
