"""Files as the hub hands them out: from the repository, or from where large ones are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hub_server.store import Repo, blob_id, is_large, sha256

if TYPE_CHECKING:
    from hub_server.handler import Handler

_RESOLVE = re.compile(r"/(?:(datasets)/)?((?:[^/]+/)?[^/]+)/resolve/(.+)")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def answer(handler: Handler, path: str, query: dict[str, str]) -> bool:
    """Files of a revision, and the store of large ones behind them."""
    if path.startswith("/large/"):
        content = handler.hub.store.large.get(path.split("/")[2])
        if content is None:
            return False
        send_file(handler, content, {"ETag": f'"{sha256(content)}"'}, path.rpartition("/")[2])
        return True
    match = _RESOLVE.fullmatch(path)
    if match is None:
        return False
    repo = handler.hub.store.repos.get((match[1] or "models", match[2]))
    if repo is None or (repo.private and handler.who is None):
        _refuse(handler, 401, "RepoNotFound")
    elif repo.gated and handler.who is None:
        _refuse(handler, 403, "GatedRepo")
    else:
        _resolve(handler, repo, match[3])
    return True


def _resolve(handler: Handler, repo: Repo, rest: str) -> None:
    revision, _, file = rest.partition("/")
    if revision == "refs":
        part, name, file = file.split("/", 2)
        revision = f"refs/{part}/{name}"
    commit = repo.at(revision)
    content = None if commit is None else commit.files.get(file)
    if commit is None:
        _refuse(handler, 404, "RevisionNotFound")
    elif content is None:
        _refuse(handler, 404, "EntryNotFound", {"X-Repo-Commit": commit.oid})
    elif is_large(file):
        digest = sha256(content)
        handler.hub.store.large[digest] = content
        place = f"{handler.hub.address}/large/{digest}/{file.rpartition('/')[2]}"
        handler.send_bytes(b"", 302, {
            "X-Repo-Commit": commit.oid, "Location": place, "ETag": f'"{blob_id(content)}"',
            "X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content)),
        })  # fmt: skip
    else:
        told = {"X-Repo-Commit": commit.oid, "ETag": f'"{blob_id(content)}"'}
        send_file(handler, content, {**told, "Accept-Ranges": "bytes"}, file)


def _refuse(
    handler: Handler, status: int, code: str, headers: dict[str, str] | None = None
) -> None:
    handler.send_json({"error": code}, status, {"X-Error-Code": code, **(headers or {})})


def send_file(handler: Handler, content: bytes, headers: dict[str, str], name: str) -> None:
    """A file or the range of it that is asked for, cut where the test wants that."""
    if name in handler.hub.faults.flipped and content:
        content = content[:-1] + bytes([content[-1] ^ 1])
    given = "" if handler.hub.faults.whole else handler.headers.get("Range") or ""
    asked = _RANGE.fullmatch(given)
    status, whole = 200, len(content)
    if asked is not None:
        handler.hub.ranges += handler.command == "GET"
        first, last = int(asked[1]), int(asked[2] or whole - 1)
        if first >= whole:
            handler.send_bytes(b"", 416, {"Content-Range": f"bytes */{whole}"})
            return
        last = min(last, whole - 1)
        headers = {**headers, "Content-Range": f"bytes {first}-{last}/{whole}"}
        handler.hub.furthest = max(handler.hub.furthest, last)
        status, content = 206, content[first : last + 1]
    cut = handler.hub.faults.cut() if handler.command == "GET" else None
    if cut is None or cut >= len(content):
        handler.send_bytes(content, status, headers)
        return
    handler.send_response(status)
    for key, value in {"Content-Length": str(len(content)), **headers}.items():
        handler.send_header(key, value)
    handler.end_headers()
    handler.wfile.write(content[:cut])
    handler.cut_off()
