"""The layout in which hubs' files lie on a disk: that of ``huggingface_hub``'s cache.

``models--org--name/refs/<revision>`` holds a commit, ``snapshots/<commit>/`` its files. A folder of
such is a hub for a work group, and a cache that the libraries read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from paddle_lab.hubs.api import Kind, RepoFile, RepoState
from paddle_lab.hubs.names import HubName
from paddle_lab.paths import atomic_write_text
from paddle_lab.untrusted import UnusableFile, read_text

MAIN: Final = "main"
README: Final = "README.md"
_LONGEST_REF: Final = 200
_LONGEST_README: Final = 4 << 20
_MOST_FILES: Final = 20_000


def is_path(path: Any) -> bool:
    """Whether a path stays in its repository."""
    return (
        isinstance(path, str)
        and 0 < len(path) < 1024
        and not path.startswith("/")
        and "\\" not in path
        and "\0" not in path
        and not {"", ".", ".."} & set(path.split("/"))
    )


def repo_folder(root: Path, name: HubName, kind: Kind) -> Path:
    """Where a repository lies below ``root``."""
    return root / f"{kind}s--{name.repo.replace('/', '--')}"


def names_below(root: Path, kind: Kind) -> list[str]:
    """The repositories of a kind that lie below ``root``, as ``org/name``."""
    start = f"{kind}s--"
    try:
        found = sorted(path.name for path in root.glob(f"{start}*--*") if path.is_dir())
    except OSError:
        return []
    return [name.removeprefix(start).replace("--", "/", 1) for name in found]


def commit_of(folder: Path, revision: str | None) -> str | None:
    """The commit that a revision leads to in a repository's folder; None for an unknown one."""
    revision = revision or MAIN
    try:
        found = read_text(folder / "refs" / revision, _LONGEST_REF).strip()
    except (OSError, UnusableFile):
        found = revision
    named = found and "/" not in found and found not in (".", "..")
    return found if named and (folder / "snapshots" / found).is_dir() else None


def remember(folder: Path, asked: HubName, commit: str) -> None:
    """Note in a repository's folder where a revision led, as the library does."""
    if commit and not asked.pinned and asked.revision != commit:
        atomic_write_text(folder / "refs" / (asked.revision or MAIN), commit)


def revisions_of(folder: Path) -> list[str]:
    """The revisions that a repository's folder knows by name, the main branch last."""
    refs = folder / "refs"
    names = [one.relative_to(refs).as_posix() for one in refs.rglob("*") if one.is_file()]
    return sorted(
        (one for one in names if not one.startswith(".")), key=lambda one: (one == MAIN, one)
    )


def kept_state(root: Path, name: HubName, kind: Kind) -> RepoState | None:
    """The repository as it lies below ``root``; None where nothing of that revision does."""
    folder = repo_folder(root, name, kind)
    commit = commit_of(folder, name.revision)
    if commit is None:
        return None
    snapshot = folder / "snapshots" / commit
    files = []
    for path in sorted(snapshot.rglob("*"))[:_MOST_FILES]:
        if path.is_file():
            files.append(RepoFile(path.relative_to(snapshot).as_posix(), path.stat().st_size))
    return RepoState(
        name.at(commit), name, kind, tuple(files), folder=snapshot, facts=front_matter(snapshot)
    )


def front_matter(folder: Path) -> dict[str, Any]:
    """The metadata at the head of a folder's README; empty where there are none."""
    try:
        return parsed_front_matter(read_text(folder / README, _LONGEST_README))
    except (OSError, UnusableFile):
        return {}


def parsed_front_matter(text: str) -> dict[str, Any]:
    """The metadata between two lines of ``---`` at the head of a text; empty for none."""
    lines = text.lstrip("\ufeff").split("\n")
    if lines[0].rstrip() != "---":
        return {}
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        return {}
    try:
        import yaml
    except ImportError:  # a machine that only predicts
        return {}
    try:
        found = yaml.safe_load("\n".join(lines[1:end]))
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}
