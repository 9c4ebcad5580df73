"""From its start to its end a run moves no button: what is aimed at is what is hit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import live_cells
import pytest
import run_writer
from button_moves import moves, watch_moves
from sidebar_page import registry_of

OVER = ".plab-run:is([data-state=finished], [data-state=stopped])"


@pytest.fixture
def workshop_tab(new_tab: Callable[..., Any], workshop: Any) -> Any:
    """A tab of a server with eight simulated GPUs, where runs have ended before."""
    from lab_tab import Tab

    for number in range(3):
        name = f"earlier {number}"
        folder = run_writer.new_run(workshop.root / "paddle_runs", registry_of(workshop), name=name)
        run_writer.write_run(folder, 30)
    return Tab(new_tab(viewport={"width": 1400, "height": 1000}).page, workshop)


@pytest.fixture
def narrow_tab(new_tab: Callable[..., Any]) -> Any:
    """A tab with no room for the sidebar."""
    return new_tab(viewport={"width": 700, "height": 1100})


@pytest.mark.parametrize("place", ["tab", "narrow_tab", "workshop_tab"])
def test_a_run_that_is_begun_in_its_cell_moves_no_button(
    place: str, request: pytest.FixtureRequest
) -> None:
    tab = request.getfixturevalue(place)
    name = "a name that is really quite long for a run"
    tab.lab.notebook("still.ipynb", live_cells.cell(name=name, steps=160, freeze=False))
    tab.open("still.ipynb")
    if place != "narrow_tab":
        open_panel(tab)
    watch_moves(tab.page, OVER)
    tab.run(0)
    tab.card("finished", timeout=120)
    boxes, moved = moves(tab.page)
    tab.shot(f"layout-{place}")
    assert boxes >= 8
    assert moved == []


def test_a_run_that_is_begun_from_the_sidebar_moves_no_button(workshop_tab: Any) -> None:
    """A button makes the notebook, while another run lives; and that one is stopped meanwhile."""
    tab = workshop_tab
    tab.lab.notebook("other.ipynb", live_cells.cell(name="other", steps=3000))
    tab.open("other.ipynb")
    open_panel(tab)
    tab.run(0)
    row = tab.page.locator(".pl-run:has(.pl-owner-name:text-is('other'))")
    row.locator(".pl-spark-line").wait_for(state="attached")
    watch_moves(tab.page, ".plab-run[data-state=finished]")
    tab.page.get_by_role("button", name="New fine-tuning notebook").click()
    tab.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget?.content?.model?.cells?.length >= 4"
    )
    tab.page.evaluate(
        """source => jupyterapp.shell.currentWidget.content.model.sharedModel.cells[1]
             .setSource(source)""",
        live_cells.cell(name="begun here", steps=160),
    )
    tab.run(1)
    tab.page.wait_for_selector(".pl-run:has(.pl-owner-name:text-is('begun here'))")
    row.get_by_role("button", name="Stop").click()
    tab.page.wait_for_selector(".plab-run[data-state=finished]:visible", timeout=120_000)
    boxes, moved = moves(tab.page)
    tab.shot("layout-from-the-sidebar")
    assert boxes >= 30
    assert moved == []


def open_panel(tab: Any) -> None:
    """The sidebar, once all that it shows at rest is there."""
    tab.wait_for_kernel()
    tab.page.evaluate("() => jupyterapp.commands.execute('paddle-lab:open-panel')")
    tab.page.wait_for_selector(".pl-doctor-words")
    tab.page.wait_for_selector(".pl-light:not(.pl-mod-unknown)", timeout=60_000)
    tab.page.wait_for_selector(".pl-host-row >> nth=2")
