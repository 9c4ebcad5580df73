"""AI Studio: its files are given to its own program alone, so what to do is said instead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from paddle_lab.errors import HubError
from paddle_lab.hubs.api import Kind, Progress, Push, RepoState, Streamed
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.problems import unsupported
from paddle_lab.i18n import T


class AIStudio:
    """See :class:`paddle_lab.hubs.api.Hub`."""

    title: Final = T("AI Studio", "AI Studio")
    local: Final = False

    def state(self, name: HubName, kind: Kind) -> RepoState:
        """Refused: no revision can be pinned, and no hash is given."""
        raise _refused(name)

    def kept(self, name: HubName, kind: Kind) -> RepoState | None:
        """Nothing is."""
        return None

    def fetch(self, state: RepoState, paths: Sequence[str], progress: Progress | None) -> Path:
        """Refused."""
        raise _refused(state.name)

    def streamed(self, state: RepoState, paths: Sequence[str]) -> Streamed | None:
        """Nothing is."""
        return None

    def versions(self, name: HubName) -> dict[str, str]:
        """Refused, as :meth:`push`."""
        raise _no_push(name)

    def push(self, name: HubName, push: Push) -> RepoState:
        """Refused: a version there is many commits, of which readers see a part."""
        raise _no_push(name)


def _refused(name: HubName) -> HubError:
    return unsupported(
        name,
        T("AI Studio is not read by Paddle Lab itself.", "Paddle Lab 不直接读取 AI Studio。"),
        T("Its interface is documented for its own program, which names branches, no commits.",
          "其接口只为自己的程序提供文档，并且只能指定分支，不能指定提交。"),
        T("Download its files with that program and give their folder, for each file: "
          "aistudio_sdk.hub.download(repo_id='{repo}', filename='config.json', cache_dir='FOLDER')",
          "请用该程序下载各文件后给出其目录，例如 "
          "aistudio_sdk.hub.download(repo_id='{repo}', filename='config.json', cache_dir='目录')",
          repo=name.repo),
    )  # fmt: skip


def _no_push(name: HubName) -> HubError:
    return unsupported(
        name,
        T("nothing is published to AI Studio.", "不支持发布到 AI Studio。"),
        T("It takes one file at a time, so that readers see half a version meanwhile.",
          "它逐个接收文件，期间读者会看到不完整的版本。"),
        T("Push to a folder, then upload that with AI Studio's own program: "
          "%ernie_push RUN file:HUB/org/name",
          "请先推送到目录，再用 AI Studio 自己的程序上传：%ernie_push 运行 file:HUB/org/name"),
    )  # fmt: skip


HUB: Final = AIStudio()
