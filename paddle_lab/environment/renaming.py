"""The command that gives a file or package that is in the way another name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment import installing
from paddle_lab.environment.conditions import lookup


def renaming(facts: Mapping[str, Any], path: str) -> str:
    """One line that renames ``random.py`` to ``my_random.py``, a package by its folder."""
    windows = lookup(facts, "platform.system") == "Windows"
    path = re.sub(r"[/\\]__init__\.\w+$", "", path) or path
    folder, last = posixpath.split(path.replace("\\", "/") if windows else path)
    if windows:
        return f'ren "{path}" "my_{last}"'
    target = posixpath.join(folder, f"my_{last}")
    return f"mv {installing.shell_word(facts, path)} {installing.shell_word(facts, target)}"
