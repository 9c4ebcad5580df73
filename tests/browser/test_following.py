"""Stopping is shown at once wherever a run is shown."""

from __future__ import annotations

from typing import Any

import live_cells


def test_stopping_is_shown_at_once_wherever_the_run_is(tab: Any) -> None:
    tab.lab.notebook("lesson.ipynb", live_cells.cell(name="stopping", steps=4000))
    tab.open("lesson.ipynb")
    tab.page.evaluate("() => jupyterapp.commands.execute('paddle-lab:open-panel')")
    tab.run(0)
    tab.card("training")
    # What answers is the page alone: the server never hears of it.
    tab.page.route("**/requests*", lambda route: None)
    tab.page.locator(".plab-run").get_by_role("button", name="Stop", exact=True).click()
    tab.page.wait_for_selector(".plab-badge:has-text('Stopping')", timeout=2000)
    assert tab.page.locator(".plab-stop").is_disabled()
    assert tab.page.locator(".plab-discard").is_visible()
    assert not tab.page.locator(".plab-pause").is_visible()
    tab.page.unroute("**/requests*")
    row = tab.page.locator(".pl-run[data-state=training]").first
    row.get_by_role("button", name="Stop stopping and").click()
    tab.page.wait_for_selector(".pl-run .pl-state:has-text('stopping')", timeout=2000)
    tab.shot("stopping")
    tab.card("stopped")
