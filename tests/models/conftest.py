"""Every test of this package has a cache of its own and no network."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cache = tmp_path / "cache"
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(cache))
    monkeypatch.setenv("PPNLP_HOME", str(tmp_path / "ppnlp"))
    # Read from the environment once, when the package is imported.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
    return cache
