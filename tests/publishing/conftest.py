"""The hub of `tests/hubs`, with somebody logged in who may write."""

from __future__ import annotations

import pytest
from hub_server import HubServer
from hubs.conftest import hub

__all__ = ["hub", "logged_in"]


@pytest.fixture
def logged_in(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> HubServer:
    """The token stands where the hub's own library looks for it."""
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "hf_right")
    return hub
