"""The environment doctor's light: asked in a thread, for it reads every package, and kept."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Final

from paddle_lab.i18n import T
from paddle_lab.server.readers import Readers

LOG = logging.getLogger("paddle_lab.gpu")
KEEP_S: Final = 600.0
#: Every package's metadata is read, and tools are asked for their versions.
LIMIT_S: Final = 120.0


class Doctor:
    """The light of the environment that runs this server. Never imports paddle."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._light: dict[str, Any] | None = None
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def light(self, *, again: bool = False) -> dict[str, Any]:
        """``{"light", "headline": {"en", "zh"}, "errors", "warnings", "first"}``.

        ``light`` is green, yellow, red, or unknown with the reason as headline.

        Many who ask for it again at once share one look that began after they asked.
        """
        wanted_at = time.monotonic()
        async with self._asking:
            newest_missed = wanted_at if again else time.monotonic() - KEEP_S
            if self._light is None or self._asked_at < newest_missed:
                began = time.monotonic()
                try:
                    self._light = await self._readers.run("environment", _ask, limit_s=LIMIT_S)
                except Exception as error:  # a light that fails says so; it is not kept
                    LOG.warning("the environment could not be checked", exc_info=True)
                    self._light = None
                    return _unknown(error)
                self._asked_at = began
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
