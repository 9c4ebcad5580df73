"""The operating system said no to a library: a path that it may not write, a disk that is full."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paddle_lab.environment.blame.common import SCORE, SOURCE, frame_lines
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.places import nearest
from paddle_lab.environment.blame.structure import PERSON, Raised, Traceback
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import shell_word
from paddle_lab.environment.redact import shorten_home
from paddle_lab.i18n import T, Text

_ERRNO = re.compile(r"\[Errno (?P<number>\d{1,3})\][^:\n]{0,120}(?:: '(?P<path>[^'\n]{1,1000})')?")
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", 122))
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_NEARLY_NOTHING = 200 << 20  # bytes free
_LOOKS = frozenset(
    {"stat", "lstat", "exists", "is_file", "is_dir", "listdir", "scandir", "iterdir", "readlink"}
)
_OPENS = re.compile(r"\bopen\((?P<arguments>.*)")
_TO_WRITE = re.compile(r"['\"][rbt]*[wax+][bt+]*['\"]|\bmode\b|O_(?:WRONLY|RDWR|CREAT)")
_LOADED = re.compile(r"(?i)WinError (?:5|32)\b[^\n]*'(?P<path>[^'\n]{1,500}\.(?:pyd|dll|exe))'")


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """One finding for a path that a library was refused; a person's own path is their own."""
    for error in trace.errors:
        loaded = _LOADED.search(error.message) if error.name == "pip" else None
        if loaded:
            return [_in_use(loaded["path"].replace("\\\\", "\\"))]
        found = _ERRNO.search(error.message.partition("\n")[0])
        if found is None or error.raiser in (None, PERSON):
            continue
        number, path = int(found["number"]), found["path"] or ""
        if number in _FULL:
            return [_full(error, path, trace, facts, here)]
        if number in _REFUSED and path and not _asked_by_person(error, path):
            return [_refused(error, number, path, trace, facts, here)]
    return []


def _asked_by_person(error: Raised, path: str) -> bool:
    """Does the path, or its name, stand in a line of the person's own?"""
    last = re.escape(re.split(r"[\\/]", path)[-1])
    name = re.compile(rf"(?<![\w.]){last}(?![\w.])")
    return any(
        frame.package == PERSON and (path in frame.code or name.search(frame.code))
        for frame in error.frames
    )


def _full(
    error: Raised, path: str, trace: Traceback, facts: Mapping[str, Any], here: bool
) -> Finding:
    package = owned(error.raiser or "", facts, trace.sites)
    there = nearest(path) if here and path else None
    free = _free(there) if there else None
    shown = shorten_home(path) if path else ""
    return Finding(
        id="disk-full",
        family="storage",
        severity="error",
        certainty="confirmed" if free is not None and free < _NEARLY_NOTHING else "likely",
        title=T("The disk is full", "磁盘已满")
        if not path
        else T("The disk of {path} is full", "{path} 所在磁盘已满", path=shown),
        cause=T(
            "{package} wanted to write and the system had no room, or the quota is used up{free}.",
            "{package} 写文件时系统没有剩余空间或配额已用完{free}。",
            package=package,
            free="" if free is None else f" ({free >> 20} MB)",
        ),
        fix=T(
            "Make room there, or let what fills it stand on another disk. What is large:",
            "清理空间，或把占用空间的目录放到其他磁盘。查看占用：",
        ),
        commands=(
            f"df -h {shell_word(facts, str(there or '.'))}",
            "du -xsh ~/.cache/* ~/.paddlenlp 2>/dev/null | sort -h",
        ),
        sources=SOURCE,
        evidence=(*((shown,) if shown else ()), *frame_lines(trace, (error.raiser or "",))),
        score=SCORE,
    )


def _free(path: Path) -> int | None:
    try:
        return shutil.disk_usage(path).free
    except OSError:  # not to be asked: then nothing is confirmed
        return None


