"""An index on this machine, and the uv that made this environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from environment.local_index import LocalIndex

from paddle_lab.environment.probes.installers import find_uv


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalIndex]:
    """The only index that uv and pip know."""
    made = LocalIndex()
    made.use(monkeypatch, str(tmp_path / "uv-cache"))
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip-cache"))
    yield made
    made.close()


@pytest.fixture
def uv() -> str:
    """The program uv."""
    found = find_uv()
    if found is None:
        pytest.skip("uv is not installed: pip install uv")
    return found
