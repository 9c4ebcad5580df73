"""A program that code starts and that is not there; a working folder that is gone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.blame.common import LIKELY_SCORE, SOURCE, frame_lines
from paddle_lab.environment.blame.structure import Raised, Traceback
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.i18n import T

_ABSENT: Final = re.compile(r"\[(?:Errno|WinError) 2\](?P<words>[^\n]*)")
_NAMED: Final = re.compile(r": '(?P<path>[^'\n]{1,500})'")
#: Functions of the standard library that start a program.
STARTS: Final = frozenset({"_execute_child", "_posix_spawn", "spawn", "execvp", "execve"})
_FIRST: Final = re.compile(r"""[(\[]\s*\[?\s*f?['"](?P<program>[\w.+\-]{1,60})[ '"]""")
_ASKS_FOLDER: Final = re.compile(r"\bgetcwd\b|_path_isdir|_path_abspath|path_hook")


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """One finding for a file that was not found, where it was a program or the working folder."""
    for error in trace.errors:
        absent = _ABSENT.search(error.message)
        if error.kind != "FileNotFoundError" or absent is None or not error.frames:
            continue
        named = _NAMED.search(absent["words"])
        if named is None and _ASKS_FOLDER.search(
            f"{error.frames[-1].function} {error.frames[-1].code}"
        ):
            return [_folder()]
        if any(frame.function in STARTS for frame in error.frames):
            program = named["path"] if named else _program(error)
            if program:
                return [_missing(program, error, trace, facts)]
    return []


def _program(error: Raised) -> str:
    """The first word of the command that the frames before the start hand on."""
    for frame in reversed(error.frames):
        found = _FIRST.search(frame.code)
        if found:
            return found["program"]
    return ""


def _missing(program: str, error: Raised, trace: Traceback, facts: Mapping[str, Any]) -> Finding:
    windows = lookup(facts, "platform.system") == "Windows" or "WinError" in error.message
    name = re.split(r"[\\/]", program)[-1]
    return Finding(
        id="program-missing",
        family="install",
        severity="error",
        certainty="likely",
        title=T(
            "The program {name} is not found",
            "找不到程序 {name}",
            name=name,
        ),
        cause=T(
            "The code starts {name}, and no folder of PATH has it.",
            "代码要启动 {name}，而 PATH 的各个目录中都没有它。",
            name=name,
        ),
        fix=T(
            "If it is a program of Linux, run this where it exists: in Git Bash with its tools on "
            "PATH, in WSL, or do its step by hand. Else install it, put its folder on PATH and "
            "open a new terminal.",
            "若它是 Linux 程序，请在有它的环境中运行：带工具的 Git Bash、WSL，或手动完成这一步；"
            "否则安装它，把所在目录加入 PATH，并重新打开终端。",
        )
        if windows
        else T(
            "Install it, or put its folder on PATH, and start the terminal or Jupyter anew.",
            "安装它，或把所在目录加入 PATH，然后重新启动终端或 Jupyter。",
        ),
        commands=(f"where.exe {name}" if windows else f"command -v {name}",)
        if re.fullmatch(r"[\w.+\-]+", name)
        else (),
        sources=SOURCE,
        evidence=frame_lines(trace, (error.raiser or "",)),
        score=LIKELY_SCORE + 2,
    )


def _folder() -> Finding:
    return Finding(
        id="folder-gone",
        family="storage",
        severity="error",
        certainty="likely",
        title=T(
            "The working folder of this program does not exist any more",
            "该程序的工作目录已不存在",
        ),
        cause=T(
            "It was deleted, moved or unmounted while the terminal (or the kernel) stood in it, so "
            "even an import fails.",
            "终端（或内核）所在的目录被删除、移动或卸载，因此连导入都会失败。",
        ),
        fix=T(
            "Go to a folder that exists (or make it again and enter it anew), and restart the "
            "kernel or program:",
            "进入一个存在的目录（或重建后重新进入），再重启内核或程序：",
        ),
        commands=("cd ~",),
        sources=SOURCE,
        score=LIKELY_SCORE + 8,
    )
