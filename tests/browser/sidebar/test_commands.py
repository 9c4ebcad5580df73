"""Palette, launcher, settings page, running panel: the sidebar's places in JupyterLab."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import run_writer
from sidebar_page import NO_GPUS, registry_of, sidebar_in

REPO = Path(__file__).parents[3]
SOURCES = """() => jupyterapp.shell.currentWidget?.context?.model.sharedModel?.cells
  .map(cell => cell.getSource())"""


def in_front(page: Any) -> list[str]:
    """Sources of the notebook in front, once there is one with a magic."""
    page.wait_for_function(
        f"(({SOURCES})() ?? []).some(source => source.includes('%'))", timeout=30_000
    )
    return list(page.evaluate(SOURCES))


def in_palette(page: Any, words: str, item: str) -> bool:
    """Whether the command palette finds ``item``; asked again when it closed.

    A notebook that has just come to the front takes the focus, on which JupyterLab closes it.
    """
    from playwright.sync_api import TimeoutError

    found = page.locator("#modal-command-palette .lm-CommandPalette-item").filter(has_text=item)
    for _ in range(10):
        page.evaluate("() => void jupyterapp.commands.execute('apputils:activate-command-palette')")
        try:
            page.locator("#modal-command-palette input").fill(words, timeout=2000)
            found.first.wait_for(timeout=2000)
        except TimeoutError:
            continue
        page.keyboard.press("Escape")
        return True
    return False


def test_the_palette_and_the_launcher_lead_to_welcome_check_and_runs(page, start_lab):
    lab = start_lab(PADDLE_LAB_GPUS="simulated:2xA100")
    sidebar = sidebar_in(page, lab).open()
    sidebar.command("launcher:create")
    # JupyterLab may have put up a launcher of its own meanwhile, which then lies behind.
    cards = sidebar.wait(".jp-LauncherCard:visible")
    names = {text.strip() for text in cards.all_inner_texts()}
    assert {"Welcome", "Environment check", "Training runs"} <= names
    sidebar.shot("launcher")
    cards.filter(has_text="Welcome").first.click()
    cells = in_front(page)
    assert "%paddle_env" in cells
    assert any(cell.startswith("%ernie_finetune") for cell in cells)
    assert (lab.root / "paddle-lab-welcome.ipynb").exists()
    page.wait_for_timeout(1000)
    assert page.locator(".jp-Dialog").count() == 0, "nobody is asked for a kernel"
    sidebar.command("paddle-lab:open-doctor")
    sidebar.wait(".pl-env-page")
    sidebar.command("paddle-lab:open-welcome")
    page.wait_for_function(
        "jupyterapp.shell.currentWidget?.context?.path === 'paddle-lab-welcome.ipynb'"
    )
    books = sorted(path.name for path in lab.root.glob("*.ipynb"))
    assert books == ["paddle-lab-welcome.ipynb"], "the same page, and none for the check"
    assert in_palette(page, "training runs", "Training runs")


def test_the_courses_own_welcome_is_opened_where_there_is_one(page, start_lab):
    lab = start_lab(PADDLE_LAB_GPUS="simulated:2xA100")
    (lab.root / "notebooks").mkdir()
    lab.notebook("notebooks/welcome_en.ipynb", "%course")
    sidebar = sidebar_in(page, lab).open()
    sidebar.command("paddle-lab:open-welcome")
    assert in_front(page) == ["%course"]


def test_the_settings_page_changes_what_is_shown(page, start_lab):
    lab = start_lab(PADDLE_LAB_GPUS="auto", LD_LIBRARY_PATH="/nowhere")
    sidebar = sidebar_in(page, lab).open()
    sidebar.wait(NO_GPUS)
    page.evaluate("jupyterapp.commands.execute('settingeditor:open', {query: 'Paddle Lab'})")
    form = sidebar.wait(".jp-SettingsPanel", timeout=30_000)
    gpus = form.locator("input[id$=_gpus]")
    gpus.wait_for(timeout=20_000)
    words = form.inner_text()
    for title in (
        "GPUs (real or simulated)",
        "Status bar",
        "Warnings as notifications",
        "Muted warnings",
        "Presenter mode",
    ):
        assert title in words
    gpus.fill("simulated:3xT4")
    gpus.press("Tab")
    sidebar.wait(".pl-gpu >> nth=2", timeout=30_000)
    sidebar.shot("settings")
    lab.stop()
    sidebar.wait("[data-code=connection-lost]")
    lab.start(PADDLE_LAB_GPUS="auto", LD_LIBRARY_PATH="/nowhere")
    page.wait_for_selector("[data-code=connection-lost]", state="detached", timeout=15_000)
    sidebar.wait(".pl-gpu >> nth=2", timeout=20_000)
    if page.locator(".jp-Dialog").count():  # JupyterLab's own, when the server was away for long
        page.keyboard.press("Escape")
        page.locator(".jp-Dialog").wait_for(state="detached")
    page.locator(".pl-badge").click()
    sidebar.wait(NO_GPUS)
    page.wait_for_timeout(1500)
    sidebar.open(reset="")
    sidebar.wait(NO_GPUS)
    assert page.locator(".pl-gpu").count() == 0, "the choice outlives the page"


def test_live_runs_stand_in_the_running_panel(page, start_lab):
    lab = start_lab(PADDLE_LAB_GPUS="simulated:1xT4")
    folder = run_writer.new_run(lab.root / "paddle_runs", registry_of(lab), name="night shift")
    writer = subprocess.Popen(
        [sys.executable, REPO / "tests/run_writer.py", folder.path, "--steps=9000", "--pause=0.05"]
    )
    try:
        sidebar = sidebar_in(page, lab)
        page.goto(f"{lab.url}lab?token={lab.token}&reset")
        page.wait_for_function("window.jupyterapp", timeout=60_000)
        page.evaluate("jupyterapp.restored.then(() => 1)")
        page.evaluate("jupyterapp.shell.activateById('jp-running-sessions')")
        item = sidebar.wait(".jp-RunningSessions-item:has-text('night shift')").first
        sidebar.shot("running-panel")
        item.hover()
        item.locator(".jp-RunningSessions-itemShutdown").click(force=True)
        assert writer.wait(20) == 0
    finally:
        writer.kill()
