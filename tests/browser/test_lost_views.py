"""Pages that are left at any moment of a run, never saved by hand: the card is there again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import live_cells
import nbformat
import pytest

from paddle_lab.runs import Registry, RunFolder
from paddle_lab.views.frozen import MIME

SETTING = "paddle-lab/notebooks.jupyterlab-settings"
STEPS = 60
SLOW_ANSWERS = """
  const ask = window.fetch;
  window.fetch = async (...question) => {
    if (/contents.*hash=1/.test(question[0].url ?? question[0])) {
      await new Promise(resolve => setTimeout(resolve, 1000));
    }
    return ask(...question);
  };
"""


def run_of(tab: Any, name: str) -> RunFolder:
    return Registry(tab.lab.home / "paddle-lab" / "runs").find(name).folder


def cards_in_file(lab: Any, name: str, cell: int = 1) -> list[dict[str, Any]]:
    """What the file holds of runs under a cell."""
    outputs = lab.saved(name).cells[cell].outputs
    return [out["data"][MIME] for out in outputs if MIME in out.get("data", {})]


@contextmanager
def nothing_saved(lab: Any) -> Iterator[None]:
    """The person has switched our saving off; JupyterLab's own comes after two minutes."""
    path = lab.home / "settings" / SETTING
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"saveWithCard": False}), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink()


def leave(tab: Any, way: str, name: str, new_tab: Callable[..., Any]) -> Any:
    """Leave the page without saving; the tab in which the notebook is open again."""
    if way == "reload":
        tab.page.on("dialog", lambda dialog: dialog.accept())
        tab.page.reload()
        tab.page.wait_for_selector(".jp-Notebook .jp-Cell")
        return tab
    if way == "closed tab":
        tab.page.close()
    other = new_tab()
    other.open(name)
    return other


def is_dirty(tab: Any) -> bool:
    return bool(tab.page.evaluate("() => jupyterapp.shell.currentWidget.context.model.dirty"))


def wait_until_clean(tab: Any) -> None:
    tab.page.wait_for_function(
        "() => !jupyterapp.shell.currentWidget.context.model.dirty", timeout=60_000
    )


@pytest.mark.parametrize(
    ("moment", "way"),
    [
        (None, "reload"),  # in its first second
        ("training", "closed tab"),
        ("training", "second tab"),
        ("finishing", "reload"),
        ("finished", "closed tab"),
    ],
)
def test_the_card_is_back_under_its_cell(
    tab: Any, new_tab: Callable[..., Any], moment: str | None, way: str
) -> None:
    """Nothing was saved: all that is known of the run lies in its folder."""
    run = f"left-{moment}-{way}".replace(" ", "-")
    name = tab.lab.notebook(f"{run}.ipynb", "1 + 1", live_cells.cell(name=run, steps=STEPS))
    with nothing_saved(tab.lab):
        tab.open(name)
        tab.run(1)
        tab.card(moment)
        assert cards_in_file(tab.lab, name) == []
        other = leave(tab, way, name, new_tab)
    other.card("finished")
    assert other.page.locator(".jp-Cell").nth(1).locator(".plab-run").count() == 1
    assert other.page.locator(".plab-run").count() == 1
    assert other.points() == run_of(other, run).state().step == STEPS
    assert other.errors == []


def test_it_is_saved_when_it_appears_and_when_the_run_ends(tab: Any) -> None:
    name = tab.lab.notebook("kept.ipynb", "1 + 1", live_cells.cell(name="kept", steps=STEPS))
    tab.open(name)
    tab.run(1)
    tab.card("training")
    wait_until_clean(tab)
    [live] = cards_in_file(tab.lab, name)
    assert live["live"] is True
    tab.card("finished")
    tab.page.wait_for_selector(".jp-InputPrompt >> text=[1]:")
    wait_until_clean(tab)
    [frozen] = cards_in_file(tab.lab, name)
    assert frozen["live"] is False


def test_a_person_who_saves_in_the_same_moment_is_asked_nothing(tab: Any) -> None:
    """JupyterLab learns what it has written after a further question: here that takes a second."""
    name = tab.lab.notebook("both.ipynb", "1 + 1", live_cells.cell(name="both", steps=STEPS))
    tab.page.add_init_script(SLOW_ANSWERS)
    tab.open(name)
    tab.run(1)
    tab.card("training")
    wait_until_clean(tab)
    with tab.page.expect_response(
        lambda answer: answer.request.method == "PUT" and name in answer.url
    ):
        tab.card("finished")
    tab.page.evaluate(
        """() => void jupyterapp.shell.currentWidget.context.save()
             .then(() => (window.plabSaved = true))"""
    )
    tab.page.wait_for_function("() => window.plabSaved", timeout=20_000)
    assert tab.page.locator(".jp-Dialog").count() == 0
    [frozen] = cards_in_file(tab.lab, name)
    assert frozen["live"] is False


