"""A full disk that the container engine speaks of: its own, not that of a Python program."""

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


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding when the engine could not unpack an image."""
    found = _ENGINE.search(text)
    if found is None:
        return []
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
