"""Shared memory that the system refuses: NCCL, PyTorch, Paddle and glibc word it alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.said.common import SCORE, likely
from paddle_lab.i18n import T

#: The call, or the place, and within the line why it failed.
_REFUSED: Final = re.compile(
    r"(?i)(?:shm_open|posix_fallocate|ftruncate|shared memory (?:segment|file|object)|/dev/shm/\S)"
    r"[^\n]{0,200}?(?P<why>permission denied|no space left on device|read-only file system)"
)
_MEMORY: Final = re.compile(r"(?i)shm|shared memory")
_CONTAINER: Final = re.compile(
    r"(?im)\b(?:docker|podman|nerdctl)\b|^[0-9a-f]{12}:\d+:\d+ \[|kubelet|pod/"
)
_told: Final = partial(likely, family="storage", score=SCORE + 8)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding: why no shared memory is given, and the command that gives it."""
    del facts
    for found in _REFUSED.finditer(text):
        around = text[max(0, found.start() - 300) : found.end() + 300]
        if _MEMORY.search(around):
            full = found["why"].lower().startswith("no space")
            return [_full(found, text) if full else _closed(found)]
    return []


def _full(found: re.Match[str], text: str) -> Finding:
    contained = _CONTAINER.search(text) is not None
    larger = "docker run --shm-size=8g ...   # ...: as before"
    mounted = "sudo mount -o remount,size=8G /dev/shm"
    return _told(
        found,
        "shared-memory-full",
        T("The shared memory (/dev/shm) is used up", "共享内存（/dev/shm）已用完"),
        T(
            "Processes that work together pass their data through /dev/shm. It is no disk: docker "
            "gives a container 64 MB of it, a machine half of its memory.",
            "协作的进程通过 /dev/shm 交换数据。它不是磁盘：docker 只给容器 64 MB，"
            "普通机器为内存的一半。",
        ),
        T(
            "Start the container with more of it (or with --ipc=host; in Kubernetes mount an "
            "emptyDir with medium Memory at /dev/shm).",
            "启动容器时分配更多（或用 --ipc=host；Kubernetes 中在 /dev/shm 挂载 "
            "medium: Memory 的 emptyDir）。",
        )
        if contained
        else T(
            "See what fills it (files of programs that crashed stay), and make it larger:",
            "查看占用（崩溃程序的文件会留下），并调大：",
        ),
        (larger,) if contained else ("ls -la /dev/shm && df -h /dev/shm", mounted),
        Alternative(
            T("without a container", "不在容器中时")
            if contained
            else T("in a container", "容器中"),
            (mounted if contained else larger,),
        ),
    )


def _closed(found: re.Match[str]) -> Finding:
    return _told(
        found,
        "shared-memory-closed",
        T("Nobody may write to the shared memory (/dev/shm)", "共享内存（/dev/shm）不可写"),
        T(
            "Processes that work together pass their data through files in /dev/shm; its rights "
            "are not those that every system gives it (drwxrwxrwt), or a file of the same name is "
            "left there by another user.",
            "协作的进程通过 /dev/shm 中的文件交换数据；它的权限不是系统默认的 drwxrwxrwt，"
            "或其中留有其他用户的同名文件。",
        ),
        T("Look at its rights, and give it those back:", "查看权限并恢复默认："),
        ("ls -ld /dev/shm", "sudo chmod 1777 /dev/shm"),
    )