def _refused(
    error: Raised,
    number: int,
    path: str,
    trace: Traceback,
    facts: Mapping[str, Any],
    here: bool,
) -> Finding:
    package = owned(error.raiser or "", facts, trace.sites)
    there = nearest(path) if here else None
    if _reads(error):
        return _unreadable(package, path, trace, error)
    closed = there is not None and not os.access(there, os.W_OK)
    shown = shorten_home(path)
    return Finding(
        id="path-refused",
        family="storage",
        severity="error",
        certainty="confirmed" if closed else "likely",
        title=T(
            "{package} may not write {path}",
            "{package} 无权写入 {path}",
            package=package,
            path=shown,
        ),
        cause=_why(there, number),
        fix=T(
            "Save to another folder, one that can be written to, or have this one mounted so that "
            "it can be (docker: without :ro):",
            "保存到可写的其他目录，或以可写方式挂载该目录（docker 去掉 :ro）：",
        )
        if number == errno.EROFS
        else T(
            "Look who owns it. Give it to your user, or set the setting of {package} that names "
            "another folder:",
            "查看其所有者；把它改为归您的用户所有，或修改 {package} 的设置改用其他目录：",
            package=package.name,
        ),
        commands=(
            f"{'findmnt -T' if number == errno.EROFS else 'ls -ld'} "
            f"{shell_word(facts, shorten_home(str(there or path)))}",
        ),
        sources=SOURCE,
        evidence=(shown, *frame_lines(trace, (error.raiser or "",))),
        about=(shown,),
        score=SCORE,
    )


def _why(there: Path | None, number: int) -> Text:
    if number == errno.EROFS:
        return T("The file system there is read-only.", "该文件系统是只读的。")
    if there is not None and hasattr(os, "getuid"):
        try:
            owner = there.stat().st_uid
        except OSError:
            owner = -1
        if owner == 0 != os.getuid():
            return T(
                "{path} belongs to root; something was run there with sudo or in a container.",
                "{path} 属于 root：可能曾用 sudo 或在容器中运行过。",
                path=shorten_home(str(there)),
            )
        if owner not in (-1, os.getuid()):
            return T(
                "{path} belongs to another user.",
                "{path} 属于其他用户。",
                path=shorten_home(str(there)),
            )
    return T("The user that runs this may not write there.", "运行程序的用户没有写入权限。")


def _reads(error: Raised) -> bool:
    """Was it only looked at or read, and not written to?"""
    last = error.frames[-1]
    if last.function in _LOOKS or re.search(rf"\bos\.(?:{'|'.join(_LOOKS)})\(", last.code):
        return True
    opened = _OPENS.search(last.code)
    return (
        opened is not None
        and "," not in opened["arguments"].strip(" ):")
        and not (_TO_WRITE.search(opened["arguments"]))
    )


def _unreadable(package: object, path: str, trace: Traceback, error: Raised) -> Finding:
    shown = shorten_home(path)
    return Finding(
        id="path-not-readable",
        family="storage",
        severity="error",
        certainty="likely",
        title=T(
            "{package} may not read {path}",
            "{package} 无权读取 {path}",
            package=package,
            path=shown,
        ),
        cause=T(
            "The user that runs this may not look into that place: mostly it lies in the home "
            "folder of another user (or of root), who installed this Python or made the file.",
            "运行程序的用户无权访问该位置：它通常位于其他用户（或 root）的主目录中，"
            "由其安装了 Python 或创建了文件。",
        ),
        fix=T(
            "Run it as the user who owns it, have the right to read given (chmod -R a+rX), or use "
            "a Python and files outside of another user's home:",
            "用其所有者的身份运行，请对方开放读取权限（chmod -R a+rX），"
            "或使用其他用户主目录之外的 Python 和文件：",
        ),
        commands=(f"namei -l {shell_word({}, path)}",),
        sources=SOURCE,
        evidence=(shown, *frame_lines(trace, (error.raiser or "",))),
        score=SCORE,
    )


def _in_use(path: str) -> Finding:
    name = re.split(r"[\\/]", path)[-1]
    return Finding(
        id="file-in-use",
        family="windows",
        severity="error",
        certainty="likely",
        title=T(
            "A running program still uses {name}, so pip cannot replace it",
            "正在运行的程序占用了 {name}，pip 无法替换它",
            name=name,
        ),
        cause=T(
            "Windows lets nobody replace or remove a compiled file that a program has loaded: a "
            "Jupyter kernel, an editor, or the very program that called pip.",
            "Windows 不允许替换或删除已被加载的编译文件：可能是 Jupyter 内核、编辑器，"
            "或正是调用 pip 的程序本身。",
        ),
        fix=T(
            "See who has it loaded, end those programs (shut the kernels), and install again from "
            "a new terminal with `python -m pip`; if nobody has it, open the terminal as "
            "administrator.",
            "查看占用它的程序并将其关闭（关闭内核），再在新终端中用 `python -m pip` 安装；"
            "若无人占用，请以管理员身份打开终端。",
        ),
        commands=(f"tasklist /m {name}",),
        sources=SOURCE,
        evidence=(path,),
        score=SCORE - 2,
    )
