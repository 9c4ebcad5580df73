"""An exact constraints file of what is installed, made from the fact sheet alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]*")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.!+\-]*")


def constraints(facts: Mapping[str, Any]) -> str:
    """``name==version`` lines in order, with a comment that says for which Python and system.

    Names and versions that are none (a hostile sheet) are left out.
    """
    packages = facts.get("packages")
    packages = packages if isinstance(packages, Mapping) else {}
    python = str(lookup(facts, "python.version") or "?")
    system = f"{lookup(facts, 'platform.system') or '?'} {lookup(facts, 'platform.machine') or '?'}"
    lines = [
        f"# Python {_one_line(python)}, {_one_line(system)}; use with: pip install -c FILE ..."
    ]
    lines += [
        f"{name}=={version}"
        for name, version in sorted(packages.items())
        if _NAME.fullmatch(str(name)) and _VERSION.fullmatch(str(version)) and name != "paddle-lab"
    ]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:60]
