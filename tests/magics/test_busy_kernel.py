"""While a cell waits for its run, its kernel says that it is busy, and idle when it is done."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel import Kernel, NoSuchVersion, install_ipykernel, write_reviews
from small_model import write_small_model

pytestmark = pytest.mark.slow

CELL = (
    "%ernie_finetune train.tsv --model small --max-len 16 --epochs 1 --limit 32 --no-export "
    "--no-baseline"
)


@pytest.fixture(params=["6.31.0", "7.4.0"])
def kernel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kernel]:
    try:
        ipykernel = install_ipykernel(request.param, tmp_path / "ipykernel")
    except NoSuchVersion as error:
        pytest.skip(f"ipykernel {request.param}: {error}")
    with Kernel(tmp_path / "home", ipykernel) as kernel:
        write_reviews(kernel.home / "train.tsv", 100)
        write_small_model(kernel.home / "small")
        yield kernel


def test_busy_is_said_again_and_again_and_idle_last(kernel: Kernel) -> None:
    assert kernel.run("%load_ext paddle_lab").status == "ok"
    cell = kernel.submit(CELL)
    said: list[str] = []
    while "idle" not in said:
        message = kernel.client.get_iopub_msg(timeout=120)
        if message["msg_type"] == "status" and message["parent_header"].get("msg_id") == cell:
            said.append(message["content"]["execution_state"])
    # Once for the cell itself; what JupyterLab's own questions let it forget comes from us.
    assert said.count("busy") >= 2 and said[-1] == "idle"
    with pytest.raises(queue.Empty):
        while True:  # nothing of ours comes behind it
            late = kernel.client.get_iopub_msg(timeout=2.5)
            assert late["msg_type"] != "status" or late["content"]["execution_state"] == "idle"
