"""Steps that red findings ask for and the plan's own steps do not take."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from paddle_lab.environment.conditions import version_fits
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import without_deleting
from paddle_lab.environment.requirements import Demand
from paddle_lab.i18n import Text

_INSTALLS = re.compile(r"(?:\bpip|\buv pip|\bconda|\bmamba) (install|uninstall|remove)\b(.*)")
_FORCED = ("--force-reinstall", "--ignore-installed", "--reinstall", "--reinstall-package")
_VALUE_OPTIONS = ("-i", "-f", "-c", "-r", "--python", "--target", "-n", "-p")


@dataclass(frozen=True)
class Wanted:
    """Commands of one finding, left to do. ``first``: they come before packages are installed."""

    title: Text
    commands: tuple[str, ...]
    first: bool


def wanted_steps(
    findings: Iterable[Finding],
    planned: Sequence[str],
    *,
    new_environment: bool,
    known: Sequence[Demand] = (),
    outcome: Mapping[str, str] | None = None,
) -> list[Wanted]:
    """What the red findings ask for besides ``planned``, the commands of the plan so far.

    ``known`` are the requirements of what is installed: an installation moves those, too.
    ``outcome`` are the versions that ``planned`` leads to, by package, where they are known.

    With ``new_environment`` nothing is installed into the old one. Nothing is ever deleted: a
    command that would is a renaming here.
    """
    found: list[Wanted] = []
    taken = list(planned)
    moved = _moved_along(planned, known)
    for finding in findings:
        if finding.severity != "error":
            continue
        commands = []
        for command in map(without_deleting, finding.commands):
            packages = _INSTALLS.search(command) is not None
            if command.startswith("paddle-lab env") or (packages and new_environment):
                continue
            if not _covered(command, taken, moved | _met(command, outcome or {})):
                commands.append(command)
                taken.append(command)
        if commands:
            first = any(map(_is_forced, commands)) or not any(map(_INSTALLS.search, commands))
            found.append(Wanted(finding.title, tuple(commands), first))
    return found


def named_packages(command: str) -> tuple[str, frozenset[str]]:
    """What a command does to which packages: ("install" or "uninstall", names) or ("", none)."""
    what, words = _asked(command)
    return what, frozenset(map(_name, words))


def _asked(command: str) -> tuple[str, list[str]]:
    """What a command does, and the requirements that it names."""
    match = _INSTALLS.search(command.split("   #", maxsplit=1)[0])
    if match is None:
        return "", []
    try:
        words = shlex.split(match[2].split("&&")[0], posix=True)
    except ValueError:  # a quotation that is not closed names nothing for certain
        return "", []
    wanted = [
        word
        for before, word in zip(["", *words], words, strict=False)
        if not word.startswith("-") and before not in _VALUE_OPTIONS and "://" not in word
    ]
    return ("install" if match[1] == "install" else "uninstall"), wanted


def _name(word: str) -> str:
    return re.split(r"[\[<>=!~;@ ]", word, maxsplit=1)[0].lower().replace("_", "-")


def _met(command: str, outcome: Mapping[str, str]) -> set[str]:
    """The packages of a command whose wanted range holds the version that the plan leads to."""
    names = set()
    for word in _asked(command)[1]:
        try:
            wanted = Requirement(word)
        except InvalidRequirement:  # a file or a folder
            continue
        version = outcome.get(_name(word))
        if version is not None and version_fits(version, str(wanted.specifier)):
            names.add(_name(word))
    return names


def _is_forced(command: str) -> bool:
    return any(option in command.split() for option in _FORCED)


def _moved_along(planned: Sequence[str], known: Sequence[Demand]) -> set[str]:
    """What the planned installations need, lack now, and so bring; nobody else lacks it."""
    plain = [command for command in planned if not _is_forced(command)]
    asked = [names for kind, names in map(named_packages, plain) if kind == "install"]
    reached = set().union(*asked)
    waiting = list(reached)
    while waiting:
        owner = waiting.pop()
        new = {one.name for one in known if one.owner == owner} - reached
        reached |= new
        waiting += new
    lacking = [one for one in known if not one.met]
    brought = {one.name for one in lacking if one.owner in reached}
    return brought - {one.name for one in lacking if one.owner not in reached}


def _covered(command: str, taken: Sequence[str], moved: set[str]) -> bool:
    if command in taken:
        return True
    what, names = named_packages(command)
    if not what:
        return False
    done = set(moved) if what == "install" and not _is_forced(command) else set()
    for other in taken:
        kind, others = named_packages(other)
        if _is_forced(command) and kind == "install" and not _is_forced(other):
            continue  # an installer would say that they are there
        if _is_forced(command) and kind == "uninstall":
            done |= others  # what is removed is installed anew
            continue
        # What the plan installs in a version of its own need not be removed first.
        done |= others if kind == what or (what == "uninstall" and kind == "install") else set()
    return names <= done
