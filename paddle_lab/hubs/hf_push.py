"""A new version on the Hugging Face hub: large files first, then one commit, then its tag.

Readers see the old commit until the new one is there, with all of its files. A push that was killed
leaves at most large files that no commit names; the next one finds these, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from paddle_lab.errors import HubError
from paddle_lab.hubs.api import Push, RepoFile, RepoState
from paddle_lab.hubs.endpoints import token_for
from paddle_lab.hubs.hf_calls import asked, quiet
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.problems import changed_meanwhile
from paddle_lab.hubs.whole import is_whole
from paddle_lab.i18n import T

#: Of the hub itself: stays beside what is pushed.
_KEPT = (".gitattributes", ".gitignore")


def push_commit(
    endpoint: str, name: HubName, push: Push, look: Callable[[HubName], RepoState]
) -> RepoState:
    """The state after the push, whose every file was compared. Raises HubError."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api = HfApi(endpoint=endpoint, token=token_for(endpoint))

    def ask(call: Callable[[], Any]) -> Any:
        with quiet():
            return asked(name, endpoint, call, writing=True)

    ask(api.whoami)
    ask(lambda: api.create_repo(name.repo, private=not push.public, exist_ok=True))
    main = name.at(None)
    before = look(main)
    if not _is_pushed(before, push):
        gone = [file.path for file in before.files
                if file.path not in push.files and file.path not in _KEPT]  # fmt: skip
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(path, str(file)) for path, file in sorted(push.files.items())),
            *(CommitOperationDelete(path) for path in gone),
        ]

        def commit() -> None:
            try:
                api.create_commit(
                    name.repo,
                    operations,
                    commit_message=push.message,
                    parent_commit=before.commit,
                )
            except ValueError:  # the address of the commit is not one that the library knows
                if look(main).commit == before.commit:
                    raise

        if push.progress:
            total = sum(file.stat().st_size for file in push.files.values())
            push.progress(T("Uploading {size:.1f} MB to {name}", "正在上传 {size:.1f} MB 到 {name}",
                            size=total / 1e6, name=name.repository))  # fmt: skip
        ask(commit)
    after = look(main)
    if not _is_pushed(after, push):
        raise changed_meanwhile(name)
    refs = ask(lambda: api.list_repo_refs(name.repo))
    tagged = {one.name: one.target_commit for one in refs.tags}
    if push.tag not in tagged:
        ask(lambda: api.create_tag(name.repo, tag=push.tag, tag_message=push.note,
                                   revision=after.commit))  # fmt: skip
    elif look(name.at(push.tag)).commit != after.commit:
        raise tag_taken(name, push.tag)
    return after


def _is_pushed(state: RepoState, push: Push) -> bool:
    """Whether the commit holds exactly what is pushed."""
    there: dict[str, RepoFile] = {file.path: file for file in state.files}
    extra = [path for path in there if path not in push.files and path not in _KEPT]
    return not extra and all(
        path in there and is_whole(file, there[path]) for path, file in push.files.items()
    )


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
