"""Tests on a Jupyter server of their own: pytest-jupyter's loop and cleanup hold here."""

from __future__ import annotations

from pytest_jupyter.jupyter_core import jp_asyncio_loop
from pytest_jupyter.jupyter_server import jp_server_cleanup

__all__ = ["jp_asyncio_loop", "jp_server_cleanup"]
