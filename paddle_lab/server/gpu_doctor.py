"""The environment doctor's light: asked in a thread, for it reads every package, and kept."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.i18n import T
from paddle_lab.server.readers import Readers

if TYPE_CHECKING:
    from paddle_lab.environment.imports.background import BackgroundTrial

LOG = logging.getLogger("paddle_lab.gpu")
KEEP_S: Final = 600.0
#: Every package's metadata is read, and tools are asked for their versions.
LIMIT_S: Final = 120.0
_IMPORTS: Final = {True: "work", False: "fail", None: "untried"}


@dataclass(frozen=True)
class Look:
    """One look at the environment: its light, and the key of its state for the import trial."""

    light: dict[str, Any]
    key: str | None


class Doctor:
    """The light of the environment that runs this server. Never imports paddle itself.

    Where it is not known whether paddle can be imported, ``trial`` finds out in the background.
    """

    def __init__(self, readers: Readers, trial: BackgroundTrial | None = None) -> None:
        self._readers = readers
        self._given = trial
        self._look: Look | None = None
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def light(self, *, again: bool = False) -> dict[str, Any]:
        """``{"light", "headline": {"en", "zh"}, "errors", "warnings", "first", "imports"}``.

        ``light`` is grey, green, yellow, red, or unknown with the reason as headline. ``imports``
        is work, fail, untried, or waiting and trying while it is being found out: ask again soon.
        With ``again`` that begins at once, also where an import failed before.

        Many who ask for it again at once share one look that began after they asked.
        """
        try:
            look = await self._newest(again=again)
        except Exception as error:  # a light that fails says so; it is not kept
            LOG.warning("the environment could not be checked", exc_info=True)
            return _unknown(error)
        return {**look.light, "imports": self._imports(look, again=again)}

    async def _newest(self, *, again: bool) -> Look:
        wanted_at = time.monotonic()
        async with self._asking:
            newest_missed = wanted_at if again else time.monotonic() - KEEP_S
            if self._look is None or self._asked_at < newest_missed:
                self._look, began = None, time.monotonic()
                self._asked_at = began  # before: a trial that ends meanwhile makes it old
                self._look = await self._readers.run("environment", _ask, limit_s=LIMIT_S)
            return self._look

    def _imports(self, look: Look, *, again: bool) -> str:
        """How it stands with the imports; begins to find out where that is not known."""
        known = look.light["imports"]
        if look.key is None or known is True or (known is False and not again):
            return _IMPORTS[known]
        state = self._trial.begin(look.key, self._forget, at_once=again)
        return _IMPORTS[known] if state == "idle" else state

    @property
    def _trial(self) -> BackgroundTrial:
        if self._given is None:
            from paddle_lab.environment.imports.background import TRIAL

            self._given = TRIAL
        return self._given

    def _forget(self) -> None:
        """Called by the trial's thread: whoever asks next gets a new look."""
        self._asked_at = float("-inf")


def _unknown(error: Exception) -> dict[str, Any]:
    text = T(
        "The environment could not be checked: {why}",
        "无法检查环境：{why}",
        why=f"{type(error).__name__}: {error}",
    )
    nothing: dict[str, Any] = {"errors": 0, "warnings": 0, "first": None, "imports": "untried"}
    return {"light": "unknown", "headline": text.to_json(), **nothing}


def _ask() -> Look:
    from paddle_lab.environment import collect, summary_json

    facts = collect()
    return Look(summary_json(facts), (facts.get("state") or {}).get("key"))
