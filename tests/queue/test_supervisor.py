"""The queue's process: it begins runs in order, hears who leaves, and ends when nothing is left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kernel import write_reviews

from paddle_lab.cgroup import allowed_cores
from paddle_lab.commands import Context, finetune, queue, runs
from paddle_lab.errors import PaddleLabError
from paddle_lab.queue import asking, store
from paddle_lab.queue.slots import share_of, slots_of
from paddle_lab.queue.supervisor import Supervisor
from paddle_lab.runs import RunFolder
from paddle_lab.runs.board import RunsBoard


class Begun:
    """Stands in for the beginning of runs: each works until it is told to be over."""

    def __init__(self) -> None:
        self.runs: dict[str, Any] = {}

    def __call__(self, folder: RunFolder) -> Any:
        self.runs[folder.spec().name] = run = SimpleNamespace(working=True)
        return run

    @property
    def names(self) -> list[str]:
        return list(self.runs)


@pytest.fixture
def begun(registry_root: Path, monkeypatch: pytest.MonkeyPatch) -> Begun:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(asking, "supervise", lambda: None)
    return Begun()


def step(supervisor: Supervisor) -> bool:
    return supervisor.step(lambda: None)


def asked(line: str) -> Any:
    return queue.execute(queue.build_parser().parse_args(line.split()), Context())


def test_runs_begin_one_after_the_other_and_the_process_ends_with_the_last(
    begun: Begun, make_run: Callable[..., RunFolder]
) -> None:
    for name in ("first", "second"):
        asking.add(make_run(name=name))
    supervisor = Supervisor(begun)
    assert step(supervisor) and step(supervisor) and begun.names == ["first"]
    begun.runs["first"].working = False
    assert step(supervisor) and begun.names == ["first", "second"]
    begun.runs["second"].working = False
    ended: list[bool] = []
    assert not supervisor.step(lambda: ended.append(True)) and ended == [True]
    assert not begun.names[2:] and store.read().empty


def test_a_waiting_run_says_its_place_in_the_list_and_stays_when_its_maker_is_gone(
    begun: Begun, make_run: Callable[..., RunFolder]
) -> None:
    waiting = [make_run(name=name) for name in ("first", "second", "third")]
    for folder in waiting:
        asking.add(folder)
    step(Supervisor(begun))
    state = waiting[2].state()
    assert state.state == "queued" and state.process is not None, "the queue has it in hand"
    listed = runs.execute(runs.build_parser().parse_args(["list"]), Context()).text
    assert "Waiting for its turn (2nd in line)" in listed
    assert state.phase is not None and state.phase["detail"]["zh"] == "第 2 位"
    places = {row.name: row.place for row in RunsBoard().refresh()}
    assert places == {"first": None, "second": 1, "third": 2}
    with waiting[1].open_log() as log:
        log.append("end", state="stopped", step=0)
    assert RunsBoard().refresh()[1].place is None, "who has left has no place"


def test_who_is_asked_to_stop_or_removed_leaves_the_line(
    begun: Begun, make_run: Callable[..., RunFolder]
) -> None:
    folders = {name: make_run(name=name) for name in ("first", "stopped", "removed", "last")}
    for folder in folders.values():
        asking.add(folder)
    supervisor = Supervisor(begun)
    step(supervisor)
    folders["removed"].info_path.unlink()
    assert "leaves the queue" in asked(f"--cancel {folders['stopped'].id}").text
    step(supervisor)
    assert [entry.run for entry in store.read().waiting] == [folders["last"].id]
    assert folders["stopped"].state().state == "stopped"
    with pytest.raises(PaddleLabError) as caught:
        asked(f"--cancel {folders['first'].id}")
    assert caught.value.code == "run.queue"


def test_a_run_that_cannot_begin_frees_its_place_for_the_next(
    begun: Begun, make_run: Callable[..., RunFolder]
) -> None:
    broken, good = make_run(name="broken"), make_run(name="good")
    for folder in (broken, good):
        asking.add(folder)

    def begin(folder: RunFolder) -> Any:
        if folder.spec().name == "broken":
            raise PaddleLabError(folder.spec().name and _text(), code="run.disk")
        return begun(folder)

    supervisor = Supervisor(begin)
    step(supervisor)
    step(supervisor)
    assert begun.names == ["good"]


def _text() -> Any:
    from paddle_lab.i18n import T

    return T("The disk is full.", "磁盘已满。")


def test_a_second_process_takes_up_what_the_first_left(
    begun: Begun, make_run: Callable[..., RunFolder]
) -> None:
    for name in ("first", "second"):
        asking.add(make_run(name=name))
    step(Supervisor(begun))
    later = Supervisor(begun)
    step(later)
    assert begun.names == ["first"], "its run is alive as far as its folder says"
    with RunFolder(Path(store.read().working[0].folder)).open_log() as log:
        log.append("end", state="finished", step=1)
    step(later)
    assert begun.names == ["first", "second"]


def test_slots_are_asked_for_and_share_the_cores_or_the_gpus(begun: Begun) -> None:
    assert "At most 2" in asked("--slots 2").text and store.read().slots == 2
    assert slots_of(None, ()) == 1 and slots_of(None, ("0", "3")) == 2
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    with share_of(1, 2, ("0", "3")):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == before
    cores = sorted(allowed_cores())
    with share_of(0, 2, ()):
        assert sorted(allowed_cores()) == (cores[: len(cores) // 2] if len(cores) > 1 else cores)
    assert sorted(allowed_cores()) == cores


def test_a_run_that_names_its_gpus_sees_all_of_them(
    begun: Begun, make_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    seen: dict[str, str] = {}

    def begin(folder: RunFolder) -> Any:
        seen[folder.spec().name] = os.environ["CUDA_VISIBLE_DEVICES"]
        return begun(folder)

    for name, gpus in (("first", None), ("second", "0,1")):
        asking.add(make_run(name=name, gpus=gpus))
    supervisor = Supervisor(begin)
    step(supervisor)
    step(supervisor)
    assert seen == {"first": "0", "second": "0,1"}


def test_the_command_orders_and_refuses_two_requests_at_once(
    begun: Begun, make_run: Callable[..., RunFolder]
) -> None:
    assert "Nothing waits" in asked("").text
    for name in ("first", "second"):
        asking.add(make_run(name=name))
    assert [row["name"][:5] for row in asked("--up second").json["runs"]] == ["secon", "first"]
    with pytest.raises(PaddleLabError) as caught:
        asked("--up first --slots 2")
    assert caught.value.code == "usage.conflict"


def test_a_damaged_file_is_an_empty_queue(begun: Begun) -> None:
    store.folder().mkdir(parents=True)
    (store.folder() / "queue.json").write_text('{"waiting": 3}', encoding="utf-8")
    assert store.read().empty and asked("").json["runs"] == []


@pytest.mark.slow
def test_runs_that_a_terminal_left_in_line_are_trained_by_a_process_of_their_own(
    registry_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    rows = write_reviews(tmp_path / "rows.tsv", 60)
    options = "--epochs 1 --max-len 16 --no-export --no-baseline --queue --quiet"
    args = finetune.build_parser().parse_args([str(rows), *options.split()])
    run = finetune.execute(args, Context()).value
    deadline = time.monotonic() + 200
    while not store.read().empty:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    state = run.state
    assert state.state == "finished" and state.process.pid != os.getpid()
    mine = None
    while mine is None:
        assert time.monotonic() < deadline, "the process ends with the queue"
        mine = store.supervisor_lock(0.0)
        time.sleep(0.1)
    mine.close()
