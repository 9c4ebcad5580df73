"""A command that installs what the text says is installed mends nothing: the next way is taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from paddle_lab.environment.findings import Finding
from paddle_lab.environment.probes.packages import normal

_INSTALL: Final = re.compile(r"\binstall (?P<wanted>.*)$")
_PINNED: Final = re.compile(r"\"?(?P<name>[A-Za-z][\w.\-]*)==(?P<version>[\w.+]+)\"?")


def another_way(finding: Finding, told: Mapping[str, Any]) -> Finding:
    """``finding`` with its first alternative instead, where its commands change nothing.

    ``told``: the packages that the text itself says are installed.
    """
    if not finding.alternatives or not all(_is_there(one, told) for one in finding.commands):
        return finding
    first, *others = finding.alternatives
    return replace(finding, commands=first.commands, alternatives=tuple(others))


def _is_there(command: str, told: Mapping[str, Any]) -> bool:
    found = _INSTALL.search(command.partition("   #")[0])
    words = found["wanted"].split() if found else []
    pinned = [_PINNED.fullmatch(word) for word in words]
    return bool(words) and all(
        one is not None and told.get(normal(one["name"])) == one["version"] for one in pinned
    )
