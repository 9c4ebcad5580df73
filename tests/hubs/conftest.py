"""A hub on this machine, and caches of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import HubServer

from paddle_lab.hubs.endpoints import forget_endpoint


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub that listens, empty, with the libraries and us told to use it; nobody is logged in."""
    with HubServer() as server:
        for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "PADDLE_LAB_HF_ENDPOINTS",
                     "PADDLE_LAB_LICENCES", "HF_HUB_OFFLINE", "PADDLE_LAB_OFFLINE"):  # fmt: skip
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.address)
        monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms-own"))
        monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "ms-home"))
        monkeypatch.delenv("MODELSCOPE_API_TOKEN", raising=False)
        monkeypatch.setenv("STUDIO_GIT_HOST", server.address)
        monkeypatch.setenv("AISTUDIO_CACHE_HOME", str(tmp_path / "ais-home"))
        monkeypatch.delenv("AISTUDIO_ACCESS_TOKEN", raising=False)
        monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
        monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        forget_endpoint()
        yield server
        forget_endpoint()
