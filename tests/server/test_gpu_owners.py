"""Whose memory is it: real kernels with real children on a real server, over a fake driver."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import run_writer
from fake_nvml.build import FakeNvml, build, compiler
from fake_nvml.paddle import FAKE_PADDLE
from fake_nvml.server import Server, value_of

from paddle_lab.gpu.report import REPLY, REQUEST
from paddle_lab.runs import ProcessMark
from paddle_lab.server import gpu_kernels
from paddle_lab.server.gpu_kernels import Kernels

REPO = Path(__file__).parents[2]
GIB = 1 << 30
with_real_kernels = pytest.mark.slow


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    if compiler() is None:
        pytest.skip("no C compiler: the fake NVML library cannot be built")
    folder = tmp_path_factory.mktemp("machine")
    fake = FakeNvml(build(folder), folder, gpus=2)
    server = Server(folder, fake)
    yield SimpleNamespace(fake=fake, server=server)
    server.stop()


@pytest.fixture
def notebook(machine):
    """A function that opens a notebook with a kernel: (kernel id, client)."""
    opened = []

    def make(path: str) -> tuple[str, Any]:
        kernel_id = machine.server.notebook(path)
        client = machine.server.kernel(kernel_id)
        opened.append((kernel_id, client))
        return kernel_id, client

    yield make
    for kernel_id, client in opened:
        client.stop_channels()
        machine.server.ask(f"api/kernels/{kernel_id}", method="DELETE")
    machine.fake.set()


def owners_when(server: Server, wanted: Any, timeout_s: float = 30) -> list[dict]:
    """The owners once ``wanted(owners)`` holds."""
    deadline = time.monotonic() + timeout_s
    while True:
        owners = server.ask("paddle-lab/snapshot")["owners"]
        if wanted(owners):
            return owners
        assert time.monotonic() < deadline, owners
        time.sleep(0.3)


def is_split(owners: list[dict]) -> bool:
    """The driver's figure and the kernel's report have both come."""
    return bool(owners) and bool(owners[0]["split"]) and not owners[0]["reported"]


@with_real_kernels
def test_two_notebooks_with_children_each_get_their_own(machine, notebook):
    spawn = "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(120)'])"  # noqa: E501
    pids = {}
    for path in ("情感分析.ipynb", "second.ipynb"):
        _, client = notebook(path)
        pids[path] = value_of(client, "(__import__('os').getpid(), child.pid)", spawn)
    one, two = pids["情感分析.ipynb"], pids["second.ipynb"]
    machine.fake.set(
        f"0 proc {one[0]} 2048",
        f"0 proc {one[1]} 1024",
        f"1 proc {one[1]} 512",
        f"1 proc {two[1]} 4096",
    )
    owners = owners_when(machine.server, lambda found: len(found) == 3)
    assert [owner["path"] for owner in owners] == ["second.ipynb", "情感分析.ipynb", None]
    assert owners[0]["memory"] == {"1": 4 * GIB}
    assert owners[1]["memory"] == {"0": 3 * GIB, "1": GIB // 2}
    assert owners[1]["processes"] == 2
    assert owners[2]["kind"] == "other"


@with_real_kernels
def test_new_memory_is_attributed_within_two_ticks(machine, notebook):
    kernel_id, client = notebook("ticks.ipynb")
    pid = value_of(client, "__import__('os').getpid()")
    tab = machine.server.socket()
    for topic in ("gpu", "owners"):
        tab.send(json.dumps({"op": "subscribe", "topic": topic}))

    def ticks_until(owned: bool) -> int:
        ticks = 0
        while True:
            message = json.loads(tab.recv())
            used = message["topic"] == "gpu" and message.get("f", [[0, 0]])[0][1]
            ticks += 1 if used and used > 2048 else 0
            if message["topic"] == "owners" and owned is any(
                owner["kernel"] == kernel_id for owner in message["owners"]
            ):
                return ticks

    counts: list[int] = []
    # A thread that the machine starves may miss some ticks once, not each time.
    while not counts or (min(counts) > 2 and len(counts) < 3):
        machine.fake.set("0 util 10")
        if counts:
            ticks_until(False)
        machine.fake.set(f"0 proc {pid} 2048")
        counts.append(ticks_until(True))
    tab.close()
    assert min(counts) <= 2


@with_real_kernels
def test_paddles_split_is_the_kernels_word_even_while_it_is_busy(machine, notebook):
    _, client = notebook("split.ipynb")
    pid = value_of(client, "__import__('os').getpid()", FAKE_PADDLE)
    client.execute("import time; time.sleep(120)")
    machine.fake.set(f"0 proc {pid} 4096")
    owners = owners_when(machine.server, is_split)
    assert owners[0]["split"] == [GIB, 2 * GIB, GIB]
    assert owners[0]["state"] == "busy", "it answered while its cell was running"


@with_real_kernels
def test_in_a_container_the_kernels_report_counts_and_is_labelled(machine, notebook):
    _, client = notebook("inside.ipynb")
    value_of(client, "1", FAKE_PADDLE)
    machine.fake.set("0 proc 4194000 8192")
    owners = owners_when(machine.server, lambda found: found and found[0]["reported"])
    assert owners[0]["path"] == "inside.ipynb"
    assert owners[0]["total"] == 3 * GIB
    assert owners[-1]["kind"] == "other"
    notes = machine.server.ask("paddle-lab/snapshot")["owner_notes"]
    assert [note["code"] for note in notes] == ["pids-hidden"]


@with_real_kernels
def test_a_notebook_that_trains_is_busy_though_its_kernel_answers(machine, notebook):
    kernel_id, client = notebook("trains.ipynb")
    pid = value_of(client, "__import__('os').getpid()")
    machine.fake.set(f"0 proc {pid} 4096")

    def mine(owners: list[dict]) -> list[dict]:
        return [owner for owner in owners if owner["kernel"] == kernel_id]

    owners_when(machine.server, lambda found: [o for o in mine(found) if o["state"] == "idle"])
    folder = run_writer.new_run(machine.server.root, machine.server.registry, name="live")
    info = json.loads(folder.info_path.read_text("utf-8")) | {"kernel": kernel_id}
    folder.info_path.write_text(json.dumps(info), encoding="utf-8")
    with folder.open_log() as log:
        log.append("phase", phase="train", process=ProcessMark.of_this_process().to_json())
        log.append("step", **run_writer.step_fields(1, 50))
        owners_when(machine.server, lambda found: mine(found)[0]["state"] == "busy")
        log.append("end", state="finished", step=1)
    owners_when(machine.server, lambda found: mine(found)[0]["state"] == "idle")


@with_real_kernels
def test_asking_a_kernel_is_no_activity(machine, notebook):
    kernel_id, client = notebook("quiet.ipynb")
    pid = value_of(client, "__import__('os').getpid()", FAKE_PADDLE)
    before, later = None, machine.server.ask(f"api/kernels/{kernel_id}")
    while before != later:  # what our own first cell did is still being counted
        time.sleep(1)
        before, later = later, machine.server.ask(f"api/kernels/{kernel_id}")
    machine.fake.set(f"0 proc {pid} 4096")
    owners_when(machine.server, is_split)
    after = machine.server.ask(f"api/kernels/{kernel_id}")
    assert after["last_activity"] == before["last_activity"]
    assert after["execution_state"] == "idle"


@with_real_kernels
def test_the_expression_that_frees_the_cache_leaves_no_trace(machine, notebook):
    source = (REPO / "labextension/src/sidebar/freeCached.ts").read_text("utf-8")
    found = re.search(r'EXPRESSION =\s+"(.*)";', source)
    assert found is not None
    expression = found[1]
    _, client = notebook("free.ipynb")
    assert value_of(client, expression) is None, "Paddle is not imported and stays so"
    assert value_of(client, "'paddle' in __import__('sys').modules") is False
    names = value_of(client, "sorted(globals())", FAKE_PADDLE)
    assert value_of(client, expression) == (3 * GIB, None, GIB)
    assert value_of(client, expression) == (GIB, None, GIB)
    assert value_of(client, "sorted(globals())") == names
    assert value_of(client, "len([h for h in get_ipython().history_manager.get_range()])") == 0


@with_real_kernels
def test_shutting_down_through_jupyter_frees_the_owner(machine, notebook):
    session = machine.server.ask("api/sessions", {
        "path": "gone.ipynb", "name": "gone", "type": "notebook", "kernel": {"name": "python3"},
    })  # fmt: skip
    client = machine.server.kernel(session["kernel"]["id"])
    pid = value_of(client, "__import__('os').getpid()")
    client.stop_channels()
    machine.fake.set(f"0 proc {pid} 2048")
    owners = owners_when(machine.server, lambda found: found and found[0]["path"] == "gone.ipynb")
    machine.server.ask(f"api/sessions/{owners[0]['session']}", method="DELETE")
    machine.fake.set()
    owners_when(machine.server, lambda found: all(o["kind"] == "other" for o in found))


class Stream:
    """The control channel of a kernel that answers what it is told to."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.closed = False
        self.hear: Any = None

    def on_recv(self, hear: Any) -> None:
        self.hear = hear

    def close(self) -> None:
        self.closed = True


