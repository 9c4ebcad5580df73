"""Progress follows a person: status bar, title, a toast at the end; stopping is shown."""

from __future__ import annotations

from typing import Any

import live_cells

from paddle_lab.runs import Registry, RunFolder

ITEM = ".pl-status-button:has(.pl-status-name)"
TOAST = ".jp-Notification-List-Item, .Toastify__toast"


def run_of(tab: Any, name: str) -> RunFolder:
    return Registry(tab.lab.home / "paddle-lab" / "runs").find(name).folder


def title(tab: Any) -> str:
    return str(tab.page.title())


def test_status_bar_title_and_toast_follow_a_run(tab: Any) -> None:
    tab.lab.notebook("lesson.ipynb", live_cells.cell(name="follow", steps=9000))
    tab.open("lesson.ipynb")
    tab.run(0)
    tab.card("training")
    item = tab.page.locator(f"{ITEM}:has-text('follow')")
    item.wait_for()
    tab.page.wait_for_function("() => /^\\d+% · /.test(document.title)")
    assert "lesson" in title(tab)
    tab.shot("status-item")

    tab.page.evaluate("() => jupyterapp.commands.execute('launcher:create')")
    tab.page.wait_for_selector(".jp-Launcher:visible")
    item.click()
    tab.page.wait_for_selector(".plab-run:visible")
    tab.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.context?.path === 'lesson.ipynb'"
    )

    run_of(tab, "follow").ask("stop")
    tab.card("stopped")
    # The tests' JupyterLab shows no toast by itself: what was told stands in the list of them.
    tab.page.evaluate("() => void jupyterapp.commands.execute('apputils:display-notifications')")
    toast = tab.page.locator(TOAST).filter(has_text="follow was stopped").first
    toast.wait_for()
    tab.shot("toast")
    tab.page.wait_for_function("() => !document.title.includes('% · ')")
    assert not tab.page.locator(ITEM).is_visible()
    toast.get_by_role("button", name="Show the run").click()
    tab.page.wait_for_selector(".plab-run[data-state=stopped]:visible")
    assert tab.errors == []


def test_stopping_is_shown_at_once_wherever_the_run_is(tab: Any) -> None:
    tab.lab.notebook("lesson.ipynb", live_cells.cell(name="stopping", steps=4000))
    tab.open("lesson.ipynb")
    tab.page.evaluate("() => jupyterapp.commands.execute('paddle-lab:open-panel')")
    tab.run(0)
    tab.card("training")
    # What answers is the page alone: the server hears of it only when the route is taken away.
    tab.page.route("**/requests*", lambda route: None)
    tab.page.locator(".plab-run").get_by_role("button", name="Stop", exact=True).click()
    tab.page.wait_for_selector(".plab-badge:has-text('Stopping')")
    assert tab.page.locator(".plab-stop").is_disabled()
    assert tab.page.locator(".plab-discard").is_visible()
    assert not tab.page.locator(".plab-pause").is_visible()
    # Runs of other tests may live beside it.
    row = tab.page.locator(".pl-run:has(.pl-owner-name:text-is('stopping'))")
    row.get_by_role("button", name="Stop stopping and").click()
    row.locator(".pl-state:has-text('stopping')").wait_for()
    tab.shot("stopping")
    tab.page.unroute("**/requests*")
    tab.card("stopped")
