"""What the failure itself points at: files of one's own in its frames, variables in its words."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paddle_lab.environment.experiments.changes import Change
from paddle_lab.environment.experiments.running import Outcome

_MOST = 12


def suspects(outcome: Outcome, state: Mapping[str, Any], facts: Mapping[str, Any]) -> list[Change]:
    """Changes worth trying before all others, the likeliest first; often none.

    Files of the working folder, of PYTHONPATH or of the user's packages that the traceback goes
    through or that hide a module (section ``hiding``), and variables that the error names.
    """
    own = own_folders(state)
    files = [file for _, file, _ in reversed(outcome.frames)]
    hiding = facts.get("hiding")
    for entry in hiding if isinstance(hiding, list) else []:
        files.append(str(Path(str(entry.get("path"))).expanduser()))
    found = [change for file in files if (change := _of_file(file, own)) is not None]
    words = set(re.findall(r"\w+", outcome.text))
    found += [Change("variable", (name,)) for name in sorted(os.environ) if name in words]
    return list(dict.fromkeys(found))[:_MOST]


def own_folders(state: Mapping[str, Any]) -> list[str]:
    """The folders that Python searches before the environment's own packages."""
    given = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    folders = [str(Path.cwd()), *(str(Path(entry).absolute()) for entry in given)]
    user = state.get("user_site")
    return [*folders, str(user)] if user else folders


def _of_file(file: str, own: list[str]) -> Change | None:
    """The module that a file directly in one of the folders is, or belongs to."""
    path = Path(file)
    if path.name.startswith("__init__."):
        path = path.parent
    for folder in own:
        if str(path.parent) == folder:
            return Change("file", (path.name.split(".")[0], str(path)))
        if str(path).startswith(folder + os.sep) and "-packages" not in str(path)[len(folder) :]:
            top = Path(folder) / path.relative_to(folder).parts[0]
            return Change("file", (top.name, str(top)))
    return None
