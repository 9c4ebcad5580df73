"""What the hub holds: repositories with their commits, branches and tags."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

#: Files that are kept by Git LFS, by how their names end.
LARGE = (".safetensors", ".pdparams", ".pdiparams", ".bin", ".parquet", ".onnx", ".pt")
MAIN = "main"


@dataclass
class Commit:
    """One state of a repository: every file by its path."""

    oid: str
    files: dict[str, bytes]
    message: str = ""


@dataclass
class Repo:
    """``branches`` and ``tags`` lead to commits, which stay."""

    kind: str
    name: str
    private: bool = False
    gated: bool = False
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    licence: str | None = None

    def commit(self, files: Mapping[str, bytes], message: str = "", branch: str = MAIN) -> str:
        """A new commit with exactly these files; the branch moves to it."""
        parent = self.branches.get(branch, "")
        content = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
        text = json.dumps([self.kind, self.name, parent, message, content], sort_keys=True)
        oid = hashlib.sha1(text.encode("utf-8")).hexdigest()
        self.commits[oid] = Commit(oid, dict(files), message)
        self.branches[branch] = oid
        return oid

    def changed(self, commit: Commit, path: str) -> tuple[int, str]:
        """Which commit changed a file last, up to this one: its number, and its hash."""
        found, before = (0, commit.oid), None
        for number, one in enumerate(self.commits.values(), start=1):
            if one.files.get(path) != before:
                found, before = (number, one.oid), one.files.get(path)
            if one is commit:
                break
        return found

    def at(self, revision: str) -> Commit | None:
        """The commit that a branch, a tag or a hash names."""
        oid = self.branches.get(revision) or self.tags.get(revision) or revision
        return self.commits.get(oid)

    def card(self, commit: Commit) -> dict[str, Any]:
        """The front matter of the README."""
        text = commit.files.get("README.md", b"").decode("utf-8")
        if not text.startswith("---\n"):
            return {}
        found = yaml.safe_load(text[4:].partition("\n---")[0])
        return found if isinstance(found, dict) else {}


class Store:
    """All repositories, by kind (``models``, ``datasets``) and name; contents of LFS by SHA-256."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.repos: dict[tuple[str, str], Repo] = {}
        self.large: dict[str, bytes] = {}
        #: Who a token belongs to.
        self.tokens = {"hf_right": "somebody"}

    def put(self, name: str, files: Mapping[str, bytes], kind: str = "models", **how: Any) -> str:
        """A commit on the main branch of a repository, made where there is none. Its hash."""
        with self.lock:
            repo = self.repos.setdefault((kind, name), Repo(kind, name))
            for key, value in how.items():
                setattr(repo, key, value)
            return repo.commit(files)

    def repo(self, name: str, kind: str = "models") -> Repo:
        """The repository. Raises KeyError."""
        return self.repos[kind, name]


def is_large(path: str) -> bool:
    """Whether Git LFS keeps the file."""
    return path.endswith(LARGE)


def sha256(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def blob_id(data: bytes) -> str:
    """The id that Git gives a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
