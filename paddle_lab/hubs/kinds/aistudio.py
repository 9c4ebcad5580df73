"""AI Studio, by the interface of Gitea behind it: a commit, its files, their content.

Large files are pointers of Git LFS there, which name size and SHA-256. What is downloaded lies in
our cache. Nothing is published.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from paddle_lab.errors import HubError
from paddle_lab.hubs.api import Kind, Progress, Push, RepoFile, RepoState, Streamed
from paddle_lab.hubs.hf_calls import asked
from paddle_lab.hubs.layout import README, is_path, kept_state, parsed_front_matter
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.own_cache import cache_of, downloaded, snapshot_of
from paddle_lab.hubs.problems import (
    no_revision,
    not_found,
    unreachable,
    unsupported,
)
from paddle_lab.i18n import T
from paddle_lab.paths import expanded
from paddle_lab.untrusted import UnusableFile, read_text

_ADDRESS: Final = "https://git.aistudio.baidu.com"
_MASTER: Final = "master"
_TIMEOUT_S: Final = 20
_PAGE: Final = 1000
_MOST_PAGES: Final = 20
_MOST_POINTERS: Final = 200
_LONGEST_TOKEN: Final = 4096
_POINTER: Final = re.compile(
    r"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n?"
)
#: Bytes of a pointer's file.
_POINTER_SIZES: Final = range(100, 200)


class AIStudio:
    """See :class:`paddle_lab.hubs.api.Hub`."""

    title: Final = T("AI Studio", "AI Studio（飞桨星河社区）")
    local: Final = False

    def state(self, name: HubName, kind: Kind) -> RepoState:
        """Its files at the commit, those of Git LFS by what they point to."""
        endpoint = _endpoint()
        commit = _commit(endpoint, name)
        found = [
            RepoFile(one["path"], _count(one.get("size")), blob=_digest(one.get("sha")))
            for one in _tree(endpoint, name, commit)
            if one.get("type") == "blob" and is_path(one.get("path"))
        ]
        small = [one for one in found if one.size in _POINTER_SIZES][:_MOST_POINTERS]
        large = {one.path: _pointed(endpoint, name, commit, one) for one in small}
        files = tuple(large.get(one.path, one) for one in found)
        readme = any(one.path == README for one in files)
        card = _raw(endpoint, name, commit, README) if readme else ""
        return RepoState(
            name.at(commit), name, kind, files, endpoint, facts=parsed_front_matter(card)
        )

    def kept(self, name: HubName, kind: Kind) -> RepoState | None:
        """What lies in our cache."""
        return kept_state(cache_of(name.hub), name, kind)

    def fetch(self, state: RepoState, paths: Sequence[str], progress: Progress | None) -> Path:
        """The snapshot in our cache, with these files."""

        def get(file: RepoFile, path: Path) -> None:
            address = f"{_repo(state.endpoint or '', state.name)}/media/{quote(file.path)}"
            downloaded(state, file, path, (address, {"ref": state.commit}), _headers())

        return snapshot_of(state, paths, progress, get)

    def streamed(self, state: RepoState, paths: Sequence[str]) -> Streamed | None:
        """Nothing is."""
        return None

    def versions(self, name: HubName) -> dict[str, str]:
        """Refused, as :meth:`push`."""
        raise _no_push(name)

    def push(self, name: HubName, push: Push) -> RepoState:
        """Refused: large files go to another store, by a way that only its own program knows."""
        raise _no_push(name)


def _commit(endpoint: str, name: HubName) -> str:
    """The commit of a branch, a tag, or itself. Raises HubError."""
    if name.pinned and name.revision:
        return name.revision
    revision = name.revision or _MASTER
    for part, key in (("branches", "id"), ("tags", "sha")):
        found = _ask(endpoint, name, f"{part}/{quote(revision, safe='')}", {})
        commit = found.get("commit") if isinstance(found, dict) else None
        if isinstance(commit, dict) and _digest(commit.get(key)):
            return str(commit[key])
    known = [one.get("name") for part in ("tags", "branches")
             for one in _listed(_ask(endpoint, name, part, {}))]  # fmt: skip
    if not known:
        raise not_found(name, endpoint)
    raise no_revision(name, [str(one) for one in known])


def _tree(endpoint: str, name: HubName, commit: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for page in range(1, _MOST_PAGES + 1):
        how = {"recursive": "true", "page": str(page), "per_page": str(_PAGE)}
        found = _ask(endpoint, name, f"git/trees/{commit}", how)
        if not isinstance(found, dict):
            raise no_revision(name, ())
        entries += _listed(found.get("tree"))
        if not found.get("truncated"):
            break
    return entries


def _pointed(endpoint: str, name: HubName, commit: str, file: RepoFile) -> RepoFile:
    """What a pointer of Git LFS stands for; the file itself where it is none."""
    match = _POINTER.fullmatch(_raw(endpoint, name, commit, file.path))
    return file if match is None else RepoFile(file.path, int(match[2]), match[1])


def _raw(endpoint: str, name: HubName, commit: str, path: str) -> str:
    """The text of a small file as Git keeps it; empty where there is none."""
    answer = _answer(endpoint, name, f"raw/{quote(path)}", {"ref": commit})
    return "" if answer is None else str(answer.content.decode("utf-8", "replace"))


def _ask(endpoint: str, name: HubName, part: str, params: dict[str, str]) -> Any:
    """The JSON of an answer; None for what there is not. Raises HubError."""
    answer = _answer(endpoint, name, part, params)
    try:
        return None if answer is None else answer.json()
    except ValueError as error:
        raise unreachable(name, T("{hub} answered with no JSON.", "{hub} 返回的不是 JSON。",
                                  hub=endpoint)) from error  # fmt: skip


def _answer(endpoint: str, name: HubName, part: str, params: dict[str, str]) -> Any:
    import requests

    def get() -> Any:
        answer = requests.get(
            f"{_repo(endpoint, name)}/{part}", params=params, headers=_headers(),
            timeout=_TIMEOUT_S,
        )  # fmt: skip
        if answer.status_code == requests.codes.not_found:
            return None
        answer.raise_for_status()
        return answer

    return asked(name, endpoint, get)


def _repo(endpoint: str, name: HubName) -> str:
    return f"{endpoint}/api/v1/repos/{quote(name.repo)}"


def _endpoint() -> str:
    return (os.environ.get("STUDIO_GIT_HOST") or _ADDRESS).rstrip("/")


def _headers() -> dict[str, str]:
    token = os.environ.get("AISTUDIO_ACCESS_TOKEN", "").strip() or _stored_token()
    return {"User-Agent": "paddle-lab", **({"Authorization": f"token {token}"} if token else {})}


def _stored_token() -> str:
    """What AI Studio's own program keeps (``aistudio config --token``)."""
    root = expanded(os.environ.get("AISTUDIO_CACHE_HOME") or "~")
    try:
        return read_text(root / ".cache" / "aistudio" / ".auth" / "token", _LONGEST_TOKEN).strip()
    except (OSError, UnusableFile):
        return ""


def _listed(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _digest(value: Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{40}", value) else None


def _no_push(name: HubName) -> HubError:
    return unsupported(
        name,
        T("nothing is published to AI Studio.", "不支持发布到 AI Studio。"),
        T("Large files go to a store of their own, by a way that only its own program knows.",
          "大文件需存入另一个存储，其方式只有它自己的程序知道。"),
        T("Push to a folder, then upload that with AI Studio's own program: "
          "%ernie_push RUN file:HUB/org/name",
          "请先推送到目录，再用 AI Studio 自己的程序上传：%ernie_push 运行 file:HUB/org/name"),
    )  # fmt: skip


HUB: Final = AIStudio()
