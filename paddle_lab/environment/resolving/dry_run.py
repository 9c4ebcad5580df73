"""A plan rehearsed: what each of its installations would change here, without changing it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from paddle_lab.environment.finding_steps import named_packages
from paddle_lab.environment.plan import Plan, Step, new_environment_step
from paddle_lab.environment.probes.installers import find_uv
from paddle_lab.environment.requirements import installed
from paddle_lab.environment.resolving.changes import Change
from paddle_lab.environment.resolving.makers import reported_pins
from paddle_lab.environment.resolving.tools import Done, run
from paddle_lab.i18n import T, Text

SECONDS = 120.0
_UV_LINE = re.compile(r"(?m)^ ([-+~]) ([\w.\-]+)==(\S+)")
_MOST_NAMED = 8


@dataclass(frozen=True)
class Rehearsal:
    """What one command would do. ``done`` holds the installer's words where it failed."""

    command: str
    changes: tuple[Change, ...]
    done: Done


def rehearse(command: str, facts: Mapping[str, Any], python: str) -> Rehearsal | None:
    """Run one install command of a plan as a dry run; None for any other command.

    The program is the uv found here or ``python`` itself, whatever the line begins with.
    """
    words = _arguments(command)
    uv = find_uv()
    if words is None:
        return None
    if " -m pip " in command:
        call = [python, "-m", "pip", "install", "--dry-run", "-q", "--report", "-"]
        done = run([*call, "--disable-pip-version-check", "--no-input", *words], SECONDS)
        pins: Sequence[str] = reported_pins(done.out)
    elif uv is not None:
        done = run([uv, "pip", "install", "--dry-run", "--python", python, *words], SECONDS)
        found = _UV_LINE.findall(done.said)
        pins = [f"{name}=={version}" for sign, name, version in found if sign in "+~"]
    else:
        return None
    packages = installed(facts)
    parts = [pin.split("==", 1) for pin in pins]
    changes = tuple(Change(name, packages.get(name), version) for name, version in parts)
    return Rehearsal(command, changes, done)


def rehearsed(plan: Plan, facts: Mapping[str, Any], python: str) -> Plan:
    """The plan with a note under each installation of what it would change.

    An installation that would change nothing mends nothing: it is left out, and what is left must
    still be a plan.
    """
    removed: set[str] = set()
    steps: list[Step] = []
    left_out = False
    for step in plan.steps:
        notes: list[Text] = []
        commands = []
        for command in step.commands:
            what, names = named_packages(command)
            removed |= names if what == "uninstall" else set()
            said = rehearse(command, facts, python) if what == "install" else None
            if said is not None and said.done.ok and not said.changes and not names & removed:
                left_out = True
                continue
            commands.append(command)
            if said is not None:
                notes.append(note_of(said))
        if commands:
            steps.append(replace(step, commands=tuple(commands), notes=tuple(notes)))
    if left_out and len(steps) < 2:  # only the proof is left
        steps = [new_environment_step()]
    return replace(plan, steps=tuple(steps))


def note_of(said: Rehearsal) -> Text:
    """What one command would do, in a line."""
    moved = [one for one in said.changes if one.old != one.new]
    if said.done.no_network:
        return T("not rehearsed: the package index was not reached", "未能预演：无法访问软件包索引")
    if not said.done.ok:
        return T("it would fail: {reason}", "执行会失败：{reason}", reason=said.done.reason)
    if not moved:
        return T("would put the same versions back", "将重新安装相同版本")
    names = ", ".join(str(one) for one in moved[:_MOST_NAMED])
    more = len(moved) - _MOST_NAMED
    if more > 0:
        return T(
            "would change: {names} and {n} more", "将改动：{names} 等，另有 {n} 个",
            names=names, n=more,
        )  # fmt: skip
    return T("would change: {names}", "将改动：{names}", names=names)


def _arguments(command: str) -> list[str] | None:
    """What follows ``pip install``; None where it is more, or less, than one installation."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:  # a quotation that is not closed
        return None
    if "pip" not in words or "install" not in words or {"&&", "||", "|", ";"} & set(words):
        return None
    start = words.index("pip")
    if words[start + 1] != "install":
        return None
    found = words[start + 2 :]
    if "--python" in found:
        place = found.index("--python")
        del found[place : place + 2]
    return found
