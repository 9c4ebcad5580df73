"""A new version on the Hugging Face hub: large files first, then one commit, then its tag.

Readers see the old commit until the new one is there, with all of its files. A push that was killed
leaves at most large files that no commit names; the next one finds these, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from paddle_lab.hubs.api import Push, RepoState
from paddle_lab.hubs.endpoints import token_for
from paddle_lab.hubs.hf_calls import asked, quiet
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.problems import changed_meanwhile
from paddle_lab.hubs.pushing import gone, is_pushed, tag_taken, tell_upload


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
    if not is_pushed(before, push):
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(path, str(file)) for path, file in sorted(push.files.items())),
            *(CommitOperationDelete(path) for path in gone(before, push)),
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

        tell_upload(name, push)
        ask(commit)
    after = look(main)
    if not is_pushed(after, push):
        raise changed_meanwhile(name)
    refs = ask(lambda: api.list_repo_refs(name.repo))
    tagged = {one.name: one.target_commit for one in refs.tags}
    if push.tag not in tagged:
        ask(lambda: api.create_tag(name.repo, tag=push.tag, tag_message=push.note,
                                   revision=after.commit))  # fmt: skip
    elif look(name.at(push.tag)).commit != after.commit:
        raise tag_taken(name, push.tag)
    return after
