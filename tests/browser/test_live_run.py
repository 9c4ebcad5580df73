"""A run in its cell: live, reloaded, in a second tab, stopped, frozen, reopened."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import live_cells
import nbformat
import run_writer

from paddle_lab.i18n import T
from paddle_lab.runs import ProcessMark, Registry, RunFolder
from paddle_lab.views.frozen import MIME, output

WIDGET = "application/vnd.jupyter.widget-view+json"
HOSTILE = "<img src=x onerror=alert(1)>\u202e'\""


def output_of(lab: Any, name: str) -> dict[str, Any]:
    """The one output that shows a run in a saved notebook."""
    cells = lab.saved(name).cells
    return next(
        out["data"] for cell in cells for out in cell.outputs if MIME in out.get("data", {})
    )


def run_of(tab: Any, name: str) -> RunFolder:
    """The newest run of this name."""
    return Registry(tab.lab.home / "paddle-lab" / "runs").find(name).folder


def test_a_run_is_drawn_live_and_stops_by_its_button(tab: Any) -> None:
    tab.lab.notebook("live.ipynb", live_cells.cell(steps=2000))
    tab.open("live.ipynb")
    tab.run(0)
    tab.card("training")
    tab.wait_for_points(20)
    assert tab.axe_in_all_themes(".plab-run", "live") == {}

    plot = tab.page.get_by_role("group", name=re.compile("Loss curve"))
    plot.press("Home")
    readout = tab.page.locator(".plab-readout")
    assert readout.text_content().startswith("step 1: loss ")
    plot.press("ArrowRight")
    assert readout.text_content().startswith("step 2: loss ")

    tab.page.get_by_role("button", name="Pause").click()
    tab.card("paused")
    tab.page.get_by_role("button", name="Resume").click()
    tab.card("training")
    tab.page.get_by_role("button", name="Stop", exact=True).click()
    tab.card("stopped")
    tab.page.wait_for_selector("text=Report on test (1000 rows)")
    tab.page.set_viewport_size({"width": 1280, "height": 1500})
    mistakes = tab.page.get_by_role("group", name="Worst mistakes")
    assert mistakes.locator(".plab-mistake").count() == 5
    tab.shot("report")
    mistakes.get_by_role("button", name="Show all 8").click()
    assert mistakes.locator(".plab-mistake").count() == 8
    assert mistakes.evaluate("list => list === document.activeElement"), "the focus is not lost"
    assert mistakes.evaluate("list => list.scrollHeight === list.clientHeight"), "no inner scroll"
    assert tab.axe_in_all_themes(".plab-run", "report") == {}

    requests = (tab.lab.root / "runs").rglob("requests.jsonl")
    newest = max(requests, key=lambda path: path.stat().st_mtime)
    asked = [json.loads(line) for line in newest.read_text().splitlines()]
    assert [item["ask"] for item in asked] == ["pause", "resume", "stop"]
    assert {item["from"] for item in asked} == {"server"}
    assert tab.errors == []
    assert tab.outside == []


def test_a_reload_and_a_second_tab_miss_no_point(tab: Any, new_tab: Callable[..., Any]) -> None:
    tab.lab.notebook("reload.ipynb", live_cells.cell(name="reload", steps=5000, pause=0.06))
    tab.open("reload.ipynb")
    tab.run(0)
    tab.card("training")
    tab.wait_for_points(10)
    tab.save()
    tab.page.reload()
    tab.page.wait_for_selector(".jp-Notebook .jp-Cell")
    tab.card("training")
    other = new_tab()
    other.open("reload.ipynb")
    other.card("training")
    folder = run_of(tab, "reload")
    folder.ask("stop")
    tab.card("stopped")
    other.card("stopped")
    steps = folder.state().step
    assert tab.points() == other.points() == steps

    # The kernel's last update found no output in the reloaded page: the page froze it by itself.
    tab.page.wait_for_function(
        """mime => {
          const cells = jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
          const data = cells[0].toJSON().outputs[0]?.data ?? {};
          return data[mime]?.live === false;
        }""",
        arg=MIME,
        timeout=20_000,
    )
    tab.save()
    data = output_of(tab.lab, "reload.ipynb")
    assert WIDGET not in data
    assert data[MIME]["snapshot"]["points"] == steps
    assert "data:image/svg+xml;base64," in data["text/html"]
    assert tab.card("stopped").query_selector("text=Report on test")


def test_a_finished_run_stays_in_the_saved_notebook(tab: Any, new_tab: Callable[..., Any]) -> None:
    lab = tab.lab
    lab.notebook("saved.ipynb", live_cells.cell(name="saved", steps=30))
    tab.open("saved.ipynb")
    tab.run(0)
    tab.card("finished")
    tab.page.wait_for_selector(".jp-InputPrompt >> text=[1]:")
    tab.save()
    tab.shutdown()
    data = output_of(lab, "saved.ipynb")
    assert WIDGET not in data
    assert len(json.dumps(data, ensure_ascii=False).encode()) <= 60_000

    # Edited outside Jupyter: the copy is not trusted. Nothing runs, and the card is there.
    book = lab.saved("saved.ipynb")
    book.cells.append(nbformat.v4.new_markdown_cell("not trusted"))
    nbformat.write(book, lab.root / "untrusted.ipynb")
    reader = new_tab()
    reader.open("untrusted.ipynb")
    reader.card("finished")
    assert reader.points() == 30
    assert reader.page.locator(".plab-actions button").count() == 0
    reader.page.wait_for_selector("text=Report on test (1000 rows)")
    reader.page.get_by_role("tab", name="Command").click()
    assert "%ernie_finetune reviews" in reader.page.locator(".plab-command").text_content()

    page = subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--stdout", "saved.ipynb"],
        cwd=lab.root,
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "data:image/svg+xml;base64," in page
    assert "model not found" not in page


def test_notebook_7_draws_the_same_card(tab: Any) -> None:
    tab.lab.notebook("seven.ipynb", live_cells.cell(name="seven", steps=30))
    tab.open("seven.ipynb", app="notebooks")
    tab.run(0)
    tab.card("finished")
    assert tab.points() == 30
    tab.shot("notebook7")
    assert tab.errors == []


def test_a_chinese_notebook_in_the_dark(new_tab: Callable[..., Any]) -> None:
    """JupyterLab and the browser are English; the notebook's own choice holds in it."""
    tab = new_tab(viewport={"width": 1280, "height": 1500})
    tab.lab.notebook("zh.ipynb", live_cells.cell(name="评论", steps=1200, language="zh"))
    tab.open("zh.ipynb")
    tab.page.evaluate(
        "() => jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    tab.run(0)
    tab.card("training")
    tab.page.wait_for_selector("text=训练中")
    tab.page.wait_for_selector("text=验证集准确率", timeout=60_000)
    tab.shot("zh-dark-live")
    run_of(tab, "评论").ask("stop")
    tab.card("stopped")
    tab.page.wait_for_selector("text=测试集报告")
    tab.shot("zh-dark-report")
    assert tab.axe(".plab-run") == []
    tab.page.evaluate(
        "() => jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})"
    )


def test_hostile_names_stay_text(tab: Any) -> None:
    alerts: list[Any] = []
    tab.page.on("dialog", lambda dialog: (alerts.append(dialog), dialog.dismiss()))
    tab.lab.notebook("hostile.ipynb", live_cells.cell(name=HOSTILE, steps=20))
    tab.open("hostile.ipynb")
    tab.run(0)
    tab.card("finished")
    assert tab.page.locator(".plab-run img").count() == 0
    assert HOSTILE in tab.page.locator(".plab-name").text_content()
    assert alerts == []


def test_a_killed_process_shows_as_crashed(tab: Any) -> None:
    tab.lab.notebook("killed.ipynb", live_cells.cell(name="killed", steps=5000, freeze=False))
    tab.open("killed.ipynb")
    tab.run(0)
    tab.card("training")
    os.kill(run_of(tab, "killed").state().process.pid, signal.SIGKILL)
    tab.card("crashed")
    tab.page.wait_for_selector("text=/--resume [0-9a-f]{8}/")
    tab.shot("crashed")


def test_a_crashed_run_that_is_resumed_lives_again_in_the_open_page(tab: Any) -> None:
    folder = run_writer.new_run(tab.lab.root / "runs", tab.lab.home / "paddle-lab" / "runs")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mark = ProcessMark.of_this_process()
    with folder.open_log() as log:
        log.append("phase", phase="train", total_steps=40, epochs=3.0,
                   process={**mark.to_json(), "pid": ended.pid})  # fmt: skip
        for step in range(1, 31):
            log.append("step", **run_writer.step_fields(step, 40))
    open_live_output(tab, "again.ipynb", folder)
    tab.card("crashed")
    with folder.open_log() as log:
        log.append("phase", phase="queued", process=mark.to_json())
        tab.card("queued")
        log.append("phase", phase="train", from_step=20)
        log.append("step", **run_writer.step_fields(21, 40))
        tab.card("training")
        tab.page.wait_for_selector("text=21 / 40")
        tab.shot("resumed")
        assert tab.points() == 21
        run_writer.finish(folder, log, 40, "finished")
    tab.card("finished")
    assert tab.page.get_by_role("alert").count() == 0


def test_a_failed_run_says_what_why_and_what_to_do(tab: Any) -> None:
    parts = ("what", "why", "fix")
    said = {part: T(f"{part} {HOSTILE}", f"{part} {HOSTILE}").to_json() for part in parts}
    folder = run_writer.new_run(tab.lab.root / "runs", tab.lab.home / "paddle-lab" / "runs")
    with folder.open_log() as log:
        log.append("phase", phase="data")
        log.append("end", state="failed", step=0, error={"type": "DataError", **said})
    open_live_output(tab, "failed.ipynb", folder)
    tab.card("failed")
    alert = tab.page.get_by_role("alert").filter(has_text="what")
    for part in parts:
        assert f"{part} {HOSTILE}" in alert.text_content()
    assert not tab.page.locator(".plab-chart").is_visible()
    tab.shot("failed")


def test_a_run_that_is_gone_is_said_to_be(tab: Any) -> None:
    registry = tab.lab.home / "paddle-lab" / "runs"
    folder = run_writer.new_run(tab.lab.root / "runs", registry, name="forgotten")
    Registry(registry).remove(Registry(registry).find(folder.id))
    open_live_output(tab, "gone.ipynb", folder)
    tab.page.wait_for_selector("text=/not on this server any more/")
    assert tab.page.locator(".plab-name").text_content() == "forgotten"


def open_live_output(tab: Any, name: str, folder: RunFolder) -> None:
    """Open a notebook that was saved while the run was live."""
    found = {"run_id": folder.id, "name": folder.spec().name, "folder": str(folder.path)}
    tab.lab.notebook(name, "1 + 1")
    book = tab.lab.saved(name)
    data = {MIME: output(found, "en", live=True), "text/plain": "a run"}
    book.cells[0].outputs = [nbformat.v4.new_output("display_data", data)]
    nbformat.write(book, tab.lab.root / name)
    tab.open(name)
