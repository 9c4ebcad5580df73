"""A plain folder as a hub for a work group, laid out as the cache of ``huggingface_hub``.

Who sets ``HF_HUB_CACHE`` to it reads it with the libraries themselves, without a network.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from paddle_lab.errors import HubError
from paddle_lab.hubs.api import Kind, Progress, Push, RepoFile, RepoState, Streamed
from paddle_lab.hubs.layout import MAIN, commit_of, kept_state, repo_folder, revisions_of
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.problems import denied, no_revision, not_found
from paddle_lab.hubs.pushing import tag_taken
from paddle_lab.hubs.whole import is_whole
from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_text, expanded, fsync_dir, fsync_tree
from paddle_lab.untrusted import sha256_of

_KILLED: Final = ".push-"


class Folder:
    """See :class:`paddle_lab.hubs.api.Hub`."""

    title: Final = T("a folder", "目录")
    local: Final = True

    def state(self, name: HubName, kind: Kind) -> RepoState:
        """What lies there now."""
        found = self.kept(name, kind)
        if found is not None:
            return found
        folder = repo_folder(_root(name), name, kind)
        if not (folder / "refs").is_dir():
            raise not_found(name, None)
        raise no_revision(name, revisions_of(folder))

    def kept(self, name: HubName, kind: Kind) -> RepoState | None:
        """What lies there: there is no other copy."""
        return kept_state(_root(name), name, kind)

    def fetch(self, state: RepoState, paths: Sequence[str], progress: Progress | None) -> Path:
        """The snapshot's folder itself, which is never written to."""
        folder = repo_folder(_root(state.name), state.name, state.kind)
        return folder / "snapshots" / state.commit

    def streamed(self, state: RepoState, paths: Sequence[str]) -> Streamed | None:
        """They lie there."""
        return None

    def versions(self, name: HubName) -> dict[str, str]:
        """The revisions by name, without the main one."""
        folder = repo_folder(_root(name), name, "model")
        if not (folder / "refs").is_dir():
            raise not_found(name, None)
        found = {one: commit_of(folder, one) for one in revisions_of(folder) if one != MAIN}
        return {one: commit for one, commit in found.items() if commit is not None}

    def push(self, name: HubName, push: Push) -> RepoState:
        """The files under a hidden name, renamed when all are there; then tag and branch."""
        folder = repo_folder(_root(name), name, "model")
        commit = _commit_of(push)
        snapshot = folder / "snapshots" / commit
        try:
            known = commit_of(folder, push.tag)
            if known is not None and known != commit:
                raise tag_taken(name, push.tag)
            (folder / "snapshots").mkdir(parents=True, exist_ok=True)
            if not snapshot.is_dir():
                _write(snapshot, push)
            for ref in (push.tag, MAIN):
                atomic_write_text(folder / "refs" / ref, commit)
        except PermissionError as error:
            raise denied(name, str(folder), writing=True) from error
        except OSError as error:
            raise _not_written(name, error) from error
        return self.state(name.at(push.tag), "model")


def _write(snapshot: Path, push: Push) -> None:
    for left in snapshot.parent.glob(f"{_KILLED}*"):  # of a push that was killed
        shutil.rmtree(left, ignore_errors=True)
    making = Path(tempfile.mkdtemp(dir=snapshot.parent, prefix=_KILLED))
    try:
        for path, file in push.files.items():
            (making / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, making / path)
            if not is_whole(making / path, RepoFile(path, sha256=sha256_of(file))):
                raise OSError(f"{path} was not written whole")
        fsync_tree(making)
        making.chmod(0o755)
        with contextlib.suppress(FileExistsError):
            making.rename(snapshot)
        fsync_dir(snapshot.parent)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _commit_of(push: Push) -> str:
    """A name of the content: the same files are the same commit."""
    content = {path: sha256_of(file) for path, file in sorted(push.files.items())}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8")).hexdigest()[:40]


def _root(name: HubName) -> Path:
    return expanded(name.root or ".").absolute()


def _not_written(name: HubName, error: OSError) -> HubError:
    return HubError(
        T("{name} cannot be written.", "无法写入 {name}。", name=name.repository),
        T("{error}", "{error}", error=error),
        T("Free some space, or choose another folder.", "请释放空间，或换用其他目录。"),
        code="hub.not_written",
    )


HUB: Final = Folder()
