"""A new version on ModelScope by its own client: large files first, then one commit, then its tag.

Readers see the old commit until the new one is there, with all of its files. The client's upload of
a folder is not used: it may make several commits, and deletes nothing in the same one. Its calls
for large files and for a commit are put together here, as that upload does.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from paddle_lab.errors import HubError
from paddle_lab.hubs.api import Push, RepoState
from paddle_lab.hubs.layout import README, parsed_front_matter
from paddle_lab.hubs.ms_account import client
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.problems import (
    busy,
    changed_meanwhile,
    denied,
    not_found,
    reason_of,
    refused,
    unreachable,
)
from paddle_lab.hubs.pushing import gone, is_pushed, tag_taken, tell_upload
from paddle_lab.untrusted import sha256_of

Answer = TypeVar("Answer")
_MODEL = "model"
_MASTER = "master"
_LOCKED = (401, 403)
_FAILED = 500


def push_commit(
    endpoint: str, name: HubName, push: Push, look: Callable[[HubName], RepoState]
) -> RepoState:
    """The state after the push, whose every file was compared. Raises HubError."""
    api = client(endpoint, name)

    def ask(call: Callable[[], Answer]) -> Answer:
        return _asked(name, endpoint, call)

    ask(api.whoami)
    main = name.at(None)
    before = _there(main, look)
    if before is None:
        ask(lambda: api.create_repo(
            name.repo, _MODEL, visibility="public" if push.public else "private",
            license=_licence(push),
        ))  # fmt: skip
        before = _there(main, look)
    if before is None or not is_pushed(before, push):
        tell_upload(name, push)
        actions = ask(lambda: _actions(api, name, push))
        actions += [{"action": "delete", "path": path}
                    for path in (gone(before, push) if before is not None else ())]  # fmt: skip
        ask(lambda: api.legacy.create_commit(
            name.repo, _MODEL, actions, f"{push.message}\n\n{push.tag}: {push.note}", _MASTER
        ))  # fmt: skip
    after = look(main)
    if not is_pushed(after, push):
        raise changed_meanwhile(name)
    revisions = ask(lambda: api.list_repo_revisions(name.repo, _MODEL))
    if push.tag not in [one.get("Revision") for one in revisions]:
        ask(lambda: api.create_repo_tag(name.repo, _MODEL, push.tag, revision=after.commit))
    elif not is_pushed(look(name.at(push.tag)), push):
        raise tag_taken(name, push.tag)
    return after


def _there(name: HubName, look: Callable[[HubName], RepoState]) -> RepoState | None:
    """What the repository holds; None where there is none, or one without a commit."""
    try:
        return look(name)
    except HubError as error:
        if error.code not in ("hub.not_found", "hub.no_revision"):
            raise
        return None


def _actions(api: Any, name: HubName, push: Push) -> list[dict[str, Any]]:
    """What the commit does with each file; large ones are sent before it."""
    large = {path: file for path, file in sorted(push.files.items()) if _is_large(path, file)}
    hashes = {path: sha256_of(file) for path, file in large.items()}
    objects = [{"oid": hashes[path], "size": file.stat().st_size} for path, file in large.items()]
    places = api.legacy.validate_blobs(name.repo, _MODEL, objects) if objects else {}
    for path, file in large.items():
        if place := places.get(hashes[path]):
            with file.open("rb") as content:
                api.legacy.upload_blob(place, content, file.stat().st_size)
    return [
        {"action": "create", "path": path, "type": "lfs", "size": file.stat().st_size,
         "sha256": hashes[path], "content": "", "encoding": ""}
        if path in large
        else {"action": "create", "path": path, "type": "normal", "size": file.stat().st_size,
              "sha256": "", "content": base64.b64encode(file.read_bytes()).decode("ascii"),
              "encoding": "base64"}
        for path, file in sorted(push.files.items())
    ]  # fmt: skip


def _is_large(path: str, file: Path) -> bool:
    """Whether the hub wants the file in its store of large ones, by its client's own rules."""
    from modelscope_hub import constants

    name = PurePosixPath(path)
    if name.name.upper() in {one.upper() for one in constants.UPLOAD_INLINE_METADATA_PATHS}:
        return False
    size = file.stat().st_size
    return (
        size > constants.UPLOAD_LFS_FORCE_THRESHOLD_BYTES
        or name.suffix.lower() in constants.MODEL_LFS_SUFFIX
    )


def _licence(push: Push) -> str:
    """That of the model card; left out, the client would say Apache-2.0."""
    card = push.files.get(README)
    said = parsed_front_matter(card.read_text("utf-8")).get("license") if card else None
    return said if isinstance(said, str) else "other"


def _asked(name: HubName, endpoint: str, call: Callable[[], Answer]) -> Answer:
    """What ``call`` gives; the client asks a busy hub again by itself. Raises HubError."""
    from modelscope_hub import errors

    try:
        return call()
    except errors.NetworkError as error:
        raise unreachable(name, reason_of(error)) from error
    except errors.AlreadyExistsError as error:  # somebody's private one, which is not shown
        raise denied(name, endpoint, writing=True) from error
    except errors.HubError as error:
        status = getattr(error, "status_code", None)
        if status in _LOCKED or isinstance(error, errors.AuthenticationError):
            raise denied(name, endpoint, writing=True) from error
        if isinstance(error, errors.NotExistError):
            raise not_found(name, endpoint) from error
        if isinstance(error, errors.RateLimitError) or (status or 0) >= _FAILED:
            raise busy(name, endpoint, status or _FAILED) from error
        raise refused(name, endpoint, status or 0, reason_of(error)) from error
