"""What several mechanisms say alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.blame.owning import Owned
from paddle_lab.environment.blame.structure import Traceback
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.requirements import Demand, demands

SOURCE = ("this traceback",)
#: Before rules, which know one failure each: what the frames show is not a guess.
SCORE = 40.0
#: Behind a rule that knows this very failure, before one that knows a mechanism only.
LIKELY_SCORE = 28.0


def demand_of(importer: Owned, provider: Owned, facts: Mapping[str, Any]) -> Demand | None:
    """What the importer's metadata ask of the provider, when they ask anything."""
    found = [
        one for one in demands(facts) if one.owner == importer.name and one.name == provider.name
    ]
    return next((one for one in found if not one.met), found[0] if found else None)


def frame_lines(trace: Traceback, packages: tuple[str, ...]) -> tuple[str, ...]:
    """For each package its last line in the traceback: ``alpha/data.py:8 in load``."""
    lines = []
    for package in packages:
        frame = next((one for one in reversed(trace.frames) if one.package == package), None)
        if frame is not None:
            where = frame.module.replace(".", "/") + ".py" if frame.module else frame.file
            place = f"{where}:{frame.line}" if frame.line else where
            lines.append(f"{place}: {frame.code}" if frame.code else place)
    return tuple(dict.fromkeys(lines))


def python_version(trace: Traceback, facts: Mapping[str, Any]) -> str:
    """The Python of the facts, in the form 3.11; empty when it is not told."""
    return ".".join(str(lookup(facts, "python.version") or "").split(".")[:2])
