"""Runs as rows: read once, followed while live, honest about a crash, cheap when nothing moves."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import run_writer

from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T
from paddle_lab.runs import ProcessMark, Registry, RunFolder
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.summary import does_not_fall
from paddle_lab.training.unexpected import unexpected


@pytest.fixture
def board(registry_root):
    return RunsBoard(Registry(registry_root))


def test_a_finished_run(make_run, board):
    folder = make_run(name="评论")
    run_writer.write_run(folder, 100)
    (row,) = board.refresh()
    assert (row.name, row.state, row.live, row.resumable) == ("评论", "finished", False, False)
    assert row.step == row.total_steps == 100
    assert row.best == ("accuracy", pytest.approx(0.7975))
    assert 10 < len(row.spark) <= 48
    assert row.spark[0] > row.spark[-1]


def test_the_best_is_by_the_metric_that_chose(make_run, board):
    folder = make_run(metric="macro_f1")
    with folder.open_log() as log:
        log.append("eval", step=1, epoch=1.0, split="dev", best=True,
                   metrics={"accuracy": 0.75, "macro_f1": None})  # fmt: skip
        log.append("end", state="stopped", step=1)
    (row,) = board.refresh()
    assert row.best == ("accuracy", 0.75), "macro F1 meant nothing on rows of one class"


def test_newest_first_and_a_registry_without_runs(make_run, board, registry_root):
    assert board.refresh() == []
    names = ["one", "two", "three"]
    for name in names:
        make_run(name=name)
    rows = board.refresh()
    assert sorted(row.name for row in rows) == sorted(names)
    assert [row.created for row in rows] == sorted((c.created for c in rows), reverse=True)


def test_a_live_run_is_followed_by_its_new_lines_only(make_run, board):
    folder = make_run()
    with folder.open_log() as log:
        log.append("phase", phase="train", total_steps=50,
                   process=ProcessMark.of_this_process().to_json())  # fmt: skip
        log.append("step", **run_writer.step_fields(1, 50))
        (first,) = board.refresh()
        assert (first.state, first.step, first.live) == ("training", 1, True)
        log.append("step", **run_writer.step_fields(2, 50))
        (second,) = board.refresh()
        assert (second.step, second.pid is not None) == (2, True)
        log.append("end", state="stopped", step=2)
    (third,) = board.refresh()
    assert (third.state, third.resumable) == ("stopped", True)


def test_a_run_whose_process_died_has_crashed_and_offers_to_resume(make_run, board):
    folder = make_run(name="night")
    script = (
        "import sys, pathlib; sys.path[:0] = sys.argv[2:]; import run_writer\n"
        "from paddle_lab.runs import RunFolder\n"
        "run_writer.write_run(RunFolder(pathlib.Path(sys.argv[1])), 20, end=False)\n"
    )
    paths = [path for path in sys.path if path]
    subprocess.run([sys.executable, "-c", script, str(folder.path), *paths], check=True)
    (row,) = board.refresh()
    assert (row.state, row.live, row.left_s, row.pid) == ("crashed", False, None, None)
    assert row.to_json()["resume"] == f"%ernie_finetune --resume {row.id}"


def test_a_resumed_run_lives_again(make_run, board):
    folder = make_run()
    run_writer.write_run(folder, 20)
    assert board.refresh()[0].state == "finished"
    with folder.open_log() as log:
        log.append("phase", phase="train", from_step=10,
                   process=ProcessMark.of_this_process().to_json())  # fmt: skip
        log.append("step", **run_writer.step_fields(11, 20))
        (row,) = board.refresh()
    assert (row.state, row.step) == ("training", 11)


def test_unchanged_files_are_not_read_again(make_run, board, monkeypatch):
    for number in range(5):
        run_writer.write_run(make_run(name=f"run{number}"), 10)
    before = board.refresh()
    monkeypatch.setattr("paddle_lab.runs.EventTail.events", lambda self: pytest.fail("read again"))
    assert board.refresh() == before


def test_damaged_or_vanished_folders_do_not_hide_the_others(make_run, board, registry_root):
    run_writer.write_run(make_run(name="good"), 10)
    damaged = make_run(name="damaged")
    damaged.info_path.write_text("{", encoding="utf-8")
    vanished = make_run(name="vanished")
    vanished.info_path.unlink()
    (registry_root / "junk.json").write_text("[1]", encoding="utf-8")
    rows = {row.name: row for row in board.refresh()}
    assert rows.keys() == {"good", "damaged"}
    assert rows["good"].state == "finished"
    assert rows["damaged"].state == "unreadable" and "run.json" in str(rows["damaged"].reason)


def test_a_loss_that_is_no_number_is_noticed(make_run, board):
    folder = make_run()
    with folder.open_log() as log:
        log.append("phase", phase="train", process=ProcessMark.of_this_process().to_json())
        log.append("step", step=1, loss=float("nan"))
        (row,) = board.refresh()
    assert row.loss_lost
    assert row.spark == (None,)


def ended_with(folder: RunFolder, error: PaddleLabError) -> None:
    with folder.open_log() as log:
        log.append("checkpoint", step=4, path="step-00000004", best=False)
        log.append("end", state="failed", step=6, error=error.to_json())


@pytest.mark.parametrize(
    "error",
    [
        unexpected(MemoryError(), RunFolder(Path("x"))),
        unexpected(RuntimeError("ResourceExhaustedError: Out of memory"), RunFolder(Path("x"))),
    ],
)
def test_a_run_that_ran_out_of_memory(make_run, board, error):
    ended_with(make_run(), error)
    (row,) = board.refresh()
    assert (row.diverged, row.out_of_memory) == (False, True)
    assert row.error["type"] == "RunError"


def test_a_run_that_training_gave_up(make_run, board):
    ended_with(make_run(), RunError(T("The loss was lost", "发散"), code="run.diverged"))
    (row,) = board.refresh()
    assert (row.diverged, row.out_of_memory, row.checkpoint) == (True, False, 4)


def test_what_an_error_says_decides_nothing(make_run, board):
    text = T("Out of memory: the loss is not a number", "内存不足")
    ended_with(make_run(), RunError(text, code="run.unexpected"))
    (row,) = board.refresh()
    assert (row.diverged, row.out_of_memory) == (False, False)


def test_a_loss_that_does_not_fall():
    assert does_not_fall([0.69] * 200)
    assert not does_not_fall([1 / (1 + n / 50) for n in range(200)])
    assert not does_not_fall([0.69] * 50), "too early to tell"
    assert not does_not_fall([None] * 500)


def test_a_second_reader_waits_for_the_first(make_run, registry_root):
    run_writer.write_run(make_run(), 10)
    registry = Registry(registry_root)
    entered, go_on, inside = threading.Event(), threading.Event(), []
    real = registry.list

    def slow_list():
        inside.append(1)
        entered.set()
        assert go_on.wait(30)
        return real()

    registry.list = slow_list
    board = RunsBoard(registry)
    readers = [threading.Thread(target=board.refresh) for _ in range(2)]
    readers[0].start()
    assert entered.wait(30)
    readers[1].start()
    readers[1].join(0.1)
    assert inside == [1]
    go_on.set()
    for reader in readers:
        reader.join()
    assert inside == [1, 1]


def test_a_run_that_becomes_readable_again_is_shown_again(make_run, board):
    folder = make_run()
    run_writer.write_run(folder, 10)
    content = folder.info_path.read_bytes()
    folder.info_path.write_bytes(b'{"created": NaN}')
    assert board.refresh()[0].state == "unreadable"
    folder.info_path.write_bytes(content)
    assert board.refresh()[0].state == "finished"


def test_a_run_whose_export_failed_lacks_its_bundle_until_it_is_exported(make_run, board):
    folder = make_run()
    with folder.open_log() as log:
        log.append("export", ok=False, bundle=None)
        log.append("end", state="finished", step=3)
    assert board.refresh()[0].no_bundle
    assert board.refresh()[0].to_json()["no_bundle"] is True
    folder.bundle.mkdir()
    (folder.bundle / "manifest.json").write_text("{}", encoding="utf-8")
    assert not board.refresh()[0].no_bundle


def test_many_runs_are_read_a_little_at_a_time(make_run, board):
    for number in range(5):
        run_writer.write_run(make_run(name=f"run {number}"), 4)
    seen = [(len(board.refresh(budget_s=0.0)), board.unread) for _ in range(6)]
    assert seen == [(1, 4), (2, 3), (3, 2), (4, 1), (5, 0), (5, 0)]
    assert [row.name for row in board.refresh()] == [f"run {n}" for n in (4, 3, 2, 1, 0)]
