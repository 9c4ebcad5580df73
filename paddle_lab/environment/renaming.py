"""The command that gives a file or package that is in the way another name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment import installing
from paddle_lab.environment.conditions import lookup


def renaming(facts: Mapping[str, Any], path: str, to: str | None = None) -> str:
    """One line that renames ``random.py`` to ``my_random.py`` (or ``to``), overwriting nothing."""
    windows = lookup(facts, "platform.system") == "Windows"
    path = re.sub(r"[/\\]__init__\.\w+$", "", path) or path
    folder, last = posixpath.split(path.replace("\\", "/") if windows else path)
    name = to or f"my_{last}"
    if windows:
        return f'ren "{path}" "{name}"'
    target = posixpath.join(folder, name)
    return f"mv -n {installing.shell_word(facts, path)} {installing.shell_word(facts, target)}"
