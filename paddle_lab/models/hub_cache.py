"""Folders of a hub's cache given as they are: ``models--org--name`` with its snapshots."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T
from paddle_lab.models.config import has_config
from paddle_lab.models.shards import are_whole_in
from paddle_lab.untrusted import UnusableFile, read_text

_REVISION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_LONGEST_REF: Final = 1024
_MODELS: Final = "models--"


def snapshot_in(folder: Path) -> Path | None:
    """The snapshot that a cache's folder of a model stands for; None when it is no such folder.

    The one that ``refs/main`` names, else the newest; one that was not downloaded whole is passed
    over. A cache with one model in it stands for that model. Raises ModelError when there is no
    whole snapshot, or when there are several models.
    """
    if has_config(folder):
        return None
    if not (folder / "snapshots").is_dir():
        models = sorted(path for path in folder.glob(f"{_MODELS}*--*") if path.is_dir())
        if len(models) > 1:
            raise _several(folder, models)
        return snapshot_in(models[0]) if models else None
    whole = [path for path in (folder / "snapshots").iterdir() if _is_whole(path)]
    if not whole:
        raise _none_whole(folder)
    named = [path for path in whole if path.name == _main(folder)]
    return (named or sorted(whole, key=lambda path: path.stat().st_mtime))[-1]


def _is_whole(snapshot: Path) -> bool:
    return has_config(snapshot) and are_whole_in(snapshot)


def _main(folder: Path) -> str | None:
    try:
        name = read_text(folder / "refs" / "main", _LONGEST_REF).strip()
    except (OSError, UnusableFile):
        return None
    return name if _REVISION.fullmatch(name) else None


def _none_whole(folder: Path) -> ModelError:
    return ModelError(
        T("No whole model in {folder}", "{folder} 中没有完整的模型", folder=folder),
        T("None of its snapshots has a configuration and weights: a download was interrupted, or "
          "the blobs were removed.",
          "其快照都缺少配置或权重：下载被中断，或 blobs 已被删除。"),
        T("Download it again: --model {name}", "请重新下载：--model {name}",
          name=_name_of(folder)),
        code="model.snapshot",
    )  # fmt: skip


def _several(folder: Path, models: list[Path]) -> ModelError:
    return ModelError(
        T("{folder} holds {n} models.", "{folder} 中有 {n} 个模型。", folder=folder, n=len(models)),
        T("{names}", "{names}", names=", ".join(_name_of(path) for path in models[:8])),
        T("Give one: --model {folder}", "请给出其中一个：--model {folder}", folder=models[0]),
        code="model.several",
    )


def _name_of(folder: Path) -> str:
    return folder.name.removeprefix(_MODELS).replace("--", "/", 1)
