"""The interface of Hugging Face's hub, as its client calls it."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from hub_server.store import MAIN, Commit, Repo, blob_id, is_large, sha256

if TYPE_CHECKING:
    from hub_server.handler import Handler

_REPO = re.compile(
    r"/api/(models|datasets)/((?:[^/]+/)?[^/]+?)"
    r"(?:/(revision|tree|paths-info|refs|preupload|commit|tag)(?:/(.*))?)?"
)
_BATCH = re.compile(r"/(?:(datasets)/)?([^/]+/[^/]+)\.git/info/lfs/objects/(batch|verify)")


def answer(handler: Handler, path: str, query: dict[str, str]) -> bool:
    """Everything but the files themselves."""
    if path == "/api/whoami-v2":
        who = handler.who
        told = {"type": "user", "name": who, "orgs": []}
        handler.send_json(told if who else {"error": "Invalid token"}, 200 if who else 401)
    elif path == "/api/repos/create":
        _create(handler, json.loads(handler.body))
    elif path == "/api/validate-yaml":
        handler.send_json({"errors": [], "warnings": []})
    elif path == "/api/models" and handler.command == "GET":
        handler.send_json(_found(handler, query.get("search", "")))
    elif (match := _BATCH.fullmatch(path)) is not None:
        _batch(handler, match[3])
    elif path.startswith("/upload/"):
        handler.hub.store.large[sha256(handler.body)] = handler.body
        handler.send_bytes(b"", 200, {})
    elif (match := _REPO.fullmatch(path)) is not None:
        _of_repo(handler, match[1], match[2], match[3], match[4] or "", query)
    else:
        return False
    return True


def _of_repo(
    handler: Handler, kind: str, name: str, what: str | None, rest: str, query: dict[str, str]
) -> None:
    repo = handler.hub.store.repos.get((kind, name))
    if repo is None or (repo.private and handler.who is None):
        handler.send_json({"error": "Repository not found"}, 401,
                          {"X-Error-Code": "RepoNotFound"})  # fmt: skip
        return
    if what == "refs":
        handler.send_json({
            "branches": _refs("heads", {key: oid for key, oid in repo.branches.items()
                                        if not key.startswith("refs/")}),
            "tags": _refs("tags", repo.tags), "converts": [],
        })  # fmt: skip
        return
    writes = what in ("preupload", "commit", "tag")
    if writes and handler.who is None:
        handler.send_json({"error": "Invalid token"}, 401)
        return
    if what == "tag" and handler.command == "DELETE":
        repo.tags.pop(rest, None)
        handler.send_json({})
        return
    revision, inside = _revision(rest) if what in ("tree", "paths-info") else (rest, "")
    commit = repo.at(revision or MAIN)
    if commit is None:
        handler.send_json({"error": "Invalid rev id"}, 404, {"X-Error-Code": "RevisionNotFound"})
    elif what in (None, "revision"):
        handler.send_json(_info(repo, commit))
    elif what == "tree":
        _tree(handler, commit, inside, query)
    elif what == "paths-info":
        wanted = _paths(handler)
        handler.send_json([entry for entry in _entries(commit) if entry["path"] in wanted])
    elif what == "preupload":
        files = json.loads(handler.body)["files"]
        handler.send_json({"files": [
            {"path": file["path"], "uploadMode": "lfs" if is_large(file["path"]) else "regular",
             "shouldIgnore": False, "oid": _oid(commit, file["path"])} for file in files
        ]})  # fmt: skip
    elif what == "commit":
        _commit(handler, repo, commit, revision)
    elif what == "tag":
        asked = json.loads(handler.body)
        if asked["tag"] in repo.tags:
            handler.send_json({"error": "Tag exists"}, 409)
            return
        repo.tags[asked["tag"]] = commit.oid
        repo.notes[asked["tag"]] = asked.get("message") or ""
        handler.send_json({})


def _create(handler: Handler, asked: dict[str, Any]) -> None:
    if handler.who is None:
        handler.send_json({"error": "Invalid token"}, 401)
        return
    kind = f"{asked.get('type', 'model')}s"
    name = f"{asked.get('organization') or handler.who}/{asked['name']}"
    store = handler.hub.store
    with store.lock:
        exists = (kind, name) in store.repos
        if not exists:
            repo = Repo(kind, name, private=bool(asked.get("private")))
            repo.commit({".gitattributes": b"*.bin filter=lfs\n"}, "initial commit")
            store.repos[kind, name] = repo
    handler.send_json({"url": f"{handler.hub.address}/{name}"}, 409 if exists else 200)


def _commit(handler: Handler, repo: Repo, parent: Commit, branch: str) -> None:
    """All changes of a commit, or none of them."""
    files, header = dict(parent.files), {}
    for line in handler.body.decode("utf-8").splitlines():
        entry = json.loads(line)
        key, value = entry["key"], entry["value"]
        if key == "header":
            header = value
        elif key == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif key == "lfsFile":
            if value["oid"] not in handler.hub.store.large:
                handler.send_json({"error": "LFS object is missing"}, 400)
                return
            files[value["path"]] = handler.hub.store.large[value["oid"]]
        elif key == "deletedFile":
            files.pop(value["path"], None)
    with handler.hub.store.lock:
        known = header.get("parentCommit")
        if known is not None and known != repo.branches.get(branch):
            handler.send_json({"error": "A commit has happened since."}, 412)
            return
        oid = repo.commit(files, header.get("summary", ""), branch)
    place = f"{handler.hub.address}/{repo.name}/commit/{oid}"
    handler.send_json({"commitUrl": place, "commitOid": oid, "success": True})


def _batch(handler: Handler, what: str) -> None:
    if handler.who is None:
        handler.send_json({"error": "Invalid token"}, 401)
        return
    if what == "verify":
        handler.send_json({})
        return
    address, large = handler.hub.address, handler.hub.store.large
    handler.send_json({"transfer": "basic", "objects": [
        {**one, "authenticated": True} | ({} if one["oid"] in large else {
            "actions": {"upload": {"href": f"{address}/upload/{one['oid']}", "header": {}}}})
        for one in json.loads(handler.body)["objects"]
    ]})  # fmt: skip


def _tree(handler: Handler, commit: Commit, inside: str, query: dict[str, str]) -> None:
    start = f"{inside}/" if inside else ""
    deep = query.get("recursive", "").lower() == "true"
    found = [entry for entry in _entries(commit) if entry["path"].startswith(start)]
    if not found and inside:
        handler.send_json({"error": "Not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        return
    shown = [entry for entry in found if deep or "/" not in entry["path"][len(start) :]]
    handler.send_json(shown)


def _entries(commit: Commit) -> list[dict[str, Any]]:
    folders = {path.rpartition("/")[0] for path in commit.files if "/" in path}
    parents = {"/".join(one.split("/")[:n]) for one in folders for n in range(1, 9)} | folders
    entries: list[dict[str, Any]] = [
        {"type": "directory", "path": path, "oid": "0" * 40, "size": 0}
        for path in sorted(parents) if path
    ]  # fmt: skip
    for path, data in sorted(commit.files.items()):
        entry: dict[str, Any] = {
            "type": "file", "path": path, "oid": blob_id(data), "size": len(data),
        }  # fmt: skip
        if is_large(path):
            entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 134}
        entries.append(entry)
    return entries


def _info(repo: Repo, commit: Commit) -> dict[str, Any]:
    siblings = []
    for path, data in sorted(commit.files.items()):
        one: dict[str, Any] = {"rfilename": path, "size": len(data), "blobId": blob_id(data)}
        if is_large(path):
            one["lfs"] = {"sha256": sha256(data), "size": len(data), "pointerSize": 134}
        siblings.append(one)
    card = repo.card(commit)
    tags = [f"license:{card['license']}"] if isinstance(card.get("license"), str) else []
    return {
        "id": repo.name, "modelId": repo.name, "sha": commit.oid, "private": repo.private,
        "gated": "auto" if repo.gated else False, "siblings": siblings, "tags": tags,
        "cardData": card, "lastModified": "2026-01-01T00:00:00.000Z", "disabled": False,
    }  # fmt: skip


def _found(handler: Handler, word: str) -> list[dict[str, Any]]:
    return [
        _info(repo, repo.commits[repo.branches[MAIN]])
        for (kind, name), repo in handler.hub.store.repos.items()
        if kind == "models" and word.lower() in name.lower() and not repo.private
    ]


def _refs(part: str, named: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"name": name, "ref": f"refs/{part}/{name}", "targetCommit": oid}
        for name, oid in named.items()
    ]


def _revision(rest: str) -> tuple[str, str]:
    if rest.startswith("refs/"):
        parts = rest.split("/", 3)
        return "/".join(parts[:3]), parts[3] if len(parts) > 3 else ""
    revision, _, inside = rest.partition("/")
    return revision, inside


def _paths(handler: Handler) -> list[str]:
    from urllib.parse import parse_qs

    text = handler.body.decode("utf-8")
    if text.startswith("{"):
        return list(json.loads(text)["paths"])
    return parse_qs(text).get("paths", [])


def _oid(commit: Commit, path: str) -> str | None:
    data = commit.files.get(path)
    if data is None:
        return None
    return sha256(data) if is_large(path) else blob_id(data)
