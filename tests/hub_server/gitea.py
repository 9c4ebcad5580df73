"""AI Studio's hub: the part of Gitea's HTTP interface that its files are read by.

Large files are pointers of Git LFS in the tree and in ``raw``; ``media`` gives their content.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hub_server.downloads import send_file
from hub_server.store import MAIN, Repo, blob_id, is_large, sha256

if TYPE_CHECKING:
    from hub_server.handler import Handler

_PATH = re.compile(r"/api/v1/repos/([^/]+/[^/]+)/(branches|tags|git/trees|raw|media)(?:/(.+))?")
_MASTER = "master"


def answer(handler: Handler, path: str, query: dict[str, str]) -> bool:
    """Branches, tags, the tree of a commit, and files."""
    match = _PATH.fullmatch(path)
    if match is None:
        return False
    name, what, rest = match[1], match[2], match[3] or ""
    repos = handler.hub.store.repos
    repo = repos.get(("models", name)) or repos.get(("datasets", name))
    if repo is None or (repo.private and handler.who is None):
        handler.send_json({"message": "Not Found"}, 404)
    elif what in ("branches", "tags"):
        _refs(handler, repo, what, rest)
    elif what == "git/trees":
        _tree(handler, repo, rest, int(query["page"]), int(query["per_page"]))
    else:
        _file(handler, repo, rest, query["ref"], resolved=what == "media")
    return True


def _refs(handler: Handler, repo: Repo, what: str, asked: str) -> None:
    key = "id" if what == "branches" else "sha"
    known = {_MASTER: repo.branches[MAIN]} if what == "branches" else repo.tags
    told = [{"name": name, "commit": {key: oid}} for name, oid in known.items()]
    if not asked:
        handler.send_json(told)
        return
    found = [one for one in told if one["name"] == asked]
    handler.send_json(found[0] if found else {"message": "no ref"}, 200 if found else 404)


def _tree(handler: Handler, repo: Repo, oid: str, page: int, size: int) -> None:
    commit = repo.commits.get(oid)
    if commit is None:
        handler.send_json({"message": "no commit"}, 404)
        return
    entries: list[dict[str, Any]] = []
    for path, data in sorted(commit.files.items()):
        kept = _kept(path, data)
        entries.append({"path": path, "type": "blob", "size": len(kept), "sha": blob_id(kept)})
    start = (page - 1) * size
    handler.send_json({"sha": oid, "tree": entries[start : start + size],
                       "truncated": start + size < len(entries)})  # fmt: skip


def _file(handler: Handler, repo: Repo, path: str, oid: str, *, resolved: bool) -> None:
    commit = repo.commits.get(oid)
    data = None if commit is None else commit.files.get(path)
    if data is None:
        handler.send_json({"message": "no file"}, 404)
        return
    send_file(handler, data if resolved else _kept(path, data), {"Accept-Ranges": "bytes"}, path)


def _kept(path: str, data: bytes) -> bytes:
    """What Git itself holds of a file."""
    if not is_large(path):
        return data
    form = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
    return form.format(sha256(data), len(data)).encode()
