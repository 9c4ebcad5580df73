"""What axe finds in a page, in each of JupyterLab's themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lab_server import REPO

AXE = REPO / "labextension/node_modules/axe-core/axe.min.js"
THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")


def each_theme(page: Any) -> Iterator[str]:
    """JupyterLab in one theme after the other, and at last in the first again."""
    for theme in THEMES:
        _choose(page, theme)
        yield theme
    _choose(page, THEMES[0])


def _choose(page: Any, theme: str) -> None:
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_function(
        "theme => document.body.dataset.jpThemeName === theme", arg=theme, timeout=20_000
    )
    page.wait_for_timeout(500)  # colours fade from one theme to the next


def barriers(page: Any, *selectors: str) -> list[str]:
    """Serious and critical violations of accessibility inside ``selectors``."""
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        """async parts => {
          const include = parts.map(part => [part]);
          const result = await axe.run({include}, {resultTypes: ['violations']});
          return result.violations.map(v => [v.impact, v.id, v.nodes[0].html.slice(0, 200)]);
        }""",
        selectors,
    )
    return [str(item) for item in found if item[0] in ("serious", "critical")]


def barriers_of_themes(
    page: Any, *selectors: str, shot: Callable[[str], None] = lambda theme: None
) -> dict[str, list[str]]:
    """Violations by theme, none where there are none; ``shot`` hears a word for each theme."""
    found = {}
    for theme in each_theme(page):
        shot(theme.rsplit(" ", 1)[-1].lower())
        if violations := barriers(page, *selectors):
            found[theme] = violations
    return found
