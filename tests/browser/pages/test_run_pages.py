"""The pages of runs in a real JupyterLab: opened, read and closed by keyboard alone."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import run_writer
from lab_server import Lab
from lab_tab import Tab

from paddle_lab.runs import RunFolder

FOCUS = """() => {
  const element = document.activeElement;
  return !element || element === document.body ? '' : element.className || element.tagName;
}"""


@pytest.fixture
def runs(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """Three finished runs and one that failed, in the server's own folder of runs."""
    registry = lab.home / "paddle-lab" / "runs"
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(registry.parent))
    made = []
    for number, name in enumerate(("page one", "page two", "page three"), start=1):
        options = {"name": name, "lr": number / 1e4}
        folder = run_writer.new_run(lab.root / "paddle_runs", registry, **options)
        run_writer.write_run(folder, 20 * number)
        made.append(folder)
    broken = run_writer.new_run(lab.root / "paddle_runs", registry, name="page broken")
    with broken.open_log() as log:
        what = {"en": "The loss was lost.", "zh": "损失丢失。"}
        error = {"type": "X", "code": "run.diverged", "what": what}
        log.append("end", state="failed", step=0, error=error)
    return [*made, broken]


def open_lab(tab: Tab) -> Any:
    tab.page.goto(f"{tab.lab.url}lab?token={tab.lab.token}&reset")
    tab.page.wait_for_function("window.jupyterapp && jupyterapp.restored", timeout=60_000)
    tab.page.evaluate("jupyterapp.restored.then(() => 1)")
    return tab.page


def show_runs(tab: Tab, words: str = "page") -> Any:
    """The page of all runs, with those of this test alone."""
    tab.page.evaluate("() => void jupyterapp.commands.execute('paddle-lab:show-runs')")
    field = tab.page.wait_for_selector(".plab-filter input")
    field.fill(words)
    tab.page.wait_for_function(
        """() => {
          const names = [...document.querySelectorAll('.plab-open')].map(node => node.textContent);
          return names.length > 0 && names.every(name => name.includes('page'));
        }"""
    )
    return tab.page


