"""Listing, comparing and removing runs; asking live ones to stop."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.api import list_runs
from paddle_lab.commands import Context, Result, export, predict, runs, stop
from paddle_lab.errors import DataError, RunError, UsageError
from paddle_lab.i18n import speaking
from paddle_lab.runs import ProcessMark, Registry, RunFolder, RunSpec
from paddle_lab.runs.about import write_about

MakeRun = Callable[..., RunFolder]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeRun:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")

    def make(name: str, state: str = "finished", **options: Any) -> RunFolder:
        folder = RunFolder.create(RunSpec(train="a.tsv", name=name, **options), tmp_path / "runs")
        Registry().add(folder)
        with folder.open_log() as log:
            mark = ProcessMark.of_this_process().to_json()
            log.append("phase", phase="train", total_steps=2, epochs=1.0, process=mark)
            log.append("step", step=1, epoch=0.5, loss=0.7, lr=1e-4)
            metrics = {"accuracy": 0.9, "macro_f1": 0.8}
            log.append("eval", step=1, epoch=0.5, split="dev", metrics=metrics, best=True)
            if state != "training":
                log.append("end", state=state, step=2, metrics=metrics, train_seconds=1.5)
        return folder

    return make


def run(line: str) -> Result:
    return runs.execute(runs.build_parser("%ernie_runs").parse_args(line.split()), Context())


def ask(kind: str, line: str = "") -> Result:
    return stop.execute(stop.parser_for(kind)(f"%ernie_{kind}").parse_args(line.split()), Context())


def test_no_runs_yet_says_how_to_begin(make: MakeRun) -> None:
    assert "%ernie_finetune" in run("list").text


def test_the_list_is_newest_first_and_safe_in_html(make: MakeRun) -> None:
    make("first")
    make("<img src=x onerror=alert(1)>")
    result = run("list")
    assert [row["number"] for row in result.json] == [1, 2]
    assert result.json[1]["name"] == "first"
    assert "<img" not in (result.html or "")


def test_compare_shows_what_differs(make: MakeRun) -> None:
    make("first", lr=1e-4)
    make("second", lr=5e-4)
    result = run("compare 1 2")
    assert "lr" in result.text and "0.0001" in result.text and "0.0005" in result.text
    assert "seed" not in result.text
    assert [row["options"] for row in result.json] == [
        {"lr": 5e-4, "name": "second"},
        {"lr": 1e-4, "name": "first"},
    ]


def test_the_command_comes_in_four_forms(make: MakeRun) -> None:
    make("first", lr=1e-4)
    assert run("command last").text.startswith("paddle-lab finetune a.tsv")
    assert "paddle_lab.finetune(" in run("command last --as python").text
    assert run("command last --as magic").text.startswith("%ernie_finetune")
    assert "lr: 0.0001" in run("command last --as yaml").text


def test_show_has_the_frozen_card(make: MakeRun) -> None:
    make("first")
    bundle = run("show last")._repr_mimebundle_()
    assert "application/vnd.paddle-lab.run.v1+json" in bundle


def test_removing_needs_a_yes_and_spares_the_living(make: MakeRun) -> None:
    dead, alive = make("dead"), make("alive", state="training")
    with pytest.raises(UsageError, match="--yes"):
        run("rm dead")
    with pytest.raises(RunError, match="still running"):
        run("rm alive --yes")
    run("rm dead --yes")
    assert not dead.path.exists() and alive.path.exists()
    assert [ref.name for ref in Registry().list()] == ["alive"]


@pytest.mark.parametrize(
    "line",
    [
        "show",
        "compare",
        "compare last",
        "compare 1 first",
        "show 1 1",
        "list first",
        "rm",
        "explode",
    ],
)
def test_incomplete_commands_are_told(make: MakeRun, line: str) -> None:
    make("first")
    with pytest.raises(UsageError):
        run(line)


def test_a_stop_may_ask_that_nothing_more_is_made(make: MakeRun) -> None:
    watcher = make("live", state="training").watch_requests()
    assert "without saving" in ask("stop", "--no-save").text
    assert "weights are kept" in ask("stop").text
    assert [request.save for request in watcher.poll()] == [False, True]


def test_stop_reaches_the_one_live_run(make: MakeRun) -> None:
    make("old")
    folder = make("live", state="training")
    watcher = folder.watch_requests()
    ask("stop", "--after epoch")
    ask("pause")
    ask("resume", "live")
    assert [(r.ask, r.when) for r in watcher.poll()] == [
        ("stop", "epoch"),
        ("pause", "step"),
        ("resume", "step"),
    ]


def test_stop_without_a_live_run_says_so(make: MakeRun) -> None:
    make("old")
    with pytest.raises(RunError, match="No active run"):
        ask("stop")
    with pytest.raises(RunError, match="not active"):
        ask("stop", "old")


def test_stop_between_two_live_runs_asks_which(make: MakeRun) -> None:
    make("one", state="training")
    make("two", state="training")
    with pytest.raises(RunError, match="Say which one"):
        ask("stop")
    assert os.environ["PADDLE_LAB_LANG"] == "en"


def test_all_live_runs_are_asked_at_once(make: MakeRun) -> None:
    folders = [make("one", state="training"), make("two", state="training"), make("old")]
    watchers = [folder.watch_requests() for folder in folders]
    result = ask("stop", "all")
    assert [len(watcher.poll()) for watcher in watchers] == [1, 1, 0]
    assert len(result.json["runs"]) == 2


def test_a_damaged_run_hides_no_other(make: MakeRun) -> None:
    make("whole")
    broken = make("broken")
    broken.info_path.write_text("{", encoding="utf-8")
    result = run("list")
    assert [row["state"] for row in result.json] == ["unreadable", "finished"]
    assert "unreadable: run.json: it is not JSON" in result.text
    with pytest.raises(RunError, match=r"run\.json: it is not JSON"):
        run("show 1")


def test_runs_on_other_data_are_not_compared_without_a_word(make: MakeRun) -> None:
    first, second = make("first"), make("second")
    (first.path / "data.json").write_text('{"fingerprint": "aa"}', encoding="utf-8")
    (second.path / "data.json").write_text('{"fingerprint": "aa"}', encoding="utf-8")
    assert "different data" not in run("compare 1 2").text
    (second.path / "data.json").write_text('{"fingerprint": "bb"}', encoding="utf-8")
    assert "different data" in run("compare 1 2").text
    assert "different data" in (run("compare 1 2").html or "")


def test_runs_measured_on_the_same_rows_are_compared_with_a_note(make: MakeRun) -> None:
    for number, trained in enumerate(("aa", "bb")):
        facts = {"fingerprint": trained, "evaluated": "cc"}
        (make(f"run{number}").path / "data.json").write_text(json.dumps(facts), encoding="utf-8")
    text = run("compare 1 2").text
    assert "different data" not in text
    assert "trained on different rows and measured on the same ones" in text


def test_a_run_named_twice_is_removed_once(make: MakeRun) -> None:
    folder = make("once")
    run(f"rm last once {folder.path} --yes")
    assert not folder.path.exists()


HOSTILE = ["²", "0", "99999", "x" * 5000, "a\0b", "~no-such-user/x", "../../x", "<img onerror=1>"]


@pytest.mark.parametrize("wanted", HOSTILE)
def test_a_name_that_is_no_run_is_told_in_few_short_lines(make: MakeRun, wanted: str) -> None:
    make("first")
    for parse, execute, words in [
        (runs.build_parser("x"), runs.execute, ["show", wanted]),
        (stop.parser_for("stop")("x"), stop.execute, [wanted]),
        (predict.build_parser("x"), predict.execute, [wanted, "好"]),
        (export.build_parser("x"), export.execute, [wanted]),
    ]:
        with pytest.raises(RunError) as caught:
            execute(parse.parse_args(words), Context())
        assert len(str(caught.value)) < 600 and len(str(caught.value).splitlines()) <= 3


def test_a_file_of_texts_with_an_impossible_name_is_told(make: MakeRun) -> None:
    make("first")
    for name in ["a\0b", "~no-such-user/x", "x" * 5000]:
        args = predict.build_parser("x").parse_args(["last", "--file", name])
        with pytest.raises(DataError, match=r"cannot be read|There is no file"):
            predict.execute(args, Context())


@pytest.mark.parametrize(("language", "state"), [("en", "Finished"), ("zh", "已完成")])
def test_a_list_of_runs_is_the_same_table_in_a_notebook(
    make: MakeRun, language: str, state: str
) -> None:
    older, newer = make("first"), make("second")
    with speaking(language):
        runs = list_runs()
        page = runs._repr_html_()  # type: ignore[attr-defined]
    assert [ref.id for ref in runs] == [newer.id, older.id]
    assert page.index(newer.path.name) < page.index(older.path.name) and state in page
    assert repr(runs[0]) == f"<RunRef {newer.path.name}>"


def test_the_list_has_the_columns_of_the_page(make: MakeRun) -> None:
    make("first")
    folder = make("second")
    write_about(folder, name="better", note="a note\nof two lines")
    result = run("list")
    head, _, newest, oldest = result.text.splitlines()
    assert head.split("  ")[0].strip() == "#" and "best on dev" in head and "note" in head
    assert f"better ({folder.id})" in newest and "accuracy 90.0%" in newest
    assert "a note of two lines" in newest
    assert "first-" in oldest and "2 / 2" not in oldest and "1 / 2" in oldest
    row = result.json[0]
    assert (row["result"], row["result_metric"], row["note"]) == (
        0.9,
        "accuracy",
        "a note\nof two lines",
    )


def test_a_terminal_has_no_column_in_which_nothing_stands(make: MakeRun) -> None:
    make("first")
    result = run("list")
    assert "note" not in result.text.splitlines()[0]
    assert "note" in (result.html or "")


def test_a_failed_run_says_why_in_the_list(make: MakeRun) -> None:
    folder = make("broken", state="training")
    with folder.open_log() as log:
        error = {"type": "X", "code": "run.diverged", "what": {"en": "Lost.", "zh": "丢失。"}}
        log.append("end", state="failed", step=2, error=error)
    assert "Failed: Lost." in run("list").text
