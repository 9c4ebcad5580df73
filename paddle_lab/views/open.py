"""Choose how a live run is shown here."""

from __future__ import annotations

import logging
import sys
from typing import Protocol

from paddle_lab.i18n import current_language
from paddle_lab.runs import RunFolder


class Display(Protocol):
    """A live view. No method ever raises into training."""

    def show(self) -> None:
        """Begin: once, where the run was started."""

    def tick(self) -> None:
        """Show what is new; called a few times a second, from any one thread."""

    def freeze(self) -> None:
        """End: leave behind what stays."""


def open_display(
    folder: RunFolder, *, notebook: bool, language: str | None = None
) -> Display | None:
    """A card in a notebook, lines on a terminal; None when neither can be made.

    What a view cannot do is logged as a warning: training does not depend on being watched.
    """
    if not notebook:
        from paddle_lab.views.live_text import LiveText

        return LiveText(folder, language or current_language(), sys.stderr)
    try:
        from paddle_lab.views.display import RunDisplay

        return RunDisplay(folder, language)
    except ImportError as error:
        logging.getLogger(__name__).warning("paddle_lab: no live view: %s", error)
        return None
