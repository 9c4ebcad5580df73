"""A click on the widget reaches a run whose cell keeps the kernel busy, in real kernels."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kernel import ROOT, Kernel, NoSuchVersion, install_ipykernel

pytestmark = pytest.mark.slow

# Kernels with subshells, over which front ends send clicks; 7.4 needs the display's help.
VERSIONS = ["7.1.0", "7.3.0", "7.4.0"]
BUSY_CELL = f"""
import sys, time
sys.path.insert(0, {str(ROOT / "tests")!r})
import run_writer
from pathlib import Path
from paddle_lab.views import open_display
folder = run_writer.new_run(Path("runs"))
requests = folder.watch_requests()
display_ = open_display(folder, notebook=True)
display_.show()
heard, deadline = [], time.monotonic() + 30
while not heard and time.monotonic() < deadline:
    time.sleep(0.1)
    display_.tick()
    heard = [(item.ask, item.source) for item in requests.poll()]
print(heard)
"""


@pytest.fixture(params=VERSIONS)
def kernel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kernel]:
    try:
        ipykernel = install_ipykernel(request.param, tmp_path / "ipykernel")
    except NoSuchVersion as error:
        pytest.skip(f"ipykernel {request.param}: {error}")
    with Kernel(tmp_path / "home", ipykernel) as kernel:
        yield kernel


def subshell_of(kernel: Kernel) -> str:
    """A subshell, as JupyterLab makes one for the comms of a widget."""
    client = kernel.client
    client.control_channel.send(client.session.msg("create_subshell_request", {}))
    reply = client.get_control_msg(timeout=20)
    return str(reply["content"]["subshell_id"])


def widget_of(kernel: Kernel) -> tuple[str, dict[str, Any]]:
    """Id and state of the run's widget, once the kernel has opened it."""
    while True:
        message = kernel.client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "comm_open":
            state = message["content"]["data"]["state"]
            if "_esm" in state:
                return message["content"]["comm_id"], state


def test_a_click_is_heard_while_the_cell_runs(kernel: Kernel) -> None:
    subshell = subshell_of(kernel)
    cell = kernel.submit(BUSY_CELL)
    comm, state = widget_of(kernel)
    assert state["snapshot"]["version"] == 1
    time.sleep(1)  # let the kernel publish on the comm from its main shell
    click = {"method": "custom", "content": {"op": "request", "ask": "stop", "when": "step"}}
    message = kernel.client.session.msg("comm_msg", {"comm_id": comm, "data": click})
    message["header"]["subshell_id"] = subshell
    kernel.client.shell_channel.send(message)
    done = kernel.collect(cell)
    assert done.text.strip() == "[('stop', 'widget')]", done.error
