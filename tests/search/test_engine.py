"""A search keeps trials at work, judges them by the dev rows, and can be stopped and resumed."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from search.acting import Acting, quality

from paddle_lab.commands import Context, search, stop
from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T
from paddle_lab.runs.about import read_about
from paddle_lab.search import start
from paddle_lab.search.engine import Engine
from paddle_lab.search.folder import SearchFolder, find_search, searches

OUT_OF_MEMORY = RunError(T("Memory ran out.", "内存不足。"), code="run.out_of_memory").to_json()


@pytest.mark.slow
def test_the_best_whole_trial_is_reported_and_its_command_has_its_values(
    begun: Callable[..., SearchFolder], acting: Acting
) -> None:
    folder = begun()
    ended = start.work_on(folder)
    assert ended["state"] == "finished" and len(ended["trials"]) == 5
    whole = [row for row in ended["trials"] if row["state"] == "complete"]
    best = ended["trials"][ended["best"]]
    assert best["value"] == max(row["value"] for row in whole)
    assert best["value"] == pytest.approx(quality(best["params"]["lr"]))
    assert acting.finished == [best["run"]] == [ended["finished"]]
    command = start.best_command(folder, best)
    assert command is not None and f"--lr {best['params']['lr']}" in command
    assert start.work_on(folder)["trials"] == ended["trials"], "nothing is left to do"


@pytest.mark.slow
def test_a_trial_that_falls_behind_is_left_at_an_evaluation_and_says_so(
    begun: Callable[..., SearchFolder], acting: Acting
) -> None:
    folder = begun(trials=8)
    ended = start.work_on(folder)
    left = [row for row in ended["trials"] if row["state"] == "pruned"]
    assert left and all(len(row["evaluations"]) < 6 for row in left)
    assert "left after evaluation" in left[0]["reason"]["en"]
    assert "left after evaluation" in read_about(folder.run(left[0]["run"])).note
    state = folder.run(left[0]["run"]).state()
    assert state.state == "stopped"
    assert ended["importance"] is None or len(ended["trials"]) - len(left) >= 5
    options = {"dropout": "0..0.5"}
    everything = start.work_on(begun(trials=8, pruner="none", given=options))
    assert {row["state"] for row in everything["trials"]} == {"complete"}
    shares = everything["importance"]
    assert shares.keys() == {"lr", "dropout"} and sum(shares.values()) == pytest.approx(1, abs=1e-3)


def test_a_search_that_was_moved_goes_on_where_it_lies(
    begun: Callable[..., SearchFolder],
    acting: Acting,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = begun(trials=1)
    start.work_on(folder)
    moved = tmp_path / "elsewhere"
    folder.path.parent.rename(moved)
    found = SearchFolder(moved / folder.path.name)
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(tmp_path / "another"))
    ended = start.work_on(found, trials=2)
    assert all(found.run(row["run"]).path.parent == moved for row in ended["trials"])
    command = start.best_command(found, ended["trials"][ended["best"]])
    assert command is not None and "--out" not in command


@pytest.mark.slow
def test_the_same_seed_proposes_the_same_also_after_a_resumption(
    begun: Callable[..., SearchFolder], acting: Acting
) -> None:
    def params(ended: dict[str, Any]) -> list[Any]:
        return [row["params"] for row in ended["trials"]]

    once = params(start.work_on(begun(trials=6)))
    resumed = begun(trials=3)
    start.work_on(resumed)
    assert params(start.work_on(resumed, trials=6)) == once
    assert params(start.work_on(begun(trials=6, given={"seed": "8"}))) != once


def test_a_trial_that_fails_is_recorded_and_three_alike_in_a_row_end_it_with_that_error(
    begun: Callable[..., SearchFolder], acting: Acting
) -> None:
    acting.errors = {1: OUT_OF_MEMORY}
    ended = start.work_on(begun())
    failed = [row for row in ended["trials"] if row["state"] == "failed"]
    assert [row["error"]["code"] for row in failed] == ["run.out_of_memory"]
    assert ended["state"] == "finished" and len(ended["trials"]) == 5
    acting.errors = dict.fromkeys(range(6, 20), OUT_OF_MEMORY)
    folder = begun(trials=12)
    with pytest.raises(PaddleLabError) as caught:
        start.work_on(folder)
    assert caught.value.code == "run.out_of_memory"
    assert folder.trials()["state"] == "failed" and len(folder.trials()["trials"]) == 3


def test_minutes_end_it_cleanly_and_more_may_be_given_later(
    begun: Callable[..., SearchFolder], acting: Acting
) -> None:
    folder = begun(minutes=0.5)
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(Engine, "seconds", property(lambda _: 40.0 * len(acting.begun)))
        ended = start.work_on(folder)
    assert ended["state"] == "finished" and len(ended["trials"]) == 1
    assert ended["trials"][0]["state"] == "stopped" and ended["best"] is None
    ended = start.work_on(folder, minutes=5)
    assert len(ended["trials"]) == 5 and ended["trials"][0]["state"] == "complete"
    assert acting.begun[0] == acting.begun[1], "the trial that was stopped went on first"


def test_a_live_search_is_found_stopped_by_its_name_and_goes_on_where_it_was(
    begun: Callable[..., SearchFolder], acting: Acting
) -> None:
    acting.hold = threading.Event()
    folder = begun()
    thread = threading.Thread(target=start.work_on, args=(folder,))
    thread.start()
    assert acting.holding.wait(20)
    with pytest.raises(PaddleLabError) as caught:
        start.work_on(folder)
    assert caught.value.code == "run.active"
    deadline = time.monotonic() + 20
    while not folder.trials()["trials"] and time.monotonic() < deadline:
        time.sleep(0.01)  # its trial is at work a moment before that is written down
    args = stop.parser_for("stop")("%ernie_stop").parse_args([])
    assert folder.path.name in stop.execute(args, Context()).text
    acting.hold.set()
    thread.join(20)
    stopped = folder.trials()
    assert stopped["state"] == "stopped" and stopped["trials"][0]["state"] == "stopped"
    acting.hold = None
    assert start.work_on(folder)["state"] == "finished"
    assert [found.path for found in searches()] == [folder.path]
    assert find_search(folder.plan().id).path == folder.path


def test_two_slots_have_two_trials_at_work_and_share_the_cores(
    begun: Callable[..., SearchFolder], acting: Acting
) -> None:
    acting.hold = threading.Event()
    folder = begun(jobs=2)
    most = []

    def shown(content: Any) -> None:
        most.append(sum(row["state"] == "running" for row in content["trials"]))
        if most[-1] == 2 and acting.hold is not None:
            acting.hold.set()

    ended = start.work_on(folder, shown=shown)
    assert max(most) == 2 and len(ended["trials"]) == 5
    assert folder.plan().given["threads"] >= 1


def test_in_the_background_a_process_of_its_own_resumes_it_with_what_this_call_said(
    begun: Callable[..., SearchFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: commands.append(command))
    folder = begun()
    result = asked("--resume last --trials 7 --minutes 2 --trust --background")
    assert folder.path.name in result.text and result.value == folder.path
    [command] = commands
    args = search.build_parser().parse_args(command[command.index("search") + 1 :])
    assert (args.resume, args.trials, args.minutes) == (str(folder.path), 7, 2.0)
    assert args.trust and args.quiet and not args.background


def asked(line: str) -> Any:
    return search.execute(search.build_parser().parse_args(line.split()), Context())


def test_the_command_shows_all_of_it_in_both_languages(
    begun: Callable[..., SearchFolder], acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun()
    asked("--resume last --quiet")
    result = asked("--show last")
    assert "of 5 trials" in result.text and "\n%ernie_finetune" in result.text
    assert result.html.count("<svg") >= 2 and 'tabindex="0"' in result.html
    assert "--jp-ui-font-color2" in result.html
    opacities = [float(one) for one in re.findall(r"stroke-opacity:([\d.]+)", result.html)]
    assert min(opacities) >= 0.75, "no line is too pale to be seen"
    assert result.json["command"].startswith("%ernie_finetune")
    monkeypatch.setenv("PADDLE_LAB_LANG", "zh")
    assert "次试验" in asked("--show last").text and "最佳" in asked("--list").text


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("reviews", "usage.search"),
        ("--lr 1e-5..1e-4", "usage.no_data"),
        ("nowhere.tsv --lr 1e-5..1e-4", "data.not_found"),
        ("reviews --model ernie-lab-mini,nosuchmodel", "model.not_found"),
        ("reviews --max-len 64..1024", "usage.max_len"),
        ("--resume nowhere", "run.not_found"),
        ("--resume last --lr 1e-5..1e-4", "usage.not_on_resume"),
        ("--list reviews", "usage.conflict"),
        ("reviews --lr 1e-5..1e-4 --pruner wide", "usage.value"),
    ],
)
def test_a_line_that_makes_no_sense_is_told_why(registry_root: Path, line: str, code: str) -> None:
    with pytest.raises(PaddleLabError) as caught:
        asked(line)
    assert caught.value.code == code


def test_without_optuna_it_says_what_to_install(
    begun: Callable[..., SearchFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(PaddleLabError, match=r"paddle-lab\[search\]") as caught:
        begun()
    assert caught.value.code == "env.no_optuna" and searches() == []


def test_a_damaged_folder_is_told_and_hides_no_other(begun: Callable[..., SearchFolder]) -> None:
    whole, damaged = begun(), begun()
    damaged.plan_path.write_text('{"id": 3}', encoding="utf-8")
    assert [found.path for found in searches()] == [whole.path]
    with pytest.raises(PaddleLabError):
        whole.run("../" + whole.path.name)
    whole.study_path.write_text("no journal at all, but long enough\n" * 40)
    with pytest.raises(PaddleLabError) as caught:
        start.work_on(whole)
    assert caught.value.code == "run.unreadable"
