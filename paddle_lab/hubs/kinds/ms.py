"""ModelScope, by the HTTP interface that its own client downloads through.

The interface names no commit of a repository, but that in which each file changed last: the newest
of them is the repository's. What is downloaded lies in our cache, in the layout of
``huggingface_hub``; files that ModelScope's client has in its own are taken from there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from paddle_lab.hubs.api import MODELS, Kind, Progress, Push, RepoFile, RepoState, Streamed
from paddle_lab.hubs.hf_calls import asked
from paddle_lab.hubs.layout import is_path, kept_state
from paddle_lab.hubs.ms_account import login_headers
from paddle_lab.hubs.ms_push import push_commit
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.own_cache import cache_of, downloaded, snapshot_of
from paddle_lab.hubs.problems import (
    interrupted,
    no_revision,
    not_found,
    unreachable,
)
from paddle_lab.hubs.ranged import PARTIAL, part_of
from paddle_lab.hubs.whole import is_whole
from paddle_lab.i18n import T
from paddle_lab.paths import expanded

_ADDRESS: Final = "https://www.modelscope.cn"
_MASTER: Final = "master"
_NO_PARTS: Final = T("Another part of the file came than was asked for.",
                     "得到的不是所请求的文件部分。")  # fmt: skip
_TIMEOUT_S: Final = 20
_PAGE: Final = 200
_MOST_PAGES: Final = 100
_PLURAL: Final = {"model": "models", "dataset": "datasets"}


class ModelScope:
    """See :class:`paddle_lab.hubs.api.Hub`."""

    title: Final = T("ModelScope", "ModelScope（魔搭）")
    local: Final = False

    def state(self, name: HubName, kind: Kind) -> RepoState:
        """Its files at the revision, and its licence."""
        endpoint = _endpoint()
        known = _revisions(endpoint, name, kind)
        revision = name.revision or _MASTER
        if not name.pinned and revision not in known:
            raise no_revision(name, known)
        entries = _entries(endpoint, name, kind, revision)
        files = tuple(
            RepoFile(str(one["Path"]), _count(one.get("Size")), _digest(one.get("Sha256")))
            for one in entries
            if one.get("Type") != "tree" and is_path(one.get("Path"))
        )
        facts = _ask(endpoint, name, kind, "", {})
        licence = facts.get("License") if isinstance(facts, dict) else None
        commit = name.revision if name.pinned else _newest(entries)
        return RepoState(
            name.at(commit or revision), name, kind, files, endpoint,
            facts={"license": licence} if isinstance(licence, str) and licence else {},
        )  # fmt: skip

    def kept(self, name: HubName, kind: Kind) -> RepoState | None:
        """What lies in our cache."""
        return kept_state(cache_of(name.hub), name, kind)

    def fetch(self, state: RepoState, paths: Sequence[str], progress: Progress | None) -> Path:
        """The snapshot in our cache, with these files."""
        return snapshot_of(state, paths, progress, partial(self._get, state))

    def streamed(self, state: RepoState, paths: Sequence[str]) -> Streamed | None:
        """By ranges of bytes; None where the hub does not say how long a file is."""
        sizes = {file.path: file.size for file in state.files if file.size is not None}
        if state.endpoint is None or any(path not in sizes or set("*?[") & set(path)
                                         for path in paths):  # fmt: skip
            return None
        from paddle_lab.hubs.ms_files import PROTOCOL

        files = {"part": partial(self._part, state), "sizes": sizes}
        return Streamed([f"{PROTOCOL}://{path}" for path in paths], {PROTOCOL: files})

    def versions(self, name: HubName) -> dict[str, str]:
        """By the tags, of each the commit that changed it last."""
        endpoint = _endpoint()
        tags = _revisions(endpoint, name, MODELS, ("Tags",))
        return {tag: _newest(_entries(endpoint, name, MODELS, tag)) or tag for tag in tags}

    def push(self, name: HubName, push: Push) -> RepoState:
        """One commit and a tag, by its own client."""
        return push_commit(_endpoint(), name, push, lambda at: self.state(at, MODELS))

    def _part(self, state: RepoState, path: str, start: int, end: int) -> bytes:
        """The bytes of a file from ``start`` up to ``end``. Raises HubError."""
        if end <= start:
            return b""
        address, params = _place_of(state, path)
        content = asked(
            state.name,
            state.endpoint,
            lambda: part_of(address, params, _headers(), start, end),
        )
        if len(content) != end - start:
            raise interrupted(state.name, path, _NO_PARTS)
        return content

    def _get(self, state: RepoState, file: RepoFile, path: Path) -> None:
        there = _of_its_client(state, file.path)
        if file.sha256 is not None and there.is_file() and is_whole(there, file):
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}{PARTIAL}")
            shutil.copyfile(there, part)
            part.replace(path)
            return
        downloaded(state, file, path, _place_of(state, file.path), _headers())


def _place_of(state: RepoState, path: str) -> tuple[str, dict[str, str]]:
    """The address of a file's content, and its parameters."""
    address = f"{_address(state.endpoint or '', state.name, state.kind)}/repo"
    return address, {"Revision": state.commit, "FilePath": path}


