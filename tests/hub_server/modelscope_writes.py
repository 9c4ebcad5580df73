"""ModelScope's HTTP interface for publishing, as its own client uses it: who, make, commit, tag."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from hub_server.store import MAIN, Repo

if TYPE_CHECKING:
    from hub_server.handler import Handler

_REPOS = re.compile(r"/api/v1/repos/models/([^/]+/[^/]+)/(info/lfs/objects/batch|commit/(.+))")
_TAG = re.compile(r"/api/v1/models/([^/]+/[^/]+)/repo/tag")
_PRIVATE = 1
_EXISTS = 10010101001


def answer(handler: Handler, path: str, query: dict[str, str]) -> bool:
    """What only somebody who is known may ask for."""
    repos, tag = _REPOS.fullmatch(path), _TAG.fullmatch(path)
    makes = path == "/api/v1/models" and handler.command == "POST"
    if path != "/openapi/v1/users/me" and not (repos or tag or makes):
        return False
    if handler.who is None:
        handler.send_json({"Code": 401, "Message": "not logged in", "Success": False}, 401)
    elif path == "/openapi/v1/users/me":
        handler.send_json({"success": True, "data": {"username": handler.who}})
    elif makes:
        _make(handler, json.loads(handler.body))
    else:
        repo = handler.hub.store.repos.get(("models", (repos or tag)[1]))  # type: ignore[index]
        asked = json.loads(handler.body)
        if repo is None or repo.name.partition("/")[0] != handler.who:
            handler.send_json({"Code": 403, "Message": "denied", "Success": False}, 403)
        elif tag is not None:
            _tell(handler, _tagged(repo, asked["TagName"], asked["Ref"]))
        elif repos is not None and repos[3] is not None:
            _commit(handler, repo, asked)
        else:
            _batch(handler, asked["objects"])
    return True


def _make(handler: Handler, asked: dict[str, Any]) -> None:
    name, store = f"{asked['Path']}/{asked['Name']}", handler.hub.store
    with store.lock:
        if ("models", name) in store.repos:
            handler.send_json({"Code": _EXISTS, "Message": "exists", "Success": False}, 400)
            return
        repo = Repo("models", name, private=asked["Visibility"] == _PRIVATE)
        repo.licence = asked["License"]
        repo.commit({".gitattributes": b"*.bin filter=lfs\n", "README.md": b"# new\n"}, "initial")
        store.repos["models", name] = repo
    _tell(handler, {"Path": asked["Path"], "Name": asked["Name"]})


def _batch(handler: Handler, objects: list[dict[str, Any]]) -> None:
    """Only what is not there yet is answered with a place to send it to."""
    address, large = handler.hub.address, handler.hub.store.large
    _tell(handler, {"objects": [
        {**one, "actions": {"upload": {"href": f"{address}/upload/{one['oid']}"}}}
        for one in objects if one["oid"] not in large
    ]})  # fmt: skip


def _commit(handler: Handler, repo: Repo, asked: dict[str, Any]) -> None:
    """All actions, or none of them."""
    store = handler.hub.store
    with store.lock:
        files = dict(repo.commits[repo.branches[MAIN]].files)
        for one in asked["actions"]:
            if one["action"] == "delete":
                files.pop(one["path"])
            elif one["type"] == "normal":
                files[one["path"]] = base64.b64decode(one["content"])
            elif one["sha256"] in store.large:
                files[one["path"]] = store.large[one["sha256"]]
            else:
                handler.send_json({"Code": 400, "Message": "no such blob", "Success": False}, 400)
                return
        oid = repo.commit(files, asked["commit_message"])
    _tell(handler, {"Id": oid})


def _tagged(repo: Repo, tag: str, revision: str) -> dict[str, str]:
    commit = repo.at(MAIN if revision == "master" else revision)
    assert commit is not None
    repo.tags[tag] = commit.oid
    return {"Revision": tag}


def _tell(handler: Handler, data: dict[str, Any]) -> None:
    handler.send_json({"Code": 200, "Data": data, "Message": "success", "Success": True})
