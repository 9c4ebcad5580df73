"""The Hugging Face hub, or a mirror of it, through ``huggingface_hub`` and its own cache."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import HubError
from paddle_lab.hubs.api import Kind, Progress, Push, RepoFile, RepoState, Streamed
from paddle_lab.hubs.endpoints import answering_endpoint, own_endpoint, token_for
from paddle_lab.hubs.hf_calls import asked, quiet, small_blocks
from paddle_lab.hubs.hf_push import push_commit
from paddle_lab.hubs.layout import kept_state, remember, repo_folder
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.problems import damaged, interrupted, no_revision, reason_of, unreachable
from paddle_lab.hubs.watch import size_below, watched
from paddle_lab.hubs.whole import is_whole
from paddle_lab.i18n import T, Text

_TIMES_WITHOUT_A_BYTE: Final = 5
_TIMEOUT_S: Final = 20


class HuggingFace:
    """See :class:`paddle_lab.hubs.api.Hub`."""

    title: Final = T("Hugging Face", "Hugging Face")
    local: Final = False

    def state(self, name: HubName, kind: Kind) -> RepoState:
        """What the first address that answers says."""
        for last in (False, True):
            endpoint, silent = answering_endpoint()
            if endpoint is None:
                break
            try:
                return state_at(endpoint, name, kind, silent)
            except HubError as error:  # it fell silent since it was asked: the next one may answer
                if error.code != "hub.unreachable" or last:
                    raise
        raise unreachable(name, silent, folder=repo_folder(_cache(), name, kind))

    def kept(self, name: HubName, kind: Kind) -> RepoState | None:
        """What lies in the library's cache."""
        return kept_state(_cache(), name, kind)

    def fetch(self, state: RepoState, paths: Sequence[str], progress: Progress | None) -> Path:
        """The snapshot in the library's cache, with these files."""
        total = sum(state_file.size or 0 for state_file in state.files if state_file.path in paths)
        folder = repo_folder(_cache(), state.name, state.kind)
        found = folder / "snapshots" / state.commit
        with watched(folder, progress, state.name.repo, total):
            for path in paths:
                file = state.file(path) or RepoFile(path)
                found = self._whole(state, file).parents[path.count("/")]
        remember(folder, state.asked, state.commit)
        return found

    def streamed(self, state: RepoState, paths: Sequence[str]) -> Streamed | None:
        """By the library's own file system."""
        if state.endpoint is None:
            return None
        start = f"hf://datasets/{state.name.repo}@{state.commit}"
        access = {"endpoint": state.endpoint, "token": token_for(state.endpoint)}
        return Streamed([f"{start}/{path}" for path in paths], {"hf": access})

    def versions(self, name: HubName) -> dict[str, str]:
        """Asked of the library's own address, which is pushed to."""
        from huggingface_hub import HfApi

        endpoint = own_endpoint()
        api = HfApi(endpoint=endpoint, token=token_for(endpoint))
        refs = asked(name, endpoint, lambda: api.list_repo_refs(name.repo))
        return {one.name: one.target_commit for one in refs.tags}

    def push(self, name: HubName, push: Push) -> RepoState:
        """One commit and a tag, to the library's own address: no mirror is given a token."""
        endpoint = own_endpoint()
        return push_commit(endpoint, name, push, lambda at: state_at(endpoint, at, "model"))

    def _whole(self, state: RepoState, file: RepoFile) -> Path:
        """The file in the cache; one whose content is another is downloaded again, once."""
        for _ in range(2):
            path = self._arrived(state, file)
            if is_whole(path, file):
                return path
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        raise damaged(state.name, file.path, state.endpoint)

    def _arrived(self, state: RepoState, file: RepoFile) -> Path:
        """The file, downloaded on from where it broke off as long as something arrives."""
        from huggingface_hub import hf_hub_download
        from requests import RequestException

        blobs = repo_folder(_cache(), state.name, state.kind) / "blobs"
        had, in_vain = size_below(blobs), 0

        def get() -> str:
            with quiet(), small_blocks():
                return hf_hub_download(
                    state.name.repo,
                    file.path,
                    repo_type=state.kind,
                    revision=state.commit,
                    cache_dir=_cache(),
                    etag_timeout=_TIMEOUT_S,
                    endpoint=state.endpoint,
                    token=token_for(state.endpoint or ""),
                )

        while True:
            try:
                return Path(asked(state.name, state.endpoint, get))
            except (HubError, RequestException, OSError) as error:
                if isinstance(error, HubError) and error.code != "hub.unreachable":
                    raise
                has = size_below(blobs)
                in_vain, had = 0 if has > had else in_vain + 1, has
                if in_vain >= _TIMES_WITHOUT_A_BYTE:
                    raise interrupted(state.name, file.path, reason_of(error)) from error


def state_at(endpoint: str, name: HubName, kind: Kind, silent: Text | None = None) -> RepoState:
    """What one address says of a repository. Raises HubError."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint, token=token_for(endpoint))

    def get() -> Any:
        ask = api.model_info if kind == "model" else api.dataset_info
        return ask(name.repo, revision=name.revision, files_metadata=True, timeout=_TIMEOUT_S)

    def known() -> list[str]:
        refs = api.list_repo_refs(name.repo, repo_type=kind)
        return [one.name for one in (*refs.tags, *refs.branches)]

    try:
        info = asked(name, endpoint, get)
    except HubError as error:
        if error.code != "hub.no_revision":
            raise
        raise no_revision(name, asked(name, endpoint, known)) from error
    files = tuple(
        RepoFile(one.rfilename, one.size, one.lfs.sha256 if one.lfs else None,
                 None if one.lfs else one.blob_id)
        for one in info.siblings or ()
    )  # fmt: skip
    facts = dict(info.card_data.to_dict()) if info.card_data is not None else {}
    return RepoState(
        name.at(info.sha), name, kind, files, endpoint, facts=facts, private=bool(info.private),
        silent=silent if silent is not None and silent.en else None,
    )  # fmt: skip


def _cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


HUB: Final = HuggingFace()
