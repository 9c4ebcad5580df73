"""The whole promise of a running cell, in real kernels: it stops when asked, by every route."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kernel import Kernel, NoSuchVersion, events_of, install_ipykernel, write_reviews
from small_model import write_small_model

from paddle_lab.interrupts import interrupted

pytestmark = pytest.mark.slow

# The released lines that differ in how they hear clicks and interrupts.
VERSIONS = ["6.31.0", "7.1.0", "7.3.0", "7.4.0"]
LONG = (
    "train.tsv --model small --max-len 32 --epochs 200 --evals-per-epoch 1 --no-export "
    "--no-baseline"
)


@pytest.fixture(scope="module", params=VERSIONS)
def kernel(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kernel]:
    home = tmp_path_factory.mktemp("kernel")
    try:
        ipykernel = install_ipykernel(request.param, home / "ipykernel")
    except NoSuchVersion as error:
        pytest.skip(f"ipykernel {request.param}: {error}")
    write_reviews(home / "train.tsv", 400)
    write_small_model(home / "small")
    with Kernel(home, ipykernel) as kernel:
        version = kernel.run("import ipykernel; print(ipykernel.__version__)").text.strip()
        assert version == request.param
        assert kernel.run("%load_ext paddle_lab").status == "ok"
        yield kernel


def started(kernel: Kernel) -> None:
    kernel.wait_for(lambda state: state.state == "training" and state.step >= 2)


def test_one_interrupt_stops_gently_and_keeps_the_weights(kernel: Kernel) -> None:
    cell = kernel.submit(f"%ernie_finetune {LONG}")
    started(kernel)
    step = kernel.last_run().state().step
    kernel.interrupt()
    done = kernel.collect(cell)
    folder = kernel.last_run()
    state = folder.state()
    assert (done.status, done.error) == ("error", str(interrupted()))
    assert state.state == "stopped"
    assert step <= state.step < state.total_steps
    assert state.checkpoints and "Kept the weights" in state.end["kept"]["en"]


def test_a_second_interrupt_within_two_seconds_aborts(kernel: Kernel) -> None:
    cell = kernel.submit(f"%ernie_finetune {LONG}")
    started(kernel)
    kernel.interrupt()
    kernel.interrupt()
    done = kernel.collect(cell)
    state = kernel.last_run().state()
    # The gentle stop may have finished before the second interrupt came.
    assert done.status == "error"
    assert state.state in ("aborted", "stopped")
    if state.state == "aborted":
        assert "aborted" in done.error and "--resume" in done.error
        assert "Traceback" not in done.error


def test_the_magic_stops_a_run_in_the_background(kernel: Kernel) -> None:
    begun = kernel.run(f"%ernie_finetune {LONG} --background -o run")
    assert begun.status == "ok", begun.error
    started(kernel)
    assert kernel.run("%ernie_stop").status == "ok"
    assert kernel.run("run.wait().state.state").outputs[-1]["text/plain"] == "'stopped'"


def test_a_request_by_the_folder_is_heard_while_the_main_shell_is_busy(kernel: Kernel) -> None:
    kernel.run(f"%ernie_finetune {LONG} --background")
    started(kernel)
    busy = kernel.submit("import time\nfor _ in range(600): time.sleep(0.1)")
    kernel.last_run().ask("stop", source="server")
    kernel.wait_for(lambda state: state.state == "stopped", timeout=30)
    kernel.interrupt()
    assert kernel.collect(busy).status == "error"


def test_inside_a_function_the_same_call_blocks(kernel: Kernel) -> None:
    done = kernel.run(
        "def train():\n"
        "    return get_ipython().run_line_magic('ernie_finetune', 'train.tsv --model small "
        "--max-len 32 --epochs 1 --no-export --no-baseline -o inner')\n"
        "train()\nprint(inner.state.state)"
    )
    assert done.status == "ok", done.error
    assert done.text.strip().endswith("finished")


def test_the_events_of_all_those_runs_are_whole(kernel: Kernel) -> None:
    from paddle_lab.runs import Registry

    runs = Registry(kernel.home / "data" / "runs").list()
    assert len(runs) == 5
    for ref in runs:
        numbers = [event["seq"] for event in events_of(ref.folder)]
        assert numbers == list(range(len(numbers)))
        assert events_of(ref.folder)[-1]["kind"] == "end"
