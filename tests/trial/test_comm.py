"""The kernel's end of the box: who is heard, in which thread Paddle is imported, what is told."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kernel import Kernel

from paddle_lab import devices
from paddle_lab.errors import EnvError
from paddle_lab.trial import comm
from paddle_lab.trial.register import TARGET, register, unregister


def test_a_shell_without_comms_is_left_alone() -> None:
    assert not register(None)
    assert not register(SimpleNamespace())
    unregister(None)


def test_what_nobody_foresaw_is_told_to_the_page() -> None:
    class Broken:
        def answer(self, request: Any) -> Any:
            raise ZeroDivisionError("by zero")

    (reply,) = comm._safe(Broken(), {"id": 4})  # type: ignore[arg-type]
    assert (reply["id"], reply["error"]["code"]) == (4, "run.question")
    assert "by zero" in reply["error"]["what"]["en"]


class Loop:
    """An event loop in a thread of its own, which stands for the kernel's main thread."""

    def add_callback(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="main-of-the-kernel").start()


@pytest.mark.parametrize("fails", [False, True])
def test_paddle_is_imported_by_the_kernels_own_thread(
    monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    names: list[str] = []

    def imported() -> None:
        names.append(threading.current_thread().name)
        if fails:
            raise ImportError("no libpaddle")

    monkeypatch.delitem(sys.modules, "paddle", raising=False)
    monkeypatch.setattr(devices, "import_paddle", imported)
    told: list[Exception] = []

    def ask() -> None:
        try:
            comm._import_paddle(SimpleNamespace(io_loop=Loop()))
        except EnvError as error:
            told.append(error)

    worker = threading.Thread(target=ask)
    worker.start()
    worker.join(20)
    assert names == ["main-of-the-kernel"]
    assert len(told) == fails


@pytest.mark.parametrize(
    ("name", "expected"),
    [("{here}/book.ipynb", "{here}"), ("book.ipynb", None), ("", None), ("/gone/book.ipynb", None)],
)
def test_corrections_go_beside_the_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: str | None
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", name.format(here=tmp_path))
    found = comm.folder_of_notebook()
    assert found == (Path.cwd() if expected is None else tmp_path)


@pytest.mark.slow
def test_a_real_kernel_answers_after_it_has_loaded_paddle_lab(tmp_path: Path) -> None:
    with Kernel(tmp_path) as kernel:

        def opened(number: str) -> dict[str, Any]:
            content = {
                "comm_id": number,
                "target_name": TARGET,
                "data": {"op": "hello", "run_id": "cafe0123"},
            }
            client = kernel.client
            client.shell_channel.send(client.session.msg("comm_open", content))
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                message = client.get_iopub_msg(timeout=60)
                if message["content"].get("comm_id") == number:
                    return dict(message)
            raise TimeoutError

        assert opened("before")["msg_type"] == "comm_close"
        kernel.run("%load_ext paddle_lab")
        reply = opened("after")
        assert reply["msg_type"] == "comm_msg"
        assert reply["content"]["data"]["error"]["code"] == "run.not_found"
        assert kernel.run("import sys; print('paddle' in sys.modules)").text.strip() == "False"
        kernel.run("%unload_ext paddle_lab")
        assert opened("unloaded")["msg_type"] == "comm_close"
