"""Findings from the trials of a sheet: what proves a cause, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import all_findings, make_plan
from paddle_lab.environment.experiments import failure_of, run_experiments
from paddle_lab.environment.experiments.causes import afterwards, trial_findings
from paddle_lab.environment.experiments.checked import least_seconds
from paddle_lab.environment.experiments.shown import NO_TIME, trial_lines

STEP = "import paddle"


def trial(ok: bool, *changes: list[str], step: str = STEP) -> dict[str, Any]:
    """One trial as it stands in a sheet."""
    return {"step": step, "change": "", "changes": list(changes), "ok": ok, "seconds": 1.0}


WITHOUT = trial(True, ["variable", "LD_PRELOAD"])


@pytest.mark.parametrize(
    ("trials", "proves"),
    [
        ([WITHOUT, trial(False)], True),
        ([trial(False), WITHOUT, trial(False)], True),
        ([WITHOUT], False),
        ([WITHOUT, trial(True)], False),
        ([trial(False, ["home"]), trial(False)], False),
        ([WITHOUT, trial(False, ["home"])], False),
        ([WITHOUT, trial(False, step="import numpy")], False),
        ([WITHOUT, {**trial(False), "ended": NO_TIME}], False),
        ([WITHOUT, trial(False), {**trial(False, ["home"]), "ended": NO_TIME}], True),
    ],
    ids=[
        "worked and failed",
        "more",
        "never repeated",
        "passes anyway",
        "failed",
        "other",
        "step",
        "no time for the proof",
        "no time after it",
    ],
)
def test_a_cause_needs_works_with_and_fails_without(
    trials: list[dict[str, Any]], proves: bool
) -> None:
    found = trial_findings({"trials": trials})
    assert [f.id for f in found if f.id.startswith("proven")] == ["proven-variable"] * proves


@pytest.mark.parametrize(
    "trials",
    [
        None,
        "text",
        [1, {}, {"step": 1}],
        [trial(True, ["nonsense"]), trial(False)],
        [trial(True, []), trial(False)],
        [trial(True, ["file", "only one name"]), trial(False)],
        [{**WITHOUT, "changes": [[1, 2]]}, trial(False)],
        [{**WITHOUT, "changes": "variable"}, trial(False)],
    ],
)
def test_a_strangers_sheet_proves_nothing(trials: Any) -> None:
    assert [f for f in trial_findings({"trials": trials}) if f.certainty == "proven"] == []


@pytest.mark.parametrize("name", ["X; rm -rf /", "A=$(id)"])
def test_a_strange_name_never_becomes_a_command(name: str) -> None:
    found = trial_findings({"trials": [trial(True, ["variable", name]), trial(False)]})
    assert all(finding.commands == () for finding in found)


def test_a_line_for_each_trial_in_both_languages() -> None:
    trials = [{**trial(False), "same": True, "text": "x\nTypeError: y"}, WITHOUT]
    assert trial_lines(trials, "en") == [
        "import paddle: fails in the same way, TypeError: y",
        "import paddle without the variable LD_PRELOAD: works, 1.0 s",
    ]
    assert trial_lines(trials, "zh")[1] == "去掉环境变量 LD_PRELOAD 后 import paddle：成功，1.0 秒"


def test_what_there_was_no_time_for_is_said() -> None:
    failed = {"ok": False, "ended": "normally", "text": "TypeError: y", "phases": [
        {"name": STEP, "ok": False, "seconds": 2.0}]}  # fmt: skip
    trials = run_experiments(failure_of(failed), {"packages": {"paddlepaddle": "3"}}, budget_s=0.0)
    assert [one["ended"] for one in trials] == [NO_TIME]
    assert trial_findings({"trials": trials}) == []
    assert "not tried, the time was over" in trial_lines(trials, "en")[0]
    assert "时间已到" in trial_lines(trials, "zh")[0]


@pytest.mark.parametrize(("seconds", "least"), [(3.0, 18.0), (20.0, 120.0), (90.0, 180.0)])
def test_a_slow_machine_gives_experiments_a_few_runs_all_the_same(
    seconds: float, least: float
) -> None:
    phases = [{"name": "import numpy", "ok": True, "seconds": 50.0},
              {"name": STEP, "ok": False, "seconds": seconds}]  # fmt: skip
    failed = {"ok": False, "ended": "normally", "text": "TypeError: y", "phases": phases}
    assert least_seconds(failure_of(failed)) == least


@pytest.mark.parametrize(
    ("change", "left"),
    [(["user site"], "7.0"), (["start", "/e/sitecustomize.py"], "7.0"), (["home"], "3.19")],
)
def test_a_package_that_a_proven_cause_puts_first_is_no_step_of_the_plan(
    change: list[str], left: str
) -> None:
    places = [{"version": "3.19", "site": "~/.local"}, {"version": "7.0", "site": "/e"}]
    facts = {
        "packages": {"paddlepaddle": "3.3.1", "protobuf": "3.19"},
        "package_problems": {"twice": {"protobuf": places}},
        "trials": [trial(True, change), trial(False)],
    }
    assert afterwards(facts)["packages"]["protobuf"] == left


def test_a_home_that_may_not_be_written_to_is_left_as_it_is() -> None:
    closed = {"path": "~/.paddlenlp", "exists": False, "folder": True, "writable": False,
              "read_only": True}  # fmt: skip
    facts = {
        "check": {"text": "OSError: [Errno 30] Read-only file system: '~/.paddlenlp'"},
        "storage": {
            "paddlenlp_cache": closed,
            "working": {"path": "/w", "writable": True, "free_mb": 900},
        },
        "trials": [trial(True, ["home"]), trial(False)],
    }
    (found,) = trial_findings(facts)
    assert found.commands == (
        "mkdir -p /w/.paddlenlp_cache && export PPNLP_HOME=/w/.paddlenlp_cache",
    )
    assert not any("mv" in command for command in make_plan(facts, [found]).commands)


def test_where_the_whole_home_is_closed_one_line_moves_it_and_no_guess_stands_beside() -> None:
    open_, shut = {"exists": True, "folder": True, "writable": True, "free_mb": 900}, {
        "exists": False, "folder": True, "writable": False, "read_only": True, "free_mb": 1,
    }  # fmt: skip
    facts = {
        "platform": {"system": "Linux"},
        "check": {"text": "OSError: [Errno 30] Read-only file system: '~/.paddlenlp'"},
        "storage": {
            "home": {**shut, "exists": True, "path": "~", "known": True, "named": ""},
            "cache": {**shut, "path": "~/.cache"},
            "paddlenlp_cache": {**shut, "path": "~/.paddlenlp"},
            "working": {**open_, "path": "/w"},
        },
        "trials": [trial(True, ["home"]), trial(False)],
    }
    (found,) = trial_findings(facts)
    assert found.commands == ("mkdir -p /w/.home && export HOME=/w/.home",)
    assert [one.id for one in all_findings(facts) if one.severity == "error"] == ["proven-home"]


def test_a_file_in_place_of_a_folder_is_renamed_and_not_what_is_missing_below_it() -> None:
    facts = {
        "platform": {"system": "Linux"},
        "check": {"text": "NotADirectoryError: [Errno 20] Not a directory: '~/.paddlenlp/models'"},
        "storage": {"paddlenlp_cache": {"path": "~/.paddlenlp", "exists": True, "folder": False}},
        "trials": [trial(True, ["home"]), trial(False)],
    }
    (found,) = trial_findings(facts)
    assert found.commands == ("mv -n ~/.paddlenlp ~/.paddlenlp.old",)