class Session:
    def __init__(self, **options: Any) -> None:
        self.config, self.key = {}, b""

    def send(self, stream: Stream, message: str, content: dict) -> None:
        stream.sent.append(message)

    def feed_identities(self, frames: list) -> tuple[None, list]:
        return None, frames

    def deserialize(self, frames: list) -> dict:
        if frames == ["junk"]:
            raise ValueError("bad signature")
        return {"msg_type": frames[0], "content": frames[1]}


@pytest.fixture
def elsewhere(monkeypatch):
    """One kernel on another machine: no process here, a control channel that is watched."""
    stream = Stream()
    kernel = SimpleNamespace(
        provisioner=SimpleNamespace(), session=Session(), connect_control=lambda: stream,
        execution_state="idle", last_activity=None, kernel_name="python3",
    )  # fmt: skip
    manager = SimpleNamespace(
        list_kernel_ids=lambda: ["far"], get_kernel=lambda kernel_id: kernel,
        untracked_message_types=["status"],
    )  # fmt: skip
    monkeypatch.setattr("jupyter_client.session.Session", Session)
    monkeypatch.setattr(gpu_kernels, "ANSWER_WITHIN_S", 0.02)
    return SimpleNamespace(kernels=Kernels(manager, None, logging.getLogger()), stream=stream,
                           manager=manager)  # fmt: skip


