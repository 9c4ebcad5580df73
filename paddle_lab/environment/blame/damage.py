"""A package whose installed files are damaged took part in the failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paddle_lab.environment.blame.common import SCORE
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.parties import asked
from paddle_lab.environment.blame.structure import Traceback
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.evidence import damaged_files
from paddle_lab.environment.findings import Finding


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """What the records say of the package that raised, and of the one it wanted something of."""
    damaged = lookup(facts, "files.damaged") if here else None
    if not isinstance(damaged, Mapping) or not damaged:
        return []
    request = asked(trace)
    tops = [trace.raiser, request.module.partition(".")[0] if request else None]
    names = {owned(top, facts, trace.sites).name for top in tops if top}
    taking_part = {name: state for name, state in damaged.items() if name in names}
    found = damaged_files.findings({**facts, "files": {"damaged": taking_part}})
    return [replace(one, severity="error", score=SCORE + 2) for one in found]
