"""A full disk that a text names: the container engine's own, or one that df lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.findings import Finding
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.i18n import T

_ENGINE: Final = re.compile(
    r"(?i)(?:\b(?:docker|podman|containerd): |failed to register layer|failed to extract layer"
    r"|error response from daemon)[^\n]{0,600}no space left on device"
)
_NO_ROOM: Final = re.compile(r"(?i)no space left on device|errno 28|磁盘空间不足")
#: A line of df with nothing left.
_LISTED: Final = re.compile(
    r"(?m)^\S+(?:\s+[\d.]+[KMGTP]?i?B?){3}\s+(?:99|100)%\s+(?P<mount>/\S*)\s*$"
)


def _of_list(mount: str) -> Finding:
    temporary = mount.startswith(("/tmp", "/var/tmp", "/dev/shm"))
    return Finding(
        id="disk-full",
        family="storage",
        severity="error",
        certainty="likely",
        title=T("The disk of {mount} is full", "{mount} 所在磁盘已满", mount=mount),
        cause=T(
            "df lists it without room. pip downloads and unpacks in the temporary folder first, "
            "however much room the place of the installation has.",
            "df 显示它没有剩余空间。pip 先在临时目录下载和解压，与安装位置的剩余空间无关。",
        )
        if temporary
        else T("df lists it without room.", "df 显示它没有剩余空间。"),
        fix=T(
            "Let it use a folder on a disk that has room, and run it again:",
            "让它使用有空间的磁盘上的目录，然后重试：",
        )
        if temporary
        else T(
            "Make room there, or install and cache on a disk that has it. What is large:",
            "清理该磁盘，或改在有空间的磁盘上安装和缓存。查看占用：",
        ),
        commands=("mkdir -p ~/tmp && export TMPDIR=~/tmp",)
        if temporary
        else ("du -xsh ~/.cache/* ~/.paddlenlp 2>/dev/null | sort -h",),
        sources=SOURCE,
        evidence=(mount,),
        score=SCORE + 2,
    )


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for the disk that is full."""
    found = _ENGINE.search(text)
    if found is None:
        listed = _LISTED.search(text) if _NO_ROOM.search(text) else None
        return [_of_list(listed["mount"])] if listed else []
    return [
        Finding(
            id="engine-disk-full",
            family="container",
            severity="error",
            certainty="likely",
            title=T(
                "The disk on which Docker keeps its images is full",
                "Docker 存放镜像的磁盘已满",
            ),
            cause=T(
                "An image is unpacked under Docker's own folder (mostly /var/lib/docker), whatever "
                "room other disks have; a GPU image takes 10 to 30 GB there.",
                "镜像解压在 Docker 自己的目录（通常是 /var/lib/docker），与其他磁盘的剩余空间无关；"
                "GPU 镜像需要 10 至 30 GB。",
            ),
            fix=T(
                "See what fills it, remove images and containers that nobody needs (docker system "
                'prune asks first), or move the folder to a larger disk ("data-root" in '
                "/etc/docker/daemon.json, then restart Docker).",
                "查看占用，清理不再需要的镜像和容器（docker system prune 会先询问），"
                "或把该目录移到更大的磁盘（在 daemon.json 中设置 data-root 后重启 Docker）。",
            ),
            commands=("docker system df", "df -h \"$(docker info -f '{{.DockerRootDir}}')\""),
            sources=SOURCE,
            evidence=(found.group(0)[:200],),
            score=SCORE + 4,
        )
    ]