def test_whoever_only_looks_changes_nothing_and_the_end_is_saved(
    tab: Any, new_tab: Callable[..., Any]
) -> None:
    name = tab.lab.notebook("looked.ipynb", "1 + 1", live_cells.cell(name="looked", steps=5000))
    with nothing_saved(tab.lab):
        tab.open(name)
        tab.wait_for_kernel()
        tab.save()  # JupyterLab notes the kernel's language in the file, and is dirty until then
        tab.run(1)
        tab.card("training")
        tab.page.close()
    before = (tab.lab.root / name).read_bytes()
    other = new_tab()
    other.open(name)
    other.card("training")
    assert not is_dirty(other)
    assert (tab.lab.root / name).read_bytes() == before
    run_of(other, "looked").ask("stop")
    other.card("stopped")
    other.page.wait_for_selector(".plab-run[data-state=stopped] >> text=Report on test")
    wait_for_frozen(other)
    wait_until_clean(other)
    [frozen] = cards_in_file(tab.lab, name)
    assert frozen["live"] is False
    assert tab.lab.saved(name).cells[1].execution_count == 1


def wait_for_frozen(tab: Any) -> None:
    tab.page.wait_for_function(
        """mime => {
          const cell = jupyterapp.shell.currentWidget.content.model.sharedModel.cells[1].toJSON();
          return cell.outputs.some(output => output.data?.[mime]?.live === false);
        }""",
        arg=MIME,
        timeout=60_000,
    )


def test_a_file_that_was_changed_elsewhere_is_not_written_over(tab: Any) -> None:
    name = tab.lab.notebook("theirs.ipynb", "1 + 1", live_cells.cell(name="theirs", steps=STEPS))
    tab.open(name)
    tab.wait_for_kernel()
    book = tab.lab.saved(name)
    book.cells.append(nbformat.v4.new_markdown_cell("somebody else's"))
    nbformat.write(book, tab.lab.root / name)
    tab.run(1)
    tab.card("finished")
    tab.page.wait_for_selector(".jp-InputPrompt >> text=[1]:")
    assert is_dirty(tab)
    assert tab.page.locator(".jp-Dialog").count() == 0
    assert tab.lab.saved(name).cells[-1].source == "somebody else's"


def test_a_queued_cell_that_begins_after_a_reload_has_its_card(tab: Any) -> None:
    first = live_cells.cell(name="first", steps=5000)
    name = tab.lab.notebook("queue.ipynb", first, live_cells.cell(name="second", steps=STEPS))
    tab.open(name)
    tab.run(0)
    tab.card("training")
    tab.run(1)
    tab.page.on("dialog", lambda dialog: dialog.accept())
    tab.page.reload()
    tab.page.wait_for_selector(".jp-Notebook .jp-Cell")
    tab.card("training")
    # The kernel tells of itself when the queue is done: its socket is all that is needed.
    tab.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.connectionStatus"
        " === 'connected'"
    )
    run_of(tab, "first").ask("stop")
    tab.page.locator(".jp-Cell").nth(1).locator(".plab-run[data-state=finished]").wait_for(
        timeout=90_000
    )
    assert tab.page.locator(".plab-run").count() == 2


def test_what_was_cleared_stays_away_and_a_renamed_notebook_keeps_its_card(
    tab: Any, new_tab: Callable[..., Any]
) -> None:
    name = tab.lab.notebook("old.ipynb", "1 + 1", live_cells.cell(name="moved", steps=STEPS))
    with nothing_saved(tab.lab):
        tab.open(name)
        tab.run(1)
        tab.card("finished")
        tab.shutdown()
        tab.page.close()
    (tab.lab.root / name).rename(tab.lab.root / "new.ipynb")
    other = new_tab()
    other.open("new.ipynb")
    other.card("finished")
    wait_for_frozen(other)
    wait_until_clean(other)
    assert len(cards_in_file(tab.lab, "new.ipynb")) == 1
    other.page.evaluate("() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    other.save()
    third = new_tab()
    third.open("new.ipynb")
    third.wait_for_kernel()
    assert third.page.locator(".plab-run").count() == 0


def test_notebook_7_has_the_card_again(tab: Any, new_tab: Callable[..., Any]) -> None:
    name = tab.lab.notebook("seven-left.ipynb", live_cells.cell(name="seven-left", steps=STEPS))
    with nothing_saved(tab.lab):
        tab.open(name, app="notebooks")
        tab.run(0)
        tab.card("training")
        tab.page.close()
    other = new_tab()
    other.open(name, app="notebooks")
    other.card("finished")
    assert other.points() == STEPS
    other.shot("notebook7-back")
