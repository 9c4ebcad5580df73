"""From a report's worst mistakes to the file that holds all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
import run_writer

from paddle_lab.runs import RunFolder
from paddle_lab.views.frozen import frozen_bundle

LINK = "All of them: report/mistakes.csv"


def finished_run(root: Path, registry: Path, name: str) -> RunFolder:
    """A finished run whose mistakes lie beside its report."""
    folder = run_writer.new_run(root, registry, name=name)
    with folder.open_log() as log:
        log.append("phase", phase="train", total_steps=4, epochs=1.0)
        log.append("step", **run_writer.step_fields(1, 4))
        run_writer.finish(folder, log, 4, "finished")
    path = folder.report / "report.json"
    report = json.loads(path.read_text("utf-8"))
    examples = next(block for block in report["blocks"] if block["type"] == "examples")
    examples["file"] = "mistakes.csv"
    path.write_text(json.dumps(report), "utf-8")
    (folder.report / "mistakes.csv").write_text("line,text\n7,不好\n", "utf-8-sig")
    return folder


def open_card(tab: Any, name: str, folder: RunFolder) -> None:
    tab.lab.notebook(name, "1 + 1")
    book = tab.lab.saved(name)
    data = frozen_bundle(folder, "en", picture=False)
    book.cells[0].outputs = [nbformat.v4.new_output("display_data", data)]  # type: ignore[no-untyped-call]
    nbformat.write(book, tab.lab.root / name)  # type: ignore[no-untyped-call]
    tab.open(name)
    tab.card("finished")


@pytest.mark.parametrize("place", ["card", "page"])
def test_it_opens_beside_the_notebook(tab: Any, place: str) -> None:
    registry = tab.lab.home / "paddle-lab" / "runs"
    folder = finished_run(tab.lab.root / "runs", registry, f"mistaken-{place}")
    open_card(tab, f"mistaken-{place}.ipynb", folder)
    if place == "page":
        tab.page.evaluate(
            "id => void jupyterapp.commands.execute('paddle-lab:open-run', {id, name: 'x'})",
            folder.id,
        )
        tab.page.wait_for_selector(".plab-page .plab-run[data-state=finished]")
    button = tab.page.get_by_role("button", name=LINK).locator("visible=true")
    button.focus()
    tab.shot(f"mistakes-link-{place}")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector(".jp-CSVViewer:visible", timeout=30_000)
    tab.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.title.label === 'mistakes.csv'"
    )
    assert tab.errors == []


def test_a_run_that_jupyterlab_does_not_show_says_so(tab: Any, tmp_path: Path) -> None:
    registry = tab.lab.home / "paddle-lab" / "runs"
    open_card(tab, "outside.ipynb", finished_run(tmp_path / "runs", registry, "outside"))
    tab.page.get_by_role("button", name=LINK).click()
    tab.page.get_by_text("Outside JupyterLab's folder: report/mistakes.csv").wait_for()


def test_a_page_for_readers_names_the_file_without_a_link(tmp_path: Path) -> None:
    html = frozen_bundle(finished_run(tmp_path / "runs", tmp_path / "known", "read"), "en")[
        "text/html"
    ]
    assert LINK in html and "<a " not in html