def test_our_questions_are_added_to_what_is_no_activity(elsewhere):
    assert {"status", REQUEST, REPLY, "usage_request"} <= set(
        elsewhere.manager.untracked_message_types
    )


def test_a_kernel_elsewhere_that_never_answers_is_said_to_be_silent_and_left_in_peace(elsewhere):
    async def story() -> None:
        (kernel,) = await elsewhere.kernels.all([])
        assert (kernel.local, kernel.silent) == (False, False)
        elsewhere.kernels.ask(["far"])
        assert elsewhere.stream.sent == [REQUEST, "usage_request"]
        await asyncio.sleep(0.1)
        (kernel,) = await elsewhere.kernels.all([])
        assert kernel.silent
        elsewhere.kernels.ask(["far"])
        assert len(elsewhere.stream.sent) == 2, "not asked again so soon"

    asyncio.run(story())


@pytest.mark.parametrize(
    "frames",
    [
        ["junk"], [REPLY], [REPLY, None], [REPLY, []], [REPLY, "x" * 1000], [None, {}], [],
        [REPLY, {"devices": 5, "host": None, "visible": []}],
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_passed_over(elsewhere, frames):
    async def story() -> None:
        elsewhere.kernels.ask(["far"])
        elsewhere.stream.hear(frames)
        (kernel,) = await elsewhere.kernels.all([])
        assert kernel.report is None or kernel.report.devices == {}
        elsewhere.stream.hear([REPLY, {"host": "far", "devices": []}])
        (kernel,) = await elsewhere.kernels.all([])
        assert kernel.report is not None

    asyncio.run(story())


def test_a_kernel_with_a_live_run_is_asked_as_often_as_any(elsewhere):
    """It has Paddle Lab loaded, the run says so: its long silence was another's."""

    async def story() -> None:
        elsewhere.kernels.ask(["far"])
        await asyncio.sleep(0.1)
        line = elsewhere.kernels._lines["far"]
        assert line.wait_s == gpu_kernels.FIRST_SILENCE_S
        elsewhere.kernels.reset_backoff(["far", "unknown"])
        assert line.wait_s == gpu_kernels.ASK_EVERY_S

    asyncio.run(story())


def test_a_kernel_elsewhere_that_answers_is_shown_with_its_report(elsewhere):
    async def story() -> None:
        elsewhere.kernels.ask(["far"])
        elsewhere.stream.hear(["junk"])
        devices = [{"index": 0, "allocated": 1, "reserved": 2}]
        elsewhere.stream.hear([REPLY, {"host": "far", "devices": devices, "paddle": "3.3"}])
        (kernel,) = await elsewhere.kernels.all([])
        assert kernel.report is not None
        assert dict(kernel.report.devices) == {-1: (1, 2)}
        elsewhere.manager.get_kernel("far").provisioner.pid = 4711
        (kernel,) = await elsewhere.kernels.all([])
        assert kernel.report is None, "after a restart the old word is forgotten"
        elsewhere.manager.list_kernel_ids = lambda: []
        assert await elsewhere.kernels.all([]) == []
        assert elsewhere.stream.closed, "a kernel that is gone keeps no channel"

    asyncio.run(story())
