"""Single changes of what surrounds a step: which there are, in words, and which could matter."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.i18n import T, Text

# Python, a shell and the system need these; none of them says what an import finds.
_KEPT = frozenset(
    [
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TZ", "PWD", "OLDPWD", "SHLVL", "_"),
        *("HOSTNAME", "COLUMNS", "LINES", "VIRTUAL_ENV", "USERPROFILE", "HOMEDRIVE", "HOMEPATH"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA"),
        *("PROGRAMDATA", "PROGRAMFILES"),
        *("PYTHONIOENCODING", "PYTHONFAULTHANDLER", "PYTHONDONTWRITEBYTECODE"),
    ]
)
_LIKELY = ("PYTHON", "LD_", "DYLD_", "OMP", "MKL", "KMP", "FLAGS_", "CUDA", "HF_", "TMP", "LC_")


@dataclass(frozen=True)
class Change:
    """One thing that is different from a plain run; ``kind`` is a key of ``KINDS``.

    ``what`` are its names: of a "file" the module and the file, of a "variable" its name, of
    "start" the file that Python runs at its start, of "bytecode" the compiled file and its source.
    """

    kind: str
    what: tuple[str, ...] = ()

    def told(self) -> Text:
        """The change in words, to stand behind "import paddle"."""
        words = KINDS[self.kind]
        return Text(words.en, words.zh, {f"name{n}": name for n, name in enumerate(self.what)})


KINDS: Mapping[str, Text] = {
    "folder": T("in an empty folder", "在空目录中"),
    "file": T("without {name1}", "不使用 {name1} 时"),
    "variable": T("without the variable {name0}", "去掉环境变量 {name0} 后"),
    "user site": T("without the user's own packages (-s)", "不使用用户目录的包（-s）时"),
    "start": T("without running {name0} at start", "启动时不执行 {name0}"),
    "home": T("with an empty home folder", "使用空的主目录时"),
    "gpu": T("without a GPU", "不使用 GPU 时"),
    "utf8": T("in UTF-8 mode", "在 UTF-8 模式下"),
    "bytecode": T("without the compiled file {name0}", "不使用编译文件 {name0} 时"),
}
_NAMES = {"file": 2, "variable": 1, "start": 1, "bytecode": 2}  # how many names a kind has


def is_known(row: Sequence[str]) -> bool:
    """Is this a kind of change, and what belongs to it, as a trial writes it down?"""
    return len(row) > 0 and row[0] in KINDS and len(row) - 1 == _NAMES.get(row[0], 0)


def possible(state: Mapping[str, Any], facts: Mapping[str, Any]) -> list[Change]:
    """The changes of the surroundings that could matter here, the likeliest first.

    ``state``: :func:`asking.surroundings`. What is not set, or not there, is no experiment.
    """
    changes = []
    if _holds_modules(Path.cwd()):
        changes.append(Change("folder"))
    if state.get("user_site"):
        changes.append(Change("user site"))
    variables = [Change("variable", (name,)) for name in sorted(set(os.environ) - _KEPT)]
    changes += sorted(variables, key=is_likely, reverse=True)
    if str(state.get("encoding", "utf-8")).replace("-", "") != "utf8":
        changes.append(Change("utf8"))
    if lookup(facts, "gpu.available") is True and lookup(facts, "paddle.cuda"):
        changes.append(Change("gpu"))
    changes += [Change("start", (file,)) for file in state.get("started", ())]
    changes.append(Change("home"))
    return changes


def is_likely(change: Change) -> bool:
    """Is it a variable that Python, the loader or a library of computing reads?"""
    return change.kind == "variable" and change.what[0].startswith(_LIKELY)


def _holds_modules(folder: Path) -> bool:
    """Is there anything in the folder that an import could find?"""
    try:
        return any(
            entry.suffix in (".py", ".pyc", ".so", ".pyd") or entry.is_dir()
            for entry in folder.iterdir()
        )
    except OSError:
        return True


def told(changes: Sequence[Change]) -> Text:
    """Several changes in one line; of many of one kind, how many they are."""
    parts = []
    for kind in dict.fromkeys(change.kind for change in changes):
        same = [change for change in changes if change.kind == kind]
        parts += [change.told() for change in same] if len(same) < 3 else [_counted(kind, same)]
    return Text(
        ", ".join(part.in_language("en") for part in parts),
        "、".join(part.in_language("zh") for part in parts),
    )


def _counted(kind: str, changes: Sequence[Change]) -> Text:
    count = len(changes)
    if kind == "variable":
        return T("without {n} variables", "去掉 {n} 个环境变量后", n=count)
    if kind == "start":
        return T("without running {n} files at start", "启动时不执行 {n} 个文件", n=count)
    return T("without {n} files", "不使用 {n} 个文件时", n=count)
