"""Red findings and the plan: nothing red without a step, nothing twice, nothing deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import make_plan
from paddle_lab.environment.finding_steps import named_packages, wanted_steps
from paddle_lab.environment.findings import Finding
from paddle_lab.i18n import T

SHEET = Path(__file__).parent / "sheets" / "cpu-linux.json"
PIP = "~/nlp/.venv/bin/python -m pip"


def sheet(**packages: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(SHEET.read_text("utf-8"))
    facts["packages"].update({name.replace("_", "-"): value for name, value in packages.items()})
    return facts


def finding(*commands: str, severity: str = "error") -> Finding:
    text = T("something", "某事")
    return Finding("x", "packages", severity, "confirmed", text, text, text, commands)


REINSTALL = f"{PIP} install --force-reinstall --no-deps paddlenlp==3.0.0b4"


def test_a_damaged_package_is_put_back_then_proven() -> None:
    plan = make_plan(sheet(), [finding(REINSTALL)])
    assert plan.commands == [REINSTALL, "paddle-lab env --check"]
    assert plan.steps[0].title.in_language("zh") == "某事"


def test_files_come_first_packages_next_the_rest_after() -> None:
    other = f'{PIP} install "protobuf>=4"'
    found = [finding(other), finding("mv ~/nlp/dl.py ~/nlp/my_dl.py"), finding(REINSTALL)]
    commands = make_plan(sheet(pyarrow="26.0.1"), found).commands
    assert commands[:2] == ["mv ~/nlp/dl.py ~/nlp/my_dl.py", REINSTALL]
    assert "pyarrow<21" in commands[2]
    assert commands[3:] == [other, "paddle-lab env --check"]


@pytest.mark.parametrize(
    "command",
    [
        f'{PIP} install "aistudio-sdk<0.3"',
        f'{PIP} install "huggingface_hub>=0.19,<1.0"',
        f"{PIP} install aistudio_sdk==0.2.6",
        f"{PIP} uninstall -y aistudio-sdk",
    ],
)
def test_what_the_plan_does_anyway_is_not_done_twice(command: str) -> None:
    facts = sheet(aistudio_sdk="0.3.9")
    assert make_plan(facts, [finding(command)]).commands == make_plan(facts).commands


def test_a_range_that_the_whole_set_does_not_meet_stays_a_step() -> None:
    """Also where the path of the interpreter holds the name of the package."""
    facts = sheet(aistudio_sdk="0.3.9")
    other = '~/tokenizers/.venv/bin/python -m pip install "tokenizers>=0.22"'
    assert other in make_plan(facts, [finding(other)]).commands


def test_what_is_removed_and_installed_anew_is_not_put_back_as_well() -> None:
    facts = sheet(paddlepaddle_gpu="3.3.1")
    force = f"{PIP} install --force-reinstall --no-deps paddlepaddle==3.3.1"
    assert make_plan(facts, [finding(force)]).commands == make_plan(facts).commands


@pytest.mark.parametrize("commands", [(), ("paddle-lab env --plan",)])
def test_red_without_a_known_step_leads_to_a_new_environment(commands: tuple[str, ...]) -> None:
    plan = make_plan(sheet(), [finding(*commands)])
    assert plan.commands == ["paddle-lab env --try", "paddle-lab env --fresh"]
    assert make_plan(sheet(), [finding(*commands, severity="warning")]).commands == []


def test_nothing_is_installed_into_an_environment_that_is_left() -> None:
    facts = sheet(pyarrow="26.0.1")
    facts["storage"] = {"site_packages": {"writable": False}}
    commands = make_plan(facts, [finding(REINSTALL), finding("unset HTTPS_PROXY")]).commands
    assert "unset HTTPS_PROXY" in commands
    assert REINSTALL not in commands
    facts["packages"]["pyarrow"] = "20.0.0"
    assert make_plan(facts).commands == [], "nothing is wrong: being read-only is no fault"


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        ("rm -rf ~/.paddlenlp/models/x", "mv ~/.paddlenlp/models/x ~/.paddlenlp/models/x.old"),
        ("mv a.py b.py && rm -rf __pycache__/", "mv a.py b.py && mv __pycache__/ __pycache__.old"),
        ("docker run --rm -u $(id -u) x", "docker run --rm -u $(id -u) x"),
        ("RUN rm -f /usr/lib/libcuda.so.1", "RUN rm -f /usr/lib/libcuda.so.1"),
    ],
)
def test_a_plan_renames_and_never_deletes(command: str, instead: str) -> None:
    (wanted,) = wanted_steps([finding(command)], [], new_environment=False)
    assert wanted.commands == (instead,)


@pytest.mark.parametrize(
    ("command", "what", "names"),
    [
        ('x -m pip install "numpy<2" qrcode[pil]==7 -i https://x/y', "install", "numpy qrcode"),
        ("uv pip uninstall --python ~/'a b/python' Py_Arrow", "uninstall", "py-arrow"),
        ("python -m pip uninstall -y a && python -m pip install b", "uninstall", "a"),
        ("nvidia-smi   # then pip install x", "", ""),
        ("conda install -c conda-forge 'open", "", ""),
    ],
)
def test_which_packages_a_command_names(command: str, what: str, names: str) -> None:
    assert named_packages(command) == (what, frozenset(names.split()))
