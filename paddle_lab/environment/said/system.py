"""What the operating system answers by number, a socket that it refuses, a port that is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import shell_word
from paddle_lab.environment.said.common import SCORE, SOURCE, WEAK_SCORE
from paddle_lab.i18n import T, Text

_NUMBER: Final = re.compile(r"\[Errno (?P<python>\d{1,3})\]|\(os error (?P<rust>\d{1,3})\)")
#: Of the numbers that Linux and macOS share; what has its own mechanism or rule is not here.
_MEANINGS: Final[Mapping[int, tuple[Text, Text]]] = {
    5: (
        T("The disk or the network drive fails (input/output error)", "磁盘或网络盘读写失败"),
        T(
            "Copy the file to another disk and load it from there; look at the drive (dmesg).",
            "把文件拷到其他磁盘再加载；检查该磁盘（dmesg）。",
        ),
    ),
    19: (
        T(
            "The file system does not let files be mapped into memory",
            "该文件系统不支持把文件映射到内存",
        ),
        T(
            "It is mostly a network or FUSE mount. Copy the file to a local disk and give that "
            "path.",
            "多为网络盘或 FUSE 挂载。请把文件拷到本地磁盘并使用该路径。",
        ),
    ),
    26: (
        T("The program file is being run, so it cannot be written", "程序文件正在运行，无法写入"),
        T("End the program that runs it, then try again.", "结束正在运行它的程序后重试。"),
    ),
    36: (
        T("The file name is too long", "文件名过长"),
        T("Use a shorter path or name.", "使用更短的路径或文件名。"),
    ),
    116: (
        T("The network drive lost the file (stale handle)", "网络盘上的文件句柄已失效"),
        T(
            "Mount the drive again (or restart the container), and keep data that is read while "
            "it trains on a local disk.",
            "重新挂载网络盘（或重启容器），训练时读取的数据请放在本地磁盘。",
        ),
    ),
}
_PLACES: Final = re.compile(
    r"(?i)(?:not have write permissions?|no writ(?:e)?able|not writable|environment location)"
    r"[^\n]{0,120}\n(?:[^\n]{0,120}\n){0,3}?\s*(?:-|path:|environment location:)?\s*"
    r"(?P<path>(?:/|~|[A-Z]:)[^\s\n]{1,300})"
)
_WSL_1: Final = re.compile(r"\b4\.4\.0-\d+-Microsoft\b")
_READ_ONLY: Final = re.compile(
    r"(?:\[Errno 30\] )?Read-only file system: ['\"](?P<path>/[^'\"\n]{1,300})['\"]"
)
_SOCKET: Final = re.compile(
    r"(?:dial unix |unix://)(?P<path>/[\w./\-]{1,200}?\.sock)\b[^\n]{0,600}?permission denied"
)
_TAKEN: Final = re.compile(
    r"(?i)port (?P<port>\d{2,5}) is (?:already in use|not available)"
    r"|(?:address already in use|only one usage of each socket address|EADDRINUSE)"
    r"(?:[^\n]{0,120}?[:, (](?P<near>\d{4,5})\b)?"
)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for an answer of the operating system that the text holds."""
    return [
        *_wsl_1(text),
        *_places(text, facts),
        *_socket(text, facts),
        *_port(text, facts),
        *_read_only(text, facts),
        *_number(text),
    ][:1]


def _wsl_1(text: str) -> list[Finding]:
    """The kernel that WSL 1 shows, where the text is about a card."""
    found = _WSL_1.search(text)
    if found is None or not re.search(r"(?i)cuda|nvidia|nvml", text):
        return []
    title = T("This is WSL 1, which knows no graphics card", "这是 WSL 1，不支持显卡")
    fix = T(
        "Convert this Linux to WSL 2 (in PowerShell), with a driver for Windows that knows WSL:",
        "在 PowerShell 中把该 Linux 转换为 WSL 2，并安装支持 WSL 的 Windows 驱动：",
    )
    commands = ("wsl --list --verbose", "wsl --set-version NAME 2   # NAME: as the list says")
    return [_finding("wsl-1", "wsl", title, fix, commands, found.group(0), SCORE + 2)]


