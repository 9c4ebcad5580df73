"""`%paddle_env` in a real kernel: grey at once, and later another colour by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from environment.imports.small_stack import write_stack
from kernel import Kernel

pytestmark = pytest.mark.slow

# The machine that runs tests is busy: the trial neither waits for a calm moment here nor gives way.
IMPATIENT = (
    "from paddle_lab.environment.imports import background, trial\n"
    "background.TRIAL = background.BackgroundTrial(\n"
    "    attempt=lambda low: trial.try_imports(), calm=lambda: True, delay_s=(1.0, 1.0)\n"
    ")"
)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    with Kernel(tmp_path / "home") as kernel:
        assert kernel.run("%load_ext paddle_lab").status == "ok"
        assert kernel.run(IMPATIENT).status == "ok"
        yield kernel


def update_after(kernel: Kernel) -> dict[str, Any]:
    """The next display that takes the place of an earlier one."""
    deadline = time.monotonic() + 120
    while True:
        message = kernel.client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
        if message["msg_type"] == "update_display_data":
            content = message["content"]
            return {"id": content["transient"]["display_id"], **content["data"]}


def test_grey_turns_green_in_its_place(kernel: Kernel) -> None:
    page = kernel.run("%paddle_env").outputs[-1]
    assert "Grey" in page["text/plain"]
    assert "background" in page["text/html"]
    later = update_after(kernel)
    assert "Green: ready" in later["text/plain"]
    assert 'class="green"' in later["text/html"]
    again = kernel.run("%paddle_env").outputs
    assert len(again) == 1  # known: no trial, and no change
    assert "Green" in again[-1]["text/plain"]


def test_the_failing_line_comes_by_itself(kernel: Kernel) -> None:
    write_stack(kernel.home)  # hides the real one, which the page sees at once
    (kernel.home / "paddlenlp/trainer.py").write_text("Trainer = 1", encoding="utf-8")
    page = kernel.run("%paddle_env").outputs[-1]
    assert "Red" in page["text/plain"]
    assert "import paddlenlp fails" not in page["text/plain"]
    later = update_after(kernel)["text/plain"]
    assert later.startswith("● import paddlenlp fails: ImportError: cannot import name")


def test_a_file_and_a_machine_get_the_page_of_now(kernel: Kernel) -> None:
    cell = kernel.run("%paddle_env --json")
    assert '"light": "grey"' in cell.text
    assert kernel.run("%paddle_env --html page.html").status == "ok"
    assert "%paddle_env --imports" in (kernel.home / "page.html").read_text("utf-8")
