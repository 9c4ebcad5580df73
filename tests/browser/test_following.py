"""Progress follows a person: status bar, title, a toast at the end; and nothing moves meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import live_cells
import pytest

from paddle_lab.runs import Registry, RunFolder

ITEM = ".pl-status-button:has(.pl-status-name)"
TOAST = ".jp-Notification-List-Item, .Toastify__toast"
#: Where each button stands, whenever one of them is somewhere else than before.
WATCH = """selectors => {
  const moved = (window.plabMoved = []);
  const places = new Map();
  const look = () => {
    if (!document.querySelector('.plab-run .plab-stop')) {
      return; // the run is over
    }
    for (const button of document.querySelectorAll(selectors)) {
      const name = `${button.closest('.pl-run, .plab-run')?.className} ${button.ariaLabel ??
        button.className}`;
      const {x, y, width, height} = button.getBoundingClientRect();
      const before = places.get(button);
      if (width && before && Math.max(Math.abs(before.x - x), Math.abs(before.y - y)) > 0.01) {
        moved.push([name, before.x, before.y, x, y]);
      }
      if (width) {
        places.set(button, {x, y, width, height});
      }
    }
    window.plabSeen = places.size;
    requestAnimationFrame(look);
  };
  look();
}"""


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
    tab.page.wait_for_function("() => /^\\d+ % · /.test(document.title)")
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
    tab.page.wait_for_function("() => !document.title.includes(' % ')")
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
    # What answers is the page alone: the server never hears of it.
    tab.page.route("**/requests*", lambda route: None)
    tab.page.locator(".plab-run").get_by_role("button", name="Stop", exact=True).click()
    tab.page.wait_for_selector(".plab-badge:has-text('Stopping')", timeout=2000)
    assert tab.page.locator(".plab-stop").is_disabled()
    assert tab.page.locator(".plab-discard").is_visible()
    assert not tab.page.locator(".plab-pause").is_visible()
    tab.page.unroute("**/requests*")
    # Runs of other tests may live beside it.
    row = tab.page.locator(".pl-run:has(.pl-owner-name:text-is('stopping'))")
    row.get_by_role("button", name="Stop stopping and").click()
    row.locator(".pl-state:has-text('stopping')").wait_for(timeout=2000)
    tab.shot("stopping")
    tab.card("stopped")


@pytest.mark.parametrize("width", [1280, 700])
def test_no_button_moves_while_a_run_lives(new_tab: Callable[..., Any], width: int) -> None:
    tab = new_tab(viewport={"width": width, "height": 1100})
    name = "a name that is really quite long for a run"
    tab.lab.notebook("lesson.ipynb", live_cells.cell(name=name, steps=160, freeze=False))
    tab.open("lesson.ipynb")
    if width > 1000:
        tab.page.evaluate("() => jupyterapp.commands.execute('paddle-lab:open-panel')")
    tab.run(0)
    tab.page.wait_for_selector(".plab-stop")
    if width > 1000:
        tab.page.wait_for_selector(f".pl-run:has-text('{name}') .pl-tools")
    tab.page.evaluate(WATCH, ".plab-actions button, .plab-tab, .pl-run .pl-tools button")
    tab.card("finished", timeout=120)
    assert tab.page.evaluate("() => window.plabSeen") >= 8
    assert tab.page.evaluate("() => window.plabMoved") == []
