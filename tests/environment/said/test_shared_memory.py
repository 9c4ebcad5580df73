"""Shared memory that is refused is not a disk; each reason has its own way out."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain

LINUX: dict[str, Any] = {"platform": {"system": "Linux"}}


@pytest.mark.parametrize(
    ("text", "name", "command"),
    [
        (
            "docker run --gpus all -it trainer\n"
            "shm.h:28 NCCL WARN Call to posix_fallocate failed : No space left on device\n"
            "shm.h:48 NCCL WARN Error while creating shared memory segment nccl-shm-0 (size 9637)",
            "shared-memory-full",
            "docker run --shm-size=8g ...   # ...: as before",
        ),
        (
            "OSError: [Errno 28] /dev/shm/paddle_12: No space left on device",
            "shared-memory-full",
            "sudo mount -o remount,size=8G /dev/shm",
        ),
        (
            "shm.h:27 NCCL WARN Call to shm_open failed : Permission denied",
            "shared-memory-closed",
            "sudo chmod 1777 /dev/shm",
        ),
    ],
)
def test_the_reason_decides(text: str, name: str, command: str) -> None:
    finding = explain(text, LINUX, facts_join=False).findings[0]
    assert finding.id == name
    assert finding.commands[-1] == command


def test_a_disk_is_not_shared_memory() -> None:
    text = "posix_fallocate: No space left on device: '/data/model.bin'"
    found = explain(text, LINUX, facts_join=False).findings
    assert not any(one.id.startswith("shared-memory") for one in found)
