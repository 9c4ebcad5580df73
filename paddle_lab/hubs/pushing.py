"""What all hubs share that are published to: whether a version is there, and what is said of it."""

from __future__ import annotations

from typing import Final

from paddle_lab.errors import HubError
from paddle_lab.hubs.api import Push, RepoFile, RepoState
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.whole import is_whole
from paddle_lab.i18n import T

#: Of the hub itself: stays beside what is pushed.
KEPT: Final = (".gitattributes", ".gitignore")


def is_pushed(state: RepoState, push: Push) -> bool:
    """Whether the commit holds exactly what is pushed."""
    there: dict[str, RepoFile] = {file.path: file for file in state.files}
    return not gone(state, push) and all(
        path in there and is_whole(file, there[path]) for path, file in push.files.items()
    )


def gone(state: RepoState, push: Push) -> list[str]:
    """The files of a commit that the new version has no more."""
    return [file.path for file in state.files
            if file.path not in push.files and file.path not in KEPT]  # fmt: skip


def tell_upload(name: HubName, push: Push) -> None:
    """Say how much is about to be sent."""
    if push.progress:
        total = sum(file.stat().st_size for file in push.files.values())
        push.progress(T("Uploading {size:.1f} MB to {name}", "正在上传 {size:.1f} MB 到 {name}",
                        size=total / 1e6, name=name.repository))  # fmt: skip


def tag_taken(name: HubName, tag: str) -> HubError:
    """The tag stands for another version, which it keeps."""
    return HubError(
        T("{name} has a version {tag} already, of other files.",
          "{name} 已有版本 {tag}，且文件不同。", name=name.repository, tag=tag),
        T("A version that was published stays as it is.", "已发布的版本不会改变。"),
        T("Choose another tag: --tag NAME, or leave it out for the next number.",
          "请换一个标签：--tag 名称；省略则取下一个编号。"),
        code="hub.tag",
    )  # fmt: skip
