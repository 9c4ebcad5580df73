"""A run that waits in the queue: its row says where, and lets it come earlier or leave."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import run_writer
from lab_server import Lab
from sidebar_page import Sidebar

from paddle_lab.queue import asking, store
from paddle_lab.queue.supervisor import Supervisor
from paddle_lab.runs import RunFolder


@pytest.fixture
def waiting(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, list[RunFolder]]]:
    """The server's queue with a run at work and two that wait; its process is this one."""
    data = lab.home / "paddle-lab"
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(data))
    monkeypatch.setattr(asking, "supervise", lambda: None)
    store.folder().mkdir(parents=True, exist_ok=True)
    held = store.supervisor_lock(0.0)
    assert held is not None
    names = "works", "waits first", "waits second"
    runs = [run_writer.new_run(lab.root / "paddle_runs", data / "runs", name=n) for n in names]
    for run in runs:
        asking.add(run)
    supervisor = Supervisor(lambda folder: SimpleNamespace(working=True))
    for _ in range(2):
        supervisor.step(lambda: None)
    yield supervisor, runs[1:]
    with store.held() as line:
        for run in runs:
            line.line = line.line.left(run.id)
    for run in runs:
        with run.open_log() as log:
            log.append("end", state="stopped", step=0)
    held.close()


def test_a_waiting_run_comes_earlier_and_leaves(tab: Any, waiting: Any) -> None:
    supervisor, (first, second) = waiting
    sidebar = Sidebar(tab.page, tab.lab).open()
    row = tab.page.locator(".pl-run:has(.pl-owner-name:text-is('waits second'))")
    row.get_by_text("place 2 in the queue").wait_for()
    # JupyterLab gives its launcher the focus once it is there.
    tab.page.wait_for_selector(".jp-Launcher:focus-within, .jp-Launcher:focus")
    row.get_by_role("button", name="Let waits second come one place earlier").press("Enter")
    tab.page.wait_for_timeout(300)
    supervisor.step(lambda: None)
    row.get_by_text("place 1 in the queue").wait_for()
    assert [one.run for one in store.read().waiting] == [second.id, first.id]
    assert tab.page.evaluate("document.activeElement.closest('.pl-run') !== null"), "the focus"
    assert tab.axe(".pl-sidebar") == []
    row.get_by_role("button", name="Take waits second out of the queue").press("Enter")
    row.get_by_text("stopping…").wait_for()
    supervisor.step(lambda: None)
    row.get_by_text("stopped").wait_for()
    assert [one.run for one in store.read().waiting] == [first.id]
    assert sidebar.errors == []
