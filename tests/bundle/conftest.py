"""A tiny ERNIE, random but real, and one bundle exported from it for the whole package."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from bundle.tiny import build_model, tiny_trained


@pytest.fixture(scope="session")
def trained() -> Any:
    """The tiny model as the training engine hands it over."""
    return tiny_trained()


@pytest.fixture(scope="session")
def exported(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The bundle's folder and its proof, made once. Tests that change it copy it first."""
    from paddle_lab.bundle import export_bundle

    folder = tmp_path_factory.mktemp("run") / "bundle"
    return folder, export_bundle(trained, folder)


@pytest.fixture
def copy_of(exported: tuple[Path, Any], tmp_path: Path) -> Path:
    """A copy of the exported bundle that a test may spoil."""
    return Path(shutil.copytree(exported[0], tmp_path / "bundle"))


@pytest.fixture(scope="session")
def predictor(exported: tuple[Path, Any]) -> Any:
    """The exported bundle, loaded once in this process."""
    from paddle_lab.bundle import load_bundle

    return load_bundle(exported[0], device="cpu")


@pytest.fixture(scope="session")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose weights are most of its size, as those of real models are."""
    from paddle_lab.bundle import export_bundle

    model = build_model(
        vocab_size=2000, hidden_size=128, intermediate_size=512, initializer_range=0.05
    )
    folder = tmp_path_factory.mktemp("larger") / "bundle"
    export_bundle(tiny_trained(model=model), folder)
    return folder