def focus(page: Any) -> str:
    found = str(page.evaluate(FOCUS))
    assert found, "the focus is lost"
    return found


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the focus stands on ``selector``."""
    for _ in range(150):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {selector}; the focus is on {focus(page)}")


def test_by_keyboard_alone(tab: Tab, runs: list[RunFolder]) -> None:
    page = show_runs_of(tab)
    names = page.locator(".plab-open").all_inner_texts()
    assert names[:4] == ["page broken", "page three", "page two", "page one"]
    assert "The loss was lost." in page.locator("[data-state=failed]").first.inner_text()

    # Compare two: choose them, press the button, read both curves, close.
    tab_to(page, ".plab-choose")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.evaluate("document.querySelector('.plab-filter input').focus()")
    tab_to(page, ".plab-page-bar .plab-button:not([aria-disabled=true])")
    page.keyboard.press("Enter")
    page.wait_for_selector(".plab-comparison .uplot")
    page.wait_for_selector(".plab-comparison td")
    assert "h3" in focus(page).lower() or page.evaluate("document.activeElement.tagName") == "H3"
    compared = page.locator(".plab-comparison").inner_text()
    assert "0.0003" in compared and "0.0002" in compared and "page two" in compared
    tab_to(page, ".plab-page-plot")
    page.keyboard.press("Home")
    read = page.locator(".plab-page-readout").inner_text()
    assert "page three" in read and "page two" in read and "step 1 " in read
    for key in ("+", "Shift+ArrowRight", "-", "0", "End", "Escape"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    page.wait_for_selector(".plab-comparison", state="detached")
    assert "plab-button" in focus(page)

    # Rename, note, delete: the focus comes back, and goes on to the next run after a removal.
    tab_to(page, ".plab-do-note")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".jp-Dialog textarea")
    page.keyboard.type("too few rows")
    for key in ("Tab", "Tab", "Enter"):  # past "Cancel" to "Save"
        page.keyboard.press(key)
    page.wait_for_selector(".plab-note-cell:has-text('too few rows')")
    assert "plab-do-note" in focus(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".jp-Dialog input")
    page.keyboard.press("Control+A")
    page.keyboard.type("page best")
    page.keyboard.press("Enter")
    page.wait_for_selector(".plab-open:has-text('page best')")
    assert "plab-do-rename" in focus(page)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".jp-Dialog")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".plab-open:has-text('page two')", state="detached")
    page.wait_for_function(f"({FOCUS})().includes('plab-open')")
    assert not runs[1].path.exists() and runs[2].path.exists()
    assert tab.axe_in_all_themes(".plab-page-frame", "page-runs") == {}

    # The page of a run, and back.
    page.evaluate("document.querySelector('.plab-filter input').focus()")
    tab_to(page, ".plab-open")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".plab-page .plab-run[data-state=finished]")
    assert page.locator(".plab-page-title:visible").inner_text() == "Run page best"
    focus(page)
    assert tab.axe_in_all_themes(f"#paddle-lab-run-{runs[2].id}", "page-run") == {}
    assert tab.errors == []


def show_runs_of(tab: Tab) -> Any:
    open_lab(tab)
    return show_runs(tab)


def test_the_curve_is_saved_with_every_point(tab: Tab, runs: list[RunFolder]) -> None:
    page = open_lab(tab)
    page.evaluate(
        "id => void jupyterapp.commands.execute('paddle-lab:open-run', {id, name: 'x'})", runs[0].id
    )
    page.wait_for_selector(".plab-page .uplot")
    files = {}
    for form in ("CSV", "SVG", "PNG"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save as {form}").click()
        files[form] = Path(download.value.path()).read_bytes()
        assert download.value.suggested_filename == f"page-one.{form.lower()}"
    rows = list(csv.DictReader(io.StringIO(files["CSV"].decode("utf-8-sig"))))
    assert len([row for row in rows if row["kind"] == "step"]) == 20
    assert b"<svg" in files["SVG"] and b"page one" in files["SVG"]
    assert files["PNG"].startswith(b"\x89PNG") and len(files["PNG"]) > 5000


def test_an_open_page_comes_back_after_a_reload(tab: Tab, runs: list[RunFolder]) -> None:
    page = open_lab(tab)
    page.evaluate(
        "id => void jupyterapp.commands.execute('paddle-lab:open-run', {id, name: 'page one'})",
        runs[0].id,
    )
    page.wait_for_selector(".plab-page .plab-run[data-state=finished]")
    page.wait_for_timeout(1500)  # JupyterLab saves its layout with a delay of its own
    page.goto(f"{tab.lab.url}lab?token={tab.lab.token}")
    page.wait_for_selector(".plab-page .plab-run[data-state=finished]", timeout=60_000)
    assert page.locator(".plab-page-title").inner_text() == "Run page one"

    # Of a run of several processes the tab "Log" shows the others, too, when one asks.
    page.get_by_role("tab", name="Log").click()
    page.wait_for_selector(".plab-page .plab-log")
    assert page.locator(".plab-log-of").count() == 0
    (runs[0].path / "logs").mkdir()
    (runs[0].path / "logs" / "rank-1.txt").write_text("the second process\n", "utf-8")
    page.goto(f"{tab.lab.url}lab?token={tab.lab.token}")
    page.get_by_role("tab", name="Log").click(timeout=60_000)
    page.get_by_label("Log of").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".plab-log:text('the second process')")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    assert tab.axe(".plab-page") == []


def test_notebook_7_has_the_pages_too(tab: Tab, runs: list[RunFolder]) -> None:
    page = tab.page
    page.goto(f"{tab.lab.url}tree?token={tab.lab.token}&paddle-lab-run={runs[0].id}")
    page.wait_for_selector(".plab-page .plab-run[data-state=finished]", timeout=60_000)
    tab.shot("page-notebook-7")
    page.get_by_role("button", name="All runs").click()
    page.wait_for_selector(".plab-runs tbody tr")
    assert tab.errors == []
