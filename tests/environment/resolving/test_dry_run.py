"""A plan is rehearsed: what would change is said, and what would change nothing is left out."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from environment.local_index import LocalIndex

from paddle_lab.environment import make_plan
from paddle_lab.environment.plan import Plan, Step
from paddle_lab.environment.resolving import dry_run
from paddle_lab.environment.resolving.dry_run import rehearse, rehearsed
from paddle_lab.i18n import T

PROOF = "paddle-lab env --check"


def plan(*commands: str) -> Plan:
    steps = tuple(Step(T("x", "x"), (command,)) for command in (*commands, PROOF))
    return Plan(steps, make_plan({}).build, possible=True)


def notes(found: Plan) -> list[str]:
    return [note.in_language("en") for step in found.steps for note in step.notes]


def test_what_would_change_is_said(small: Any) -> None:
    command = f'uv pip install --python {small.python} "helper<2"'
    found = rehearsed(plan(command), small.facts(), small.python)
    assert found.commands == [command, PROOF]
    assert notes(found) == ["would change: helper 2.0 → 1.0"]
    assert small.facts()["packages"]["helper"] == "2.0"


def test_already_satisfied_mends_nothing(small: Any) -> None:
    idle = f"uv pip install --python {small.python} helper==2.0"
    force = f"uv pip install --python {small.python} --reinstall --no-deps helper==2.0"
    found = rehearsed(plan(idle, force), small.facts(), small.python)
    assert found.commands == [force, PROOF]
    assert notes(found) == ["would put the same versions back"]
    assert rehearsed(plan(idle), small.facts(), small.python).commands[-1].endswith("env --fresh")


def test_what_is_removed_before_is_not_there_to_satisfy(small: Any) -> None:
    remove = f"uv pip uninstall --python {small.python} helper"
    again = f"uv pip install --python {small.python} helper==2.0"
    found = rehearsed(plan(remove, again), small.facts(), small.python)
    assert found.commands == [remove, again, PROOF]


@pytest.mark.parametrize(("closed", "word"), [(True, "not reached"), (False, "would fail")])
def test_a_rehearsal_that_fails_says_why(closed: bool, word: str, small: Any) -> None:
    facts = small.facts()
    if closed:
        small.index.close()
    found = rehearsed(plan(f"uv pip install --python {small.python} absent"), facts, small.python)
    assert word in notes(found)[0]
    assert len(found.commands) == 2


@pytest.mark.parametrize(
    "command",
    [
        "mv a.py my_a.py",
        "unset HTTPS_PROXY",
        "python -m ensurepip && python -m pip install six",
        "apt-get install -y libgomp1",
        "conda install six",
        "uv pip uninstall six",
        'pip install "six',
    ],
)
def test_nothing_but_one_installation_is_run(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "run", lambda *_: pytest.fail("it was run"))
    assert rehearse(command, {}, "/no/python") is None


def test_pip_tells_the_same(index: LocalIndex) -> None:
    index.add("helper", "1.0")
    index.add("helper", "2.0")
    said = rehearse('python -m pip install "helper<2"', {"packages": {}}, sys.executable)
    assert said is not None
    assert [str(change) for change in said.changes] == ["helper - → 1.0"]


def test_an_environment_without_pip_says_so(small: Any) -> None:
    said = rehearse(f'{small.python} -m pip install "helper<2"', small.facts(), small.python)
    assert said is not None
    assert "No module named pip" in said.done.reason
