"""Proposed versions are tried before anything is changed, and what works is what is proposed."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import make_plan
from paddle_lab.environment.plan import Plan, Step
from paddle_lab.environment.resolving import overlay, try_out
from paddle_lab.environment.resolving.changes import Change
from paddle_lab.environment.resolving.trial_answer import trial_lines
from paddle_lab.environment.resolving.try_out import Trials, tried_plan
from paddle_lab.i18n import T


@pytest.fixture
def patient(small: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The small environment; the check in it is an import."""
    monkeypatch.setattr(
        overlay.Overlay, "check", lambda self, seconds: small.check(str(self.folder))
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(overlay.tempfile, "tempdir", str(temporary))
    yield small
    assert list(temporary.iterdir()) == [], "a trial leaves nothing"


def plan_of(facts: dict[str, Any], *commands: str) -> Plan:
    steps = (Step(T("x", "x"), commands),) if commands else ()
    return Plan(steps, make_plan({}).build, possible=True)


def tried(patient: Any, *commands: str) -> Trials:
    facts = patient.facts()
    text = patient.check()["text"]
    return try_out.try_out(facts, plan_of(facts, *commands), text, patient.python)


@pytest.mark.slow
def test_each_package_that_broke_the_older_one_goes_back_and_no_other(patient: Any) -> None:
    trials = tried(patient)
    assert [attempt.ok for attempt in trials.attempts] == [False, True]
    assert "old_tool" in trials.attempts[0].said
    assert trials.works is not None
    assert [change.pin for change in trials.works.changes] == ["helper==1.0", "tool==1.0"]
    assert not patient.check()["ok"], "nothing was changed yet"
    # The printed commands, as they stand.
    facts = patient.facts()
    plan = tried_plan(trials.works, plan_of(facts), facts)
    words = shlex.split(plan.commands[0])
    subprocess.run([patient.uv, *words[1:]], check=True, capture_output=True)
    assert patient.check()["ok"]
    assert plan.commands[-1].startswith("paddle-lab env --python ")


@pytest.mark.slow
def test_the_plan_is_tried_first(patient: Any) -> None:
    command = f'uv pip install --python {patient.python} "helper<1" "tool<1"'
    trials = tried(patient, command)
    assert len(trials.attempts) == 1
    assert trials.works is not None
    assert {change.pin for change in trials.works.changes} == {"helper==0.9", "tool==0.9"}


def test_other_steps_of_the_plan_stay(small: Any) -> None:
    facts = small.facts()
    works = try_out.Proposal(T("x", "x"), (Change("helper", "2.0", "1.0"),))
    plan = plan_of(facts, "mv a.py my_a.py")
    ways_out = plan_of(facts, "paddle-lab env --try", "paddle-lab env --fresh").steps
    plan = Plan((*plan.steps, *ways_out), plan.build, possible=True)
    commands = tried_plan(works, plan, facts).commands
    assert commands[0] == "mv a.py my_a.py"
    assert commands[1].endswith(f"--python {small.python} helper==1.0")
    assert len(commands) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("no dates", "no upload dates"),
        ("closed", "not reached"),
        ("no uv", "need uv"),
        ("no room", "temporary space"),
    ],
)
def test_what_cannot_be_tried_is_said(
    state: str, words: str, patient: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, text = patient.facts(), patient.check()["text"]
    if state == "no dates":
        patient.index.dates = False
    elif state == "closed":
        patient.index.close()
    elif state == "no uv":
        monkeypatch.setattr(try_out, "find_uv", lambda: None)
    else:
        monkeypatch.setattr(try_out, "free_mb", lambda: 10)
    trials = try_out.try_out(facts, plan_of(facts), text, patient.python)
    assert trials.works is None
    assert any(words in line for line in trial_lines(trials, "en"))
    assert trial_lines(trials, "zh")


def test_an_interrupt_leaves_nothing(patient: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(overlay.Overlay, "check", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tried(patient)
