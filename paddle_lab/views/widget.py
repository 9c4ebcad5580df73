"""The run card for front ends without our lab extension: an anywidget fed by comm messages.

Its one synced trait, the snapshot, is worked out from the run folder whenever a front end asks for
the widget's state, so that a reloaded page has the whole curve; while the run lives, messages carry
only what is new. A click on a button ends in ``requests.jsonl``, as by every other route.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

from paddle_lab.errors import PaddleLabError
from paddle_lab.runs import RunFolder
from paddle_lab.runs.snapshot import snapshot

STATIC: Final = Path(__file__).parent / "static"
_ASKS: Final = ("stop", "pause", "resume")
# The smallest module that a view of the widget accepts.
_NOTHING: Final = "export default {}"


class RunWidget(anywidget.AnyWidget):
    """The live card of one run."""

    _esm = STATIC / "run-widget.js"
    _css = STATIC / "run-widget.css"

    snapshot = traitlets.Dict().tag(sync=True)
    language = traitlets.Unicode("en").tag(sync=True)

    def __init__(self, folder: RunFolder, language: str) -> None:
        self._folder = folder
        self._warn = logging.getLogger(__name__).warning
        super().__init__(language=language)
        self.on_msg(self._heed)
        _answer_on_any_shell(self.comm)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The state as a front end asks for it; the snapshot is read now."""
        state: dict[str, Any] = super().get_state(key=key, drop_defaults=drop_defaults)
        if _wanted(key):
            state["snapshot"] = self._read()
        return state

    def tell(self, message: dict[str, Any]) -> None:
        """Send a snapshot or a delta to every view."""
        self.send(message)

    def retire(self) -> None:
        """Close, and leave nothing large: nbclient and papermill save the last state they saw."""
        self.set_trait("_esm", _NOTHING)
        self.set_trait("_css", "")
        self.close()

    def _read(self) -> dict[str, Any]:
        try:
            return snapshot(self._folder)
        except (PaddleLabError, OSError) as error:
            self._warn("paddle_lab: the run cannot be read: %s", error)
            return {}

    def _heed(self, _: Any, content: Any, __: Any) -> None:
        """A view asks: for everything (it saw a gap), or for something of the run."""
        if not isinstance(content, dict):
            return
        if content.get("op") == "hello":
            whole = self._read()
            self.tell({"type": "snapshot", "seq": whole.get("seq", -1), "snapshot": whole})
        elif content.get("op") == "request" and content.get("ask") in _ASKS:
            try:
                when, save = str(content.get("when", "step")), content.get("save") is not False
                self._folder.ask(content["ask"], when, "widget", save=save)
                self.tell({"type": "asked", "ask": content["ask"]})
            except PaddleLabError as error:
                self.tell({"type": "refused", "ask": content["ask"], "error": error.to_json()})


def _wanted(key: Any) -> bool:
    if key is None:
        return True
    return "snapshot" in ([key] if isinstance(key, str) or not isinstance(key, Iterable) else key)


def _answer_on_any_shell(comm: Any) -> None:
    """Let clicks reach a busy kernel on ipykernel 7.4, which pins a comm to one shell.

    Older kernels have no such method and need nothing.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda data, default: default
