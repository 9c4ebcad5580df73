"""Folders that Paddle writes to and cannot: gone, full, read-only, of another user, or a file."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.evidence.home_folder import (
    ROOM_MB,
    another_home,
    closed_with_home,
    room_in,
    why_closed,
)
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import shell_word
from paddle_lab.environment.renaming import renaming
from paddle_lab.i18n import T, Text

# What stands where in the section `storage`, and the variable that puts it elsewhere.
_PLACES: Mapping[str, tuple[Text, str]] = {
    "temporary": (T("temporary files", "临时文件"), "TMPDIR"),
    "cache": (T("caches", "缓存"), "XDG_CACHE_HOME"),
    "paddlenlp_cache": (T("models of PaddleNLP", "PaddleNLP 的模型"), "PPNLP_HOME"),
    "huggingface_cache": (T("models of the hub", "hub 的模型"), "HF_HOME"),
}


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for each place and what is wrong with it; the working folder goes first."""
    process = facts.get("process")
    found = []
    if isinstance(process, Mapping) and process.get("working_directory", "") is None:
        found.append(_no_working_folder())
    told = closed_with_home(facts) if why_closed(facts) is not None else []
    shut: list[str] = []
    for name in _PLACES:
        place = lookup(facts, f"storage.{name}")
        # What lies in a folder that is named already has no cause of its own.
        if not isinstance(place, Mapping) or name in told or _inside(place, shut):
            continue
        if finding := _place(facts, name, place):
            found.append(finding)
            shut.append(str(place.get("path")))
    return found


def _inside(place: Mapping[str, Any], folders: list[str]) -> bool:
    return any(str(place.get("path")).startswith(f"{folder}/") for folder in folders)


def _no_working_folder() -> Finding:
    return Finding(
        id="working-folder-gone",
        family="storage",
        severity="error",
        certainty="confirmed",
        title=T("The working folder was deleted", "工作目录已被删除"),
        cause=T(
            "This process stands in a folder that is not there any more, perhaps made anew under "
            "the same name: nothing in it can be read or written.",
            "当前进程所在的目录已不存在（可能以同名重新创建）：其中的内容无法读写。",
        ),
        fix=T(
            "Go to a folder that exists; a kernel is restarted there.",
            "切换到存在的目录；内核需在那里重启。",
        ),
        commands=("cd ~",),
        evidence=("getcwd: -",),
        about=("process.working_directory",),
    )


def _place(facts: Mapping[str, Any], name: str, place: Mapping[str, Any]) -> Finding | None:
    path = str(place.get("path"))
    free = place.get("free_mb")
    commands: tuple[str, ...]
    if place.get("exists") is True and place.get("folder") is False:
        why = T("a file stands where the folder should be", "应为目录处是一个文件")
        commands = (renaming(facts, path, f"{posixpath.basename(path)}.old"),)
    elif (place.get("exists"), place.get("writable"), place.get("read_only")) == (
        False,
        False,
        False,
    ):
        why = T("it does not exist and cannot be made", "不存在，也无法创建")
        commands = _elsewhere(facts, name)
    elif place.get("writable") is False:
        read_only = place.get("read_only") is True
        why = (
            T("its file system is read-only", "所在文件系统为只读")
            if read_only
            else T("it may not be written to", "没有写权限")
        )
        mine = place.get("mine") is True
        commands = (
            _elsewhere(facts, name)
            if read_only
            else (f"chmod u+rwx {shell_word(facts, path)}",)
            if mine
            else (f'sudo chown -R "$(id -u):$(id -g)" {shell_word(facts, path)}',)
        )
    elif isinstance(free, (int, float)) and free < ROOM_MB:
        why = T("it is full ({free} MB are free)", "已满（仅剩 {free} MB）", free=free)
        commands = _elsewhere(facts, name)
        return _blocked(name, path, why, commands, ("free_mb",))
    else:
        return None
    return _blocked(name, path, why, commands, ("writable",))


def file_in_place_of(facts: Mapping[str, Any], path: str) -> str:
    """The file that stands where a folder above ``path`` (or it itself) should be; "" for none."""
    for name in _PLACES:
        place = lookup(facts, f"storage.{name}")
        if isinstance(place, Mapping) and place.get("folder") is False and place.get("exists"):
            file = str(place.get("path"))
            if path == file or path.startswith(f"{file}/"):
                return file
    return ""


def put_elsewhere(facts: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """The command that lets what writes to ``path`` write elsewhere; none where it may write.

    Where the home folder is closed, all below it moves at once: one variable alone would leave the
    next program to fail.
    """
    if why_closed(facts) is not None and path.startswith("~"):
        return another_home(facts)
    for name in _PLACES:
        place = lookup(facts, f"storage.{name}")
        if isinstance(place, Mapping) and place.get("path") == path:
            closed = place.get("writable") is False and place.get("folder") is not False
            return _elsewhere(facts, name) if closed else ()
    return ()


def _elsewhere(facts: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The variable of the place, pointed to a folder that can be written to and has room."""
    if lookup(facts, "platform.system") == "Windows":
        return ()
    if lookup(facts, f"storage.{name}.path") == "~/.cache":
        # Paddle writes there whatever XDG_CACHE_HOME says; HOME moves it for every program.
        return another_home(facts)
    others = (other for other in ("working", "home", "temporary", "cache") if other != name)
    room = room_in(facts, tuple(others))
    if room is None:
        return ()
    word = shell_word(facts, posixpath.join(room, f".{name}"))
    return (f"mkdir -p {word} && export {_PLACES[name][1]}={word}",)


def _blocked(
    name: str, path: str, why: Text, commands: tuple[str, ...], facts_about: tuple[str, ...]
) -> Finding:
    what, variable = _PLACES[name]
    variable = "HOME" if path == "~/.cache" else variable
    return Finding(
        id="blocked-place",
        family="storage",
        severity="error",
        certainty="confirmed",
        title=T(
            "The folder of {what} cannot be used: {path}: {why}",
            "{what}的目录无法使用：{path}：{why}",
            what=what,
            path=path,
            why=why,
        ),
        cause=T(
            "What is downloaded, compiled or unpacked is written there; that fails at once.",
            "下载、编译和解压的内容会写到该处，因此会立即失败。",
        ),
        fix=T(
            "Make room or give the right to write, or put it elsewhere by {variable}.",
            "腾出空间或授予写权限，或用 {variable} 指向其他位置。",
            variable=variable,
        ),
        commands=commands,
        evidence=(path,),
        about=(path, *(f"storage.{other}.{f}" for other in ("home", name) for f in facts_about)),
    )
