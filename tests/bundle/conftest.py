"""A tiny ERNIE, random but real, and one bundle exported from it for the whole package."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bundle.tiny import build_model, tiny_trained
from forks import Forks

from paddle_lab.bundle import fresh


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


@pytest.fixture(scope="session")
def paddle_forks() -> Iterator[Forks]:
    """Processes of one's own, with Paddle imported already."""
    made = Forks("paddle")
    yield made
    made.close()


@pytest.fixture
def forked_checks(paddle_forks: Forks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks and conversions import no Paddle: for tests of what comes of them.

    What a process that begins with nothing does is held by ``test_fresh.py`` and ``exported``.
    """
    monkeypatch.setattr(fresh, "_run", run_in_fork(paddle_forks))


@pytest.fixture(scope="module")
def module_of_forked_checks(paddle_forks: Forks) -> Iterator[None]:
    """:func:`forked_checks` for a whole module, and what its fixtures make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fresh, "_run", run_in_fork(paddle_forks))
        yield


def run_in_fork(forks: Forks) -> Callable[..., int]:
    """What starts the process of a check: its command, its folder, and what is not heeded here."""

    def run(command: list[str], work: Path, *_: Any) -> int:
        environment = fresh.clean_environment(dict(os.environ))
        done = forks.run(tuple(command[1:]), environment, work)
        (work / "output.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
        return done.returncode

    return run
