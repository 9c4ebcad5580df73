"""A run in a notebook cell: live while it runs, frozen when it is over.

One display holds the vendor JSON (drawn by our lab extension through the server's socket, without
the kernel) and beside it the widget (for every other front end). At the end it is replaced by the
frozen form, so that no dead widget stays in the saved notebook.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from paddle_lab.cell import is_captured, running_cell
from paddle_lab.errors import RunError
from paddle_lab.i18n import chosen_language, current_language
from paddle_lab.runs import RunFolder
from paddle_lab.runs.follower import RunFollower
from paddle_lab.views.frozen import frozen_bundle, live_bundle
from paddle_lab.views.widget import RunWidget

P = ParamSpec("P")


def _harmless(
    method: Callable[Concatenate[RunDisplay, P], None],
) -> Callable[Concatenate[RunDisplay, P], None]:
    """A view that fails is logged, once, and the training goes on."""

    @wraps(method)
    def inner(self: RunDisplay, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:
            if not self._failed:
                self._log.warning("paddle_lab: the live view failed: %r", error)
            self._failed = True

    return inner


class RunDisplay:
    """The live view of one run in the cell that started it. Works without any front end."""

    def __init__(self, folder: RunFolder, language: str | None = None) -> None:
        self._folder = folder
        self._language = language or chosen_language()
        self._log = logging.getLogger(__name__)
        self._follower = RunFollower(folder)
        self._widget: RunWidget | None = None
        self._handle: Any = None
        self._failed = False

    @_harmless
    def show(self) -> None:
        """Display the run once; what is drawn later finds its way into this output."""
        from IPython.display import DisplayHandle

        info, folder = self._folder.info(), str(self._folder.path)
        bundle = live_bundle(info["id"], info["name"], folder, self._language)
        self._keep_cell()
        self._widget = self._new_widget()
        if self._widget is not None:
            bundle["application/vnd.jupyter.widget-view+json"] = {
                "version_major": 2,
                "version_minor": 1,
                "model_id": self._widget.model_id,
            }
        self._follower.poll()
        self._handle = DisplayHandle()
        self._handle.display(bundle, raw=True)

    def _keep_cell(self) -> None:
        """By it a page that is opened later finds the run, also where nobody saved the notebook."""
        if is_captured():
            return
        try:
            self._folder.keep_cell(running_cell(), self._language)
        except RunError as error:
            self._log.warning("paddle_lab: the run does not know its cell: %s", error)

    @_harmless
    def tick(self) -> None:
        """Send what is new to the widget."""
        message = self._follower.poll()
        if message is not None and self._widget is not None:
            self._widget.tell(message)

    @_harmless
    def freeze(self) -> None:
        """Replace the output by the frozen form and close the widget."""
        self.tick()
        if self._handle is not None:
            self._handle.update(frozen_bundle(self._folder, self._language), raw=True)
        if self._widget is not None:
            self._widget.retire()
            self._widget = None

    def _new_widget(self) -> RunWidget | None:
        """The widget, or None where its built files are absent (a checkout never built)."""
        try:
            return RunWidget(self._folder, self._language or current_language())
        except Exception as error:
            self._log.warning("paddle_lab: no widget form of the live view: %r", error)
            return None