def _entries(endpoint: str, name: HubName, kind: Kind, revision: str) -> list[dict[str, Any]]:
    """The files of a revision; those of data sets come in pages."""
    how = {"Revision": revision, "Recursive": "True"}
    if kind == "model":
        found = _ask(endpoint, name, kind, "/repo/files", how)
        return _listed(found)
    entries: list[dict[str, Any]] = []
    for page in range(1, _MOST_PAGES + 1):
        paged = {**how, "PageNumber": str(page), "PageSize": str(_PAGE)}
        some = _listed(_ask(endpoint, name, kind, "/repo/tree", paged))
        entries += some
        if len(some) < _PAGE:
            break
    return entries


def _listed(found: Any) -> list[dict[str, Any]]:
    files = found.get("Files") if isinstance(found, dict) else found
    return [one for one in files or () if isinstance(one, dict)]


def _revisions(
    endpoint: str, name: HubName, kind: Kind, of: Sequence[str] = ("Tags", "Branches")
) -> list[str]:
    found = _ask(endpoint, name, kind, "/revisions", {})
    parts = found.get("RevisionMap") if isinstance(found, dict) else None
    if not isinstance(parts, dict):
        return []
    listed = [one for key in of for one in parts.get(key) or ()]
    return [str(one["Revision"]) for one in listed if isinstance(one, dict) and "Revision" in one]


def _ask(endpoint: str, name: HubName, kind: Kind, part: str, params: dict[str, str]) -> Any:
    """The ``Data`` of an answer. Raises HubError."""
    import requests

    def get() -> Any:
        answer = requests.get(
            _address(endpoint, name, kind) + part,
            params=params,
            headers=_headers(),
            timeout=_TIMEOUT_S,
        )
        if answer.status_code == requests.codes.not_found:
            return None
        answer.raise_for_status()
        return answer.json()

    try:
        content = asked(name, endpoint, get)
    except ValueError as error:
        raise unreachable(name, T("{hub} answered with no JSON.", "{hub} 返回的不是 JSON。",
                                  hub=endpoint)) from error  # fmt: skip
    if content is None:
        raise not_found(name, endpoint)
    if not isinstance(content, dict) or content.get("Success") is False:
        raise not_found(name, endpoint)
    return content.get("Data")


def _address(endpoint: str, name: HubName, kind: Kind) -> str:
    return f"{endpoint}/api/v1/{_PLURAL[kind]}/{quote(name.repo)}"


def _endpoint() -> str:
    given = os.environ.get("MODELSCOPE_ENDPOINT") or os.environ.get("MODELSCOPE_DOMAIN")
    if not given:
        return _ADDRESS
    return (given if "://" in given else f"https://{given}").rstrip("/")


def _headers() -> dict[str, str]:
    return {"User-Agent": "paddle-lab", **login_headers()}


def _newest(entries: Sequence[dict[str, Any]]) -> str | None:
    """The commit of the file that changed last."""
    dated = [
        (_count(one.get("CommittedDate")) or 0, str(one["Revision"]))
        for one in entries
        if isinstance(one.get("Revision"), str) and one["Revision"]
    ]
    return max(dated)[1] if dated else None


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _digest(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and len(value) == 64 else None


def _of_its_client(state: RepoState, path: str) -> Path:
    """Where ModelScope's own client keeps a file."""
    root = expanded(os.environ.get("MODELSCOPE_CACHE") or "~/.cache/modelscope/hub")
    organisation, _, name = state.name.repo.partition("/")
    return root / _PLURAL[state.kind] / organisation / name.replace(".", "___") / path


HUB: Final = ModelScope()
