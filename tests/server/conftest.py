"""Tests on a Jupyter server of their own: pytest-jupyter's loop and cleanup hold here."""

from __future__ import annotations

import pytest
from pytest_jupyter.jupyter_core import jp_asyncio_loop
from pytest_jupyter.jupyter_server import jp_server_cleanup

from paddle_lab.environment.imports import background

__all__ = ["jp_asyncio_loop", "jp_server_cleanup"]


@pytest.fixture(autouse=True)
def no_trial_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves a process behind that imports paddle: its moment never comes."""
    never = background.BackgroundTrial(calm=lambda: False, patience_s=1e6)
    monkeypatch.setattr(background, "TRIAL", never)
