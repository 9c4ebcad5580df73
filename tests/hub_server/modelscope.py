"""ModelScope's HTTP interface for downloads: revisions, lists of files, and their content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hub_server.downloads import send_file
from hub_server.store import MAIN, sha256

if TYPE_CHECKING:
    from hub_server.handler import Handler

_PATH = re.compile(
    r"/api/v1/(models|datasets)/([^/]+/[^/]+)(?:/(revisions|repo(?:/files|/tree)?))?"
)
_MASTER = "master"


def answer(handler: Handler, path: str, query: dict[str, str]) -> bool:
    """What the documented client asks for when it downloads."""
    match = _PATH.fullmatch(path)
    if match is None:
        return False
    repo = handler.hub.store.repos.get((match[1], match[2]))
    if repo is None or (repo.private and handler.who is None):
        handler.send_json({"Code": 10010205001, "Message": "not exists", "Success": False}, 404)
        return True
    revision = query.get("Revision") or _MASTER
    commit = repo.at(MAIN if revision == _MASTER else revision)
    what = match[3]
    if what is None:
        main = repo.commits[repo.branches[MAIN]]
        handler.send_json(
            _told({"Name": repo.name, "License": repo.licence or repo.card(main).get("license")})
        )
    elif what == "revisions":
        handler.send_json(_told({"RevisionMap": {
            "Branches": [{"Revision": _MASTER, "CreatedAt": 0}],
            "Tags": [{"Revision": tag, "CreatedAt": 0} for tag in repo.tags],
        }}))  # fmt: skip
    elif commit is None:
        handler.send_json({"Code": 10010205003, "Message": "revision", "Success": False}, 404)
    elif what == "repo":
        content = commit.files.get(query.get("FilePath", ""))
        if content is None:
            handler.send_json({"Code": 10010205002, "Message": "no file", "Success": False}, 404)
        else:
            send_file(handler, content, {"Accept-Ranges": "bytes"}, query["FilePath"])
    else:
        handler.send_json(_told({
            "Files": [{"Path": file, "Name": file.rpartition("/")[2], "Size": len(data),
                       "Sha256": sha256(data), "Type": "blob",
                       **dict(zip(("CommittedDate", "Revision"), repo.changed(commit, file),
                                  strict=True))}
                      for file, data in sorted(commit.files.items())],
            "LatestCommitter": {"Id": commit.oid}, "TotalCount": len(commit.files),
        }))  # fmt: skip
    return True


def _told(data: dict[str, Any]) -> dict[str, Any]:
    return {"Code": 200, "Data": data, "Message": "success", "Success": True}
