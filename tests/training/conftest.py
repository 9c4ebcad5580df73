"""Real reviews and a home of one's own for runs of the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from forks import Forks
from kernel import write_reviews

from paddle_lab.training.run import Run


@pytest.fixture(scope="session")
def reviews_tsv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few hundred real reviews as TSV."""
    return write_reviews(tmp_path_factory.mktemp("data") / "train.tsv", 160)


@pytest.fixture(scope="session")
def lab_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Converted models, shared by the session."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Processes of one's own, with Paddle imported already."""
    made = Forks()
    yield made
    made.close()


@pytest.fixture
def finetune(
    tmp_path: Path,
    reviews_tsv: Path,
    small_model: str,
    lab_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Run]:
    """``paddle_lab.finetune`` of a small model on few short rows, in a home of its own."""
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(lab_cache))
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    from paddle_lab import api

    def start(train: Any = None, **options: Any) -> Run:
        if "resume" in options:
            return api.finetune(train, show=False, **options)
        defaults: dict[str, Any] = {
            "model": small_model,
            "epochs": 2.0,
            "max_len": 32,
            "batch_size": 16,
            "lr": 5e-4,
            "show": False,
            "export": False,
            "baseline": False,
        }
        source = str(reviews_tsv) if train is None else train
        return api.finetune(source, **{**defaults, **options})

    return start
