"""The environment doctor's light: asked in a thread, for it reads every package, and kept."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Final

from paddle_lab.i18n import T

LOG = logging.getLogger("paddle_lab.gpu")
KEEP_S: Final = 600.0


class Doctor:
    """The light of the environment that runs this server. Never imports paddle."""

    def __init__(self) -> None:
        self._light: dict[str, Any] | None = None
        self._asked_at = 0.0
        self._asking = asyncio.Lock()

    async def light(self, *, again: bool = False) -> dict[str, Any]:
        """``{"light", "headline": {"en", "zh"}, "errors", "warnings", "first"}``.

        ``light`` is green, yellow, red, or unknown with the reason as headline.
        """
        async with self._asking:
            old = time.monotonic() - self._asked_at > KEEP_S
            if self._light is None or old or again:
                loop = asyncio.get_running_loop()
                try:
                    self._light = await loop.run_in_executor(None, _ask)
                except Exception as error:  # a light that fails says so; it is not kept
                    LOG.warning("the environment could not be checked", exc_info=True)
                    self._light = None
                    return _unknown(error)
                self._asked_at = time.monotonic()
            return self._light


def _unknown(error: Exception) -> dict[str, Any]:
    text = T(
        "The environment could not be checked: {why}",
        "无法检查环境：{why}",
        why=f"{type(error).__name__}: {error}",
    )
    nothing: dict[str, Any] = {"errors": 0, "warnings": 0, "first": None}
    return {"light": "unknown", "headline": text.to_json(), **nothing}


def _ask() -> dict[str, Any]:
    from paddle_lab.environment import summary_json

    return dict(summary_json())
