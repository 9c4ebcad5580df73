"""The conditions that changes make together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from paddle_lab.environment.experiments.changes import Change
from paddle_lab.environment.experiments.running import PLAIN, Conditions

State = Mapping[str, Any]


def conditions(changes: Iterable[Change], state: State, work: Path) -> Conditions:
    """The conditions of a run with these changes.

    ``state``: :func:`asking.surroundings`; ``work``: an empty folder to make others in. A trial
    writes no compiled files, so that it leaves the environment as it was.
    """
    made = replace(PLAIN, variables={"PYTHONDONTWRITEBYTECODE": "1"})
    changes = list(changes)
    for change in changes:
        made = _MAKES[change.kind](made, change.what, state, work)
    started = [change.what[0] for change in changes if change.kind == "start"]
    if started:
        user = state.get("user_site") if "-s" in made.flags else None
        made = replace(made, flags=(*made.flags, "-S")).also(
            paths=[path for path in state.get("paths", ()) if path != user],
            prefix=str(state.get("prefix", "")),
            started=[file for file in state.get("started", ()) if file not in started],
        )
    return made.also(here=made.folder or str(Path.cwd())) if made.trial else made


def _folder(made: Conditions, what: tuple[str, ...], state: State, work: Path) -> Conditions:
    return replace(made, folder=_made(work / "folder"))


def _file(made: Conditions, what: tuple[str, ...], state: State, work: Path) -> Conditions:
    pair = [str(Path(what[1]).parent), what[0]]
    return made.also(hidden=[*made.trial.get("hidden", ()), pair])


def _variable(made: Conditions, what: tuple[str, ...], state: State, work: Path) -> Conditions:
    return replace(made, without=made.without | {what[0]})


def _user_site(made: Conditions, what: tuple[str, ...], state: State, work: Path) -> Conditions:
    return replace(made, flags=(*made.flags, "-s"))


def _home(made: Conditions, what: tuple[str, ...], state: State, work: Path) -> Conditions:
    """Another home folder, but the same packages of the user: those are another change."""
    home = _made(work / "home")
    base = str(state.get("user_base") or "")
    kept = {"PYTHONUSERBASE": base} if base else {}
    gone = {name for name in os.environ if name.startswith("XDG_")}
    variables = {**made.variables, "HOME": home, "USERPROFILE": home, **kept}
    return replace(made, without=made.without | gone, variables=variables)


def _gpu(made: Conditions, what: tuple[str, ...], state: State, work: Path) -> Conditions:
    return replace(made, variables={**made.variables, "CUDA_VISIBLE_DEVICES": ""})


def _utf8(made: Conditions, what: tuple[str, ...], state: State, work: Path) -> Conditions:
    return replace(made, flags=(*made.flags, "-X", "utf8"))


def _start(made: Conditions, what: tuple[str, ...], state: State, work: Path) -> Conditions:
    return made  # all of them together, above


def _bytecode(made: Conditions, what: tuple[str, ...], state: State, work: Path) -> Conditions:
    return made.also(unread=[*made.trial.get("unread", ()), what[0]])


def _made(folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    return str(folder)


_MAKES: Mapping[str, Callable[[Conditions, tuple[str, ...], State, Path], Conditions]] = {
    "folder": _folder,
    "file": _file,
    "variable": _variable,
    "user site": _user_site,
    "start": _start,
    "home": _home,
    "gpu": _gpu,
    "utf8": _utf8,
    "bytecode": _bytecode,
}
