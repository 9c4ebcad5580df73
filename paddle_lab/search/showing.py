"""Shows a search where it was called: the cell's output anew, or a line in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from paddle_lab.search.folder import SearchFolder
from paddle_lab.search.start import best_command
from paddle_lab.views.search import SearchView


def view_of(folder: SearchFolder, content: Mapping[str, Any] | None = None) -> SearchView:
    """The view of a search; ``content`` is its ``trials.json`` where that is at hand.

    Raises RunError.
    """
    content = folder.trials() if content is None else content
    row = next((one for one in content["trials"] if one["number"] == content.get("best")), None)
    plan = folder.plan().to_json()
    return SearchView(plan, content, best_command(folder, row), str(folder.path))


def shown_as(view: SearchView) -> dict[str, Any]:
    """The view as a cell's output."""
    return {"text/plain": view.text(), "text/html": view.html()}


def teller(folder: SearchFolder, *, notebook: bool) -> Callable[[Mapping[str, Any]], None]:
    """What is to be called with each change of ``trials.json``."""
    if notebook:
        from IPython.display import DisplayHandle

        handle = DisplayHandle()
        handle.display(shown_as(view_of(folder)), raw=True)

        def redraw(content: Mapping[str, Any]) -> None:
            handle.update(shown_as(view_of(folder, content)), raw=True)

        return redraw
    told: set[Any] = set()

    def lines(content: Mapping[str, Any]) -> None:
        for change in view_of(folder, content).changes():
            if change not in told:
                told.add(change)
                print(change[1], file=sys.stderr, flush=True)

    return lines
