"""A service beside the notebook: tried in its cell, seen in the sidebar, ended by a button."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lab_server import REPO
from sidebar_page import Sidebar

EXPORT = """
import sys
from pathlib import Path
from bundle.tiny import tiny_trained
from paddle_lab.bundle import export_bundle
export_bundle(tiny_trained(), Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exported in a process of its own: Paddle and Playwright stay apart."""
    folder = tmp_path_factory.mktemp("served") / "bundle"
    paths = os.pathsep.join([str(REPO), str(REPO / "tests")])
    environment = {**os.environ, "PYTHONPATH": paths}
    subprocess.run([sys.executable, "-c", EXPORT, str(folder)], env=environment, check=True)
    return folder


def serve(tab: Any, name: str, bundle: Path, *words: str) -> Any:
    """The outputs of the notebook's second cell, which starts the service."""
    line = " ".join([f"%ernie_serve tiny={bundle} --workers 1", *words])
    tab.lab.notebook(name, "%load_ext paddle_lab", line)
    tab.open(name)
    tab.run(0)
    tab.run(1)
    shown = tab.page.locator(".jp-Notebook .jp-OutputArea").nth(1)
    shown.get_by_role("button").first.wait_for(timeout=90_000)
    return shown


def test_it_is_tried_by_the_keyboard_also_after_a_reload(tab: Any, bundle: Path) -> None:
    shown = serve(tab, "tried.ipynb", bundle)
    field = shown.get_by_role("textbox", name="text")
    field.fill("质量很好")
    field.press("Enter")
    shown.locator("[role=status] td").filter(has_text="差评").filter(has_text="%").first.wait_for()
    assert "curl http://127.0.0.1:" in shown.inner_text()
    assert shown.locator("img").count() == 0  # a label is text, whatever it holds
    assert tab.axe_in_all_themes(".jp-Notebook .jp-OutputArea .jupyter-widgets", "service") == {}
    tab.save()
    tab.page.reload()
    field = tab.page.get_by_role("textbox", name="text")
    field.wait_for(timeout=60_000)
    field.fill("太差了")
    field.press("Enter")
    tab.page.locator(".jupyter-widgets [role=status] td").first.wait_for()
    field.press("Tab")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.textContent") == "Stop service"
    tab.page.keyboard.press("Enter")
    tab.page.get_by_text("has ended").wait_for(timeout=30_000)
    assert tab.page.get_by_role("button", name="Stop service").count() == 0
    assert tab.errors == []
    tab.shutdown()


def test_the_sidebar_shows_what_it_holds_and_ends_it(tab: Any, bundle: Path) -> None:
    shown = serve(tab, "seen.ipynb", bundle, "--lang", "zh")
    port = re.search(r"127\.0\.0\.1:(\d+)", shown.inner_text())
    assert port is not None
    sidebar = Sidebar(tab.page, tab.lab)
    sidebar.command("paddle-lab:open-panel")
    sidebar.wait(".pl-owner")
    owner = tab.page.locator(".pl-owner").filter(has_text="Service of tiny")
    owner = owner.filter(has_text=f"port {port[1]}")
    owner.wait_for(timeout=30_000)
    assert "port " in owner.inner_text() and "GiB" in owner.inner_text()
    tab.shot("service-sidebar")
    owner.get_by_role("button", name="Stop the service of tiny").click()
    tab.page.get_by_text("已结束").wait_for(timeout=30_000)
    assert tab.page.locator(".jupyter-widgets").count() == 0  # nothing dead stays in the notebook
    assert tab.errors == []
    # Its row may keep its place for a while, with nothing to press.
    owner.get_by_role("button").wait_for(state="detached", timeout=30_000)
    tab.shot("service-ended")
    tab.shutdown()
