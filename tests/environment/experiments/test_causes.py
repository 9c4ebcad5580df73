"""Findings from the trials of a sheet: what proves a cause, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment.experiments.causes import trial_findings
from paddle_lab.environment.experiments.shown import trial_lines

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
    ],
    ids=["worked and failed", "more", "never repeated", "passes anyway", "failed", "other", "step"],
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
