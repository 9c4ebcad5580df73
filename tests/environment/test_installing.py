"""Commands to install and to remove: one line, for exactly one environment, whatever is in it."""

from __future__ import annotations

import copy
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import explain, installing, make_plan
from paddle_lab.environment.rules import Rule, load_rules

SHEETS = Path(__file__).parent / "sheets"
CPU: dict[str, Any] = json.loads((SHEETS / "cpu-linux.json").read_text("utf-8"))
GPU: dict[str, Any] = json.loads((SHEETS / "gpu-cu126-a100.json").read_text("utf-8"))


def environment(**changes: Any) -> dict[str, Any]:
    """A small fact sheet; a name with two underscores is a section and its key."""
    facts: dict[str, Any] = {
        "platform": {"system": "Linux"},
        "python": {"executable": "~/nlp/.venv/bin/python"},
        "packages": {"pip": "26.3", "numpy": "1.26.4"},
    }
    for name, value in changes.items():
        section, _, key = name.partition("__")
        facts.setdefault(section, {})[key] = value
    return facts


NO_PIP = {"numpy": "1.26.4"}


@pytest.mark.parametrize(
    ("facts", "command"),
    [
        (environment(), "~/nlp/.venv/bin/python -m pip install six"),
        (
            environment(python__executable="/opt/my env/bin/python"),
            "'/opt/my env/bin/python' -m pip install six",
        ),
        (
            environment(python__executable="~/my env/bin/python"),
            "~/'my env/bin/python' -m pip install six",
        ),
        # Made by uv, which is on the PATH, in a folder, or (old sheets) not told.
        (environment(installers__uv="uv"), "~/nlp/.venv/bin/python -m pip install six"),
        (
            {**environment(installers__uv="uv"), "packages": NO_PIP},
            "uv pip install --python ~/nlp/.venv/bin/python six",
        ),
        (
            {**environment(installers__uv="~/my tools/uv"), "packages": NO_PIP},
            "~/'my tools/uv' pip install --python ~/nlp/.venv/bin/python six",
        ),
        (
            {**environment(python__made_by_uv=True), "packages": NO_PIP},
            "uv pip install --python ~/nlp/.venv/bin/python six",
        ),
        # Neither pip nor uv: Python brings a pip of its own.
        (
            {**environment(installers__ensurepip=True), "packages": NO_PIP},
            "~/nlp/.venv/bin/python -m ensurepip && ~/nlp/.venv/bin/python -m pip install six",
        ),
        # Of another machine only the system is known.
        ({}, "python -m pip install six"),
        ({"platform": {"system": "Darwin"}}, "python3 -m pip install six"),
        ({"platform": {"system": "Windows"}}, "python -m pip install six"),
        # PowerShell is what Jupyter's terminal is there.
        (
            environment(platform__system="Windows", python__executable=r"~\nlp\python.exe"),
            r'& "$HOME\nlp\python.exe" -m pip install six',
        ),
        (
            environment(platform__system="Windows", python__executable=r"D:\nlp\python.exe"),
            r"D:\nlp\python.exe -m pip install six",
        ),
        (
            environment(platform__system="Windows", python__executable=r"D:\$(calc)\python.exe"),
            "python -m pip install six",
        ),
    ],
)
def test_the_command_is_for_that_environment(facts: dict[str, Any], command: str) -> None:
    assert installing.install(facts, "six") == command


@pytest.mark.parametrize(
    ("requirement", "word"),
    [
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy<2", '"numpy<2"'),
        ("datasets>=3,<4", '"datasets>=3,<4"'),
        ("qrcode[pil]==7.4", '"qrcode[pil]==7.4"'),
        ("numpy==1.*", '"numpy==1.*"'),
        ("a; rm -rf x", "'a; rm -rf x'"),
        ("$(calc)", "'$(calc)'"),
    ],
)
def test_a_shell_reads_a_requirement_as_one_word(requirement: str, word: str) -> None:
    command = installing.install({}, requirement)
    assert command == f"python -m pip install {word}"
    assert shlex.split(command)[-1] == requirement


def test_exactly_the_damaged_packages_are_put_back_by_force() -> None:
    facts = environment(packages__paddlenlp="3.0.0b4", packages__pyarrow="20.0.0")
    command = installing.reinstall(facts, "paddlenlp", "pyarrow")
    assert command.endswith(
        "pip install --force-reinstall --no-deps paddlenlp==3.0.0b4 pyarrow==20.0.0"
    )
    facts["packages"].pop("pip")
    facts["installers"] = {"uv": "uv"}
    command = installing.reinstall(facts, "paddlenlp")
    # The files in uv's cache are the same ones on the disk: as damaged as those installed.
    assert command.endswith("--reinstall --no-deps --no-cache paddlenlp==3.0.0b4")
    assert command.startswith("uv pip install --python ~/nlp/.venv/bin/python ")


