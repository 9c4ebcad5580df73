"""A cell that is interrupted before its run has begun, in cold kernels: a line, and it trains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kernel import Kernel, NoSuchVersion, install_ipykernel, write_reviews
from small_model import write_small_model

from paddle_lab.interrupts import interrupted
from paddle_lab.runs import RunState

pytestmark = pytest.mark.slow

# The two ends of what people have; test_kernels.py goes through the lines between.
VERSIONS = ["6.31.0", "7.4.0"]
SHORT = "train.tsv --model small --max-len 16 --epochs 1 --limit 32 --no-export --no-baseline"


@pytest.fixture(params=VERSIONS)
def kernel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kernel]:
    try:
        ipykernel = install_ipykernel(request.param, tmp_path / "ipykernel")
    except NoSuchVersion as error:
        pytest.skip(f"ipykernel {request.param}: {error}")
    write_reviews(tmp_path / "train.tsv", 100)
    with Kernel(tmp_path / "home", ipykernel) as kernel:
        (kernel.home / "train.tsv").write_bytes((tmp_path / "train.tsv").read_bytes())
        write_small_model(kernel.home / "small")
        yield kernel


def made(state: RunState) -> bool:
    """The run's folder is there; next, Paddle itself is imported by the cell's own thread."""
    return True


def reading(state: RunState) -> bool:
    """PaddleNLP is imported, by the run's thread."""
    return state.phase is not None and state.phase["phase"] == "load"


@pytest.mark.parametrize("moment", [made, reading])
def test_the_cell_leaves_a_line_and_the_next_one_trains(
    kernel: Kernel, moment: Callable[[RunState], bool]
) -> None:
    cell = kernel.submit(f"%load_ext paddle_lab\n%ernie_finetune {SHORT}")
    kernel.wait_for(moment)
    kernel.interrupt()
    done = kernel.collect(cell)
    assert (done.status, done.error) == ("error", str(interrupted()))
    assert done.text == ""
    # A run whose folder was not whole yet is taken away again.
    for run in kernel.runs() if moment is made else [kernel.last_run()]:
        end = run.state().end
        assert end["state"] in ("aborted", "stopped") and end["step"] == 0
        assert "efore" in end["kept"]["en"]
    following = kernel.run(f"%ernie_finetune {SHORT}")
    assert (following.status, following.error) == ("ok", "")
    assert kernel.last_run().state().state == "finished"
