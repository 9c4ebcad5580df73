"""Files of hubs without a cache that we share: they lie in ours, in `huggingface_hub`'s layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from paddle_lab.hubs.api import Progress, RepoFile, RepoState
from paddle_lab.hubs.hf_calls import asked
from paddle_lab.hubs.layout import remember, repo_folder
from paddle_lab.hubs.problems import damaged, interrupted, reason_of
from paddle_lab.hubs.ranged import Damaged, download
from paddle_lab.hubs.watch import watched
from paddle_lab.hubs.whole import is_whole
from paddle_lab.paths import cache_dir


def cache_of(hub: str) -> Path:
    """The folder for a hub's repositories."""
    return cache_dir() / "hubs" / hub


def snapshot_of(
    state: RepoState,
    paths: Sequence[str],
    progress: Progress | None,
    get: Callable[[RepoFile, Path], None],
) -> Path:
    """The snapshot of a repository with these files; ``get`` puts a missing one at a path."""
    folder = repo_folder(cache_of(state.name.hub), state.name, state.kind)
    snapshot = folder / "snapshots" / state.commit
    total = sum(file.size or 0 for file in state.files if file.path in paths)
    with watched(folder, progress, state.name.repo, total):
        for path in paths:
            file = state.file(path) or RepoFile(path)
            if not ((snapshot / path).is_file() and is_whole(snapshot / path, file)):
                get(file, snapshot / path)
    remember(folder, state.asked, state.commit)
    return snapshot


def downloaded(
    state: RepoState,
    file: RepoFile,
    path: Path,
    place: tuple[str, Mapping[str, str]],
    headers: Mapping[str, str],
) -> None:
    """Put a file at ``path`` from an address with parameters. Raises HubError."""
    from requests import RequestException

    address, params = place
    try:
        asked(state.name, state.endpoint, lambda: download(address, params, headers, file, path))
    except RequestException as error:
        raise interrupted(state.name, file.path, reason_of(error)) from error
    except Damaged as error:
        raise damaged(state.name, file.path, state.endpoint) from error
