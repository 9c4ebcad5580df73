"""When the surroundings are not the cause: which installed file or package fails by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from paddle_lab.environment.experiments.asking import ask
from paddle_lab.environment.experiments.changes import Change
from paddle_lab.environment.experiments.narrowing import narrowed
from paddle_lab.environment.experiments.running import Outcome
from paddle_lab.environment.experiments.vary import Session, prove

_MOST_ALONE = 4
_FILE = re.compile(r'File "([^"\n]{1,400})"')  # of a crash, whose frames are only told as text


def try_installed(session: Session, pointed: Sequence[Change] = ()) -> None:
    """Compiled files, shared libraries, then the import chain from its inner end outwards.

    ``pointed``: changes that the failure points at and that are not enough alone.
    """
    outcome = session.failure.outcome
    at_library = any(".so" in file or file.endswith(".pyd") for _, file, _ in outcome.frames[-1:])
    if (outcome.ended == "by signal" or at_library) and _try_libraries(session, outcome):
        return
    if not _try_bytecode(session, outcome, pointed):
        _try_alone(session, outcome)


def packages_of(outcome: Outcome) -> list[str]:
    """The folders of the packages that the traceback goes through, the innermost first."""
    found = []
    for _, file, _ in reversed(outcome.frames):
        folder = _package_folder(file)
        if folder and folder not in found:
            found.append(folder)
    return found


def _package_folder(file: str) -> str | None:
    """The folder of the top-level package in a site-packages that a file belongs to."""
    parts = Path(file).parts
    places = [i for i, part in enumerate(parts) if part in ("site-packages", "dist-packages")]
    if not places or places[-1] + 2 >= len(parts):
        return None
    return str(Path(*parts[: places[-1] + 2]))


def _try_bytecode(session: Session, outcome: Outcome, pointed: Sequence[Change]) -> bool:
    """Leave out compiled files that cannot be read, or that do not fit their source."""
    files = list(dict.fromkeys(file for _, file, _ in reversed(outcome.frames)))
    answer = ask(session.python, "bytecode", *packages_of(outcome)[:4], *files[:40])
    rows = [(str(row[1]), str(row[0])) for row in answer.get("found", [])]
    suspects = [Change("bytecode", row) for row in dict.fromkeys(rows)]
    if not suspects:
        return False
    if not session.run(suspects).ok:  # it may be both, and a file of one's own
        suspects = [*suspects, *pointed]
        if not pointed or not session.run(suspects).ok:
            return False
    prove(session, narrowed(suspects, lambda some: session.run(some).ok))
    return True


def _try_libraries(session: Session, outcome: Outcome) -> bool:
    """Which shared library it is: one that is cut short, else the last that it began to load."""
    seen = session.run([], libraries=True)
    told = [words[1] for words in reversed(seen.told) if words[0] == "library"]
    folders = [*map(_package_folder, told), *map(_package_folder, _FILE.findall(outcome.text))]
    places = [*dict.fromkeys(folder for folder in (*folders, *packages_of(outcome)) if folder)]
    short = {row[0]: row[1:] for row in ask(session.python, "libraries", *places).get("found", [])}
    for library in [*list(short)[:_MOST_ALONE], *told[:2]]:
        if not session.run([], ("load", library), f"load {library}").ok:
            owner = ask(session.python, "owners", library).get("found", {}).get(library, [])
            session.trials[-1] |= {"owner": owner[:2], "sizes": short.get(library, [])}
            return True
    return False


def _try_alone(session: Session, outcome: Outcome) -> None:
    """Import what the traceback goes through, by itself, from the inside outwards."""
    for module in _modules(outcome)[:_MOST_ALONE]:
        alone = session.run([], ("alone", module), f"import {module}")
        if alone.ok:
            continue
        if session.same(alone):
            return


def _modules(outcome: Outcome) -> Sequence[str]:
    """The innermost module of each package in the traceback, the innermost package first."""
    found: dict[str, str] = {}
    for name, file, _ in reversed(outcome.frames):
        top = name.partition(".")[0]
        if name and Path(file).is_absolute() and not name.startswith("importlib"):
            found.setdefault(top, name)
    return [name for name in found.values() if name != "__main__"]
