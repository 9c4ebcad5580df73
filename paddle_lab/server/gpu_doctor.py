"""The environment doctor's light: asked in a thread, for it reads every package, and kept."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

KEEP_S: Final = 600.0


class Doctor:
    """The light of the environment that runs this server. Never imports paddle."""

    def __init__(self) -> None:
        self._light: dict[str, Any] | None = None
        self._asked_at = 0.0
        self._asking = asyncio.Lock()

    async def light(self, *, again: bool = False) -> dict[str, Any]:
        """``{"light", "headline": {"en", "zh"}, "errors", "warnings", "first"}``."""
        async with self._asking:
            old = time.monotonic() - self._asked_at > KEEP_S
            if self._light is None or old or again:
                loop = asyncio.get_running_loop()
                self._light = await loop.run_in_executor(None, _ask)
                self._asked_at = time.monotonic()
            return self._light


def _ask() -> dict[str, Any]:
    from paddle_lab.environment import summary_json

    return dict(summary_json())