@pytest.mark.parametrize("with_pip", [True, False])
def test_a_gpu_build_is_put_back_from_where_it_came(with_pip: bool) -> None:
    facts = copy.deepcopy(GPU)
    if not with_pip:
        facts["packages"].pop("pip")
    command = installing.reinstall(facts, "paddlenlp", "paddlepaddle-gpu")
    assert "paddlenlp==3.0.0b4 paddlepaddle-gpu==3.3.1" in command
    assert "https://www.paddlepaddle.org.cn/packages/stable/cu126/" in command
    assert " -i " not in command, "paddlenlp comes from the usual index"
    assert "paddlepaddle.org" not in installing.reinstall(CPU, "paddlepaddle")


def test_a_package_is_removed_without_a_question() -> None:
    assert installing.uninstall(environment(), "paddle", "common") == (
        "~/nlp/.venv/bin/python -m pip uninstall -y paddle common"
    )


def test_names_of_a_strange_sheet_become_no_options() -> None:
    facts = environment(packages={"--target=/": "1"})
    assert "--target" not in installing.reinstall(facts, "--target=/", "numpy")
    assert "--target" not in installing.uninstall(facts, "--target=/", "numpy")
    command = installing.reinstall(environment(packages__numpy="1$(id)"), "numpy")
    assert command.endswith("'numpy==1$(id)'")


FOREIGN = {
    "Windows": r"C:\Users\me\app.py",
    "Mac": "/Users/me/app.py",
}


@pytest.mark.parametrize("system", sorted(FOREIGN))
def test_a_text_of_another_machine_gets_no_path_of_this_one(system: str) -> None:
    text = f"  File \"{FOREIGN[system]}\", line 3\nModuleNotFoundError: No module named 'paddlenlp'"
    explanation = explain(text, CPU)
    assert explanation.foreign
    commands = [line for finding in explanation.findings for line in finding.commands]
    assert any("pip install" in line for line in commands)
    assert not [line for line in commands if "~/nlp" in line]


@pytest.mark.parametrize("facts", [CPU, GPU], ids=["no card here", "a card here"])
def test_where_a_gpu_build_is_asked_for_the_reason_is_of_that_build(facts: dict[str, Any]) -> None:
    text = "ERROR: No matching distribution found for paddlepaddle-gpu==3.0.0"
    first = explain(text, facts).findings[0]
    said = first.fix.in_language("en") + first.fix.in_language("zh")
    assert "paddlepaddle-gpu==3" in first.commands[0]
    assert "cu126" in said
    assert "CPU" not in said


BOTH = (
    "pip list shows both paddlepaddle 3.3.1 and paddlepaddle-gpu 3.3.1: No module named decorator"
)


@pytest.mark.parametrize(
    ("facts", "text", "build"),
    [
        (CPU, BOTH, "paddlepaddle-gpu==3.3.1"),
        (GPU, BOTH, "paddlepaddle-gpu==3.3.1"),
        (CPU, None, "paddlepaddle==3.3.1"),
        (GPU, None, "paddlepaddle-gpu==3.3.1"),
    ],
    ids=["asked for, no card", "asked for, a card", "no card", "a card"],
)
def test_of_two_builds_the_wanted_one_is_put_back(
    facts: dict[str, Any], text: str | None, build: str
) -> None:
    facts = copy.deepcopy(facts)
    facts["packages"].update({"paddlepaddle": "3.3.1", "paddlepaddle-gpu": "3.3.1"})
    if text is None:
        commands = make_plan(facts).commands
    else:
        commands = list(explain(text, facts).findings[0].commands)
    assert "uninstall" in commands[0]
    assert f"pip install {build} " in f"{commands[1]} "


DELETING = [
    rule for rule in load_rules() if any(re.search(r"(?:^|&& )rm -", c) for c in rule.commands)
]


@pytest.mark.parametrize("rule", DELETING, ids=lambda rule: str(rule.id))
def test_what_a_rule_would_delete_is_renamed(rule: Rule) -> None:
    found = {one.id: one for one in explain(rule.examples[0], CPU).findings}
    commands = " && ".join(found[rule.id].commands)
    assert "rm -" not in commands
    assert re.search(r"\bmv (\S+?)/? \1\.old", commands)