def _places(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """The folders that a tool says it may not write to."""
    found = _PLACES.search(text)
    if found is None:
        return []
    paths = re.findall(r"(?m)^\s*(?:-|path:)\s*(/[^\s]{1,300})$", text[found.start() :][:2000])
    path = next((one for one in paths if re.match(r"/(?:home|Users|root)/", one)), found["path"])
    title = T("Your user may not write to {path}", "当前用户无权写入 {path}", path=path)
    folder = re.sub(r"(/(?:home|Users)/[^/]+/\.[^/]+)/.*", r"\1", path)
    fix = T(
        "It mostly belongs to root since something was run with sudo. Give it back to your user; "
        "where it is not yours to own, let the tool use a folder of yours (conda: conda create -p "
        "~/envs/NAME, or envs_dirs and pkgs_dirs in ~/.condarc).",
        "多因曾用 sudo 运行而属于 root。请把它改回当前用户所有；"
        "若不应归您所有，让工具使用您自己的目录"
        "（conda：conda create -p ~/envs/名称，或在 ~/.condarc 中设置 envs_dirs、pkgs_dirs）。",
    )
    word = shell_word(facts, folder)
    commands: tuple[str, ...] = (f"ls -ld {word}", f'sudo chown -R "$(id -u):$(id -g)" {word}')
    if lookup(facts, "platform.system") == "Windows":
        commands = ()
    return [_finding("place-refused", "storage", title, fix, commands, path, SCORE + 3)]


def _read_only(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """A file system that takes nothing, and the path that was to be written."""
    found = _READ_ONLY.search(text)
    if found is None or lookup(facts, "platform.system") == "Windows":
        return []
    path = found["path"]
    title = T("The file system of {path} is read-only", "{path} 所在的文件系统是只读的", path=path)
    fix = T(
        "No right of a user changes that (chmod, chown). In a container give a folder for what is "
        "written a volume or memory (docker run --tmpfs, compose: tmpfs or volumes; over a folder "
        "with packages it would hide them), or take read_only out, or let the "
        "program write elsewhere: HOME for what lies in the home folder, else its own setting.",
        "修改用户权限（chmod、chown）无效。容器中请为写入的目录挂载卷或内存盘"
        "（docker run --tmpfs，compose 的 tmpfs 或 volumes；挂载到含有包的目录会遮住它们），"
        "或去掉 read_only，或让程序写到其他位置：主目录中的内容用 HOME，"
        "其他用程序自己的设置。",
    )
    at_home = re.match(r"/(?:(?:home|Users)/[^/]+|root)(?:/|$)", path) and "-packages" not in path
    commands = (
        ("mkdir -p /tmp/home && export HOME=/tmp/home   # before the program starts",)
        if at_home
        else ()
    )
    return [_finding("file-system-read-only", "storage", title, fix, commands, path, SCORE + 2)]


def _number(text: str) -> list[Finding]:
    for found in _NUMBER.finditer(text):
        meaning = _MEANINGS.get(int(found["python"] or found["rust"]))
        if meaning is not None:
            return [_finding("system-answer", "storage", *meaning, (), found.group(0), SCORE)]
    return []


def _socket(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    found = _SOCKET.search(text)
    if found is None:
        return []
    path = found["path"]
    group = re.sub(r"\W+", "", path.rpartition("/")[2].removesuffix(".sock")) or "docker"
    title = T("Your user may not talk to {path}", "当前用户无权访问 {path}", path=path)
    fix = T(
        "The service behind it admits root and its own group. Put your user into that group and "
        "log in again; for once, run the command with sudo.",
        "其后的服务只允许 root 和所属用户组访问。把当前用户加入该组并重新登录；"
        "临时可用 sudo 运行该命令。",
    )
    commands = (
        f"ls -l {shell_word(facts, path)}   # the group that may",
        f"sudo usermod -aG {group} $USER && newgrp {group}",
    )
    return [_finding("socket-refused", "container", title, fix, commands, path, SCORE + 2)]


def _port(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    found = _TAKEN.search(text)
    if found is None:
        return []
    port = found["port"] or found["near"] or ""
    windows = lookup(facts, "platform.system") == "Windows"
    look = f"netstat -ano | findstr :{port}" if windows else f"ss -ltnp 'sport = :{port}'"
    title = (
        T("Port {port} is taken by another program", "端口 {port} 已被其他程序占用", port=port)
        if port
        else T("The port is taken by another program", "端口已被其他程序占用")
    )
    fix = T(
        "Give another port (--port, or the port of the master in a distributed run), or end the "
        "program that holds it; it is often an earlier run of the same.",
        "换一个端口（--port，或分布式训练的主端口），或结束占用它的程序，往往是之前的同一程序。",
    )
    commands = (look,) if port else ()
    return [_finding("port-taken", "network", title, fix, commands, found.group(0), WEAK_SCORE)]


def _finding(
    name: str,
    family: str,
    title: Text,
    fix: Text,
    commands: tuple[str, ...],
    words: str,
    score: float,
) -> Finding:
    return Finding(
        id=name,
        family=family,
        severity="error",
        certainty="likely",
        title=title,
        cause=T(
            "The operating system answered so ({words}); the program only passes it on.",
            "这是操作系统的回答（{words}），程序只是转述。",
            words=words[:120],
        ),
        fix=fix,
        commands=commands,
        sources=SOURCE,
        evidence=(words[:200],),
        score=score,
    )
