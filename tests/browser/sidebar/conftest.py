"""JupyterLab with the sidebar on machines of every kind: a fake driver, simulated GPUs, none."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fake_nvml.build import FakeNvml, build, compiler
from fake_nvml.server import value_of
from lab_server import Lab


@pytest.fixture(scope="session")
def machine(
    start_shared_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """A machine with two GPUs over the fake driver: ``machine.lab``, ``machine.fake``."""
    if compiler() is None:
        pytest.skip("no C compiler: the fake NVML library cannot be built")
    folder = tmp_path_factory.mktemp("driver")
    fake = FakeNvml(build(folder), folder, gpus=2)
    return SimpleNamespace(fake=fake, lab=start_shared_lab(**fake.environment))


@pytest.fixture
def page(fresh_page: Any) -> Any:
    """A fresh page that may use the clipboard."""
    fresh_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return fresh_page


@pytest.fixture
def notebook(machine: SimpleNamespace) -> Iterator[Callable[..., Any]]:
    """Open a notebook with a kernel on ``machine``: ``notebook("a.ipynb", code)``.

    Returns its kernel's client and process number; the kernels end with the test.
    """
    lab = machine.lab
    opened = []

    def make(path: str, code: str = "") -> SimpleNamespace:
        lab.notebook(path, "1 + 1")
        model = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        session = ask(lab, "api/sessions", model)
        client = client_of(lab, session["kernel"]["id"])
        opened.append(client)
        pid = value_of(client, "__import__('os').getpid()", code)
        return SimpleNamespace(client=client, pid=pid, kernel_id=session["kernel"]["id"])

    yield make
    for client in opened:
        client.stop_channels()
    lab.end_kernels()
    machine.fake.set()


def ask(lab: Lab, path: str, body: Any) -> Any:
    """JSON from the server, to which ``body`` is posted with its token."""
    request = urllib.request.Request(
        lab.url + path,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"token {lab.token}", "Content-Type": "application/json"},
    )
    return json.loads(urllib.request.urlopen(request, timeout=30).read())


def client_of(lab: Lab, kernel_id: str) -> Any:
    """A client of a kernel, connected and ready."""
    from jupyter_client import BlockingKernelClient

    file = lab.home / "runtime" / f"kernel-{kernel_id}.json"
    client = BlockingKernelClient(connection_file=str(file))
    client.load_connection_file()
    client.start_channels(hb=False)
    client.wait_for_ready(timeout=60)
    return client
