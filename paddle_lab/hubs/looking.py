"""Ask a hub what it holds, or this machine where the hub cannot be asked; and fetch the files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from paddle_lab.errors import HubError
from paddle_lab.hubs.api import Kind, Progress, RepoState
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.problems import not_here
from paddle_lab.hubs.registry import HUBS
from paddle_lab.i18n import T, Text
from paddle_lab.settings import load_settings

#: What a hub says when it could not be asked, so that a copy on this machine may stand for it.
_OUT_OF_REACH = ("hub.unreachable", "hub.busy")


def is_offline() -> bool:
    """Whether nothing may be asked of the network: by our setting, or by the hub's own."""
    from huggingface_hub import constants

    own = os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in ("1", "ON", "YES", "TRUE")
    return load_settings().offline or own or constants.HF_HUB_OFFLINE


def look(name: HubName, kind: Kind, *, offline: bool | None = None) -> RepoState:
    """The repository at the commit that its revision leads to now.

    Offline, and where no address answers, as it was downloaded before; ``silent`` says so. Raises
    HubError for what there is not, what may not be read, and what is not on this machine.
    """
    hub = HUBS.get(name.hub)
    if not hub.local:
        _need_its_client(name)
    if not hub.local and (is_offline() if offline is None else offline):
        return _kept(name, kind, _OFFLINE)
    try:
        return hub.state(name, kind)
    except HubError as error:
        if error.code not in _OUT_OF_REACH:
            raise
        kept = hub.kept(name, kind)
        if kept is None:
            raise
        return replace(kept, silent=error.why or error.what)


def fetch(state: RepoState, paths: Sequence[str], progress: Progress | None = None) -> Path:
    """A folder with these files of the repository, each whole. Raises HubError."""
    if state.folder is not None:
        missing = [path for path in paths if not (state.folder / path).is_file()]
        if missing:
            raise not_here(state.asked, missing, state.silent or _OFFLINE)
        return state.folder
    return HUBS.get(state.name.hub).fetch(state, paths, progress)


_OFFLINE: Text = T("Paddle Lab or the hub's client is set to work offline.",
                   "Paddle Lab 或模型库客户端已设置为离线工作。")  # fmt: skip


def _need_its_client(name: HubName) -> None:
    """Raise HubError where the library is not installed: a machine that only predicts has none."""
    try:
        import huggingface_hub  # noqa: F401
    except ImportError as error:
        raise HubError(
            T("{name} cannot be fetched: huggingface-hub is not installed.",
              "无法获取 {name}：未安装 huggingface-hub。", name=name.shown),
            T("A machine that only predicts does not need it otherwise.",
              "只用于预测的机器通常不需要它。"),
            T("Run: pip install huggingface-hub. Or copy the bundle and give its folder.",
              "请运行：pip install huggingface-hub；或复制模型包并给出其目录。"),
            code="hub.not_installed",
        ) from error  # fmt: skip


def _kept(name: HubName, kind: Kind, why: Text) -> RepoState:
    found = HUBS.get(name.hub).kept(name, kind)
    if found is None:
        raise not_here(name, (), why)
    return replace(found, silent=why)
