"""Run a step of the check under changed conditions, and say how it ended."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from paddle_lab.environment.phases import execution, run_phases

SCRIPT: Final = Path(__file__).resolve().parents[1] / "check_script.py"
_PRELUDE: Final = Path(__file__).resolve().parent / "prelude_script.py"


@dataclass(frozen=True)
class Conditions:
    """What is different from a plain run in this folder.

    ``folder``: where it runs; ``without``: variables that are taken away; ``variables``: those
    that are set; ``flags`` of the interpreter; ``trial``: what ``prelude_script.py`` is told.
    """

    folder: str | None = None
    without: frozenset[str] = frozenset()
    variables: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    trial: Mapping[str, Any] = field(default_factory=dict)

    def also(self, **trial: Any) -> Conditions:
        """These conditions, and the prelude told something more."""
        return replace(self, trial={**self.trial, **trial})


PLAIN = Conditions()


@dataclass(frozen=True)
class Outcome:
    """How one run ended.

    ``ended``: "normally", "by signal" (with ``signal``), "timeout", "early" (before anything began)
    or "not started". ``frames``: module, file, line, the outermost first. ``told``: what the
    prelude said, as tuples of words.
    """

    ok: bool
    ended: str = "normally"
    phases: tuple[Mapping[str, Any], ...] = ()
    text: str = ""
    signal: str | None = None
    frames: tuple[tuple[str, str, str], ...] = ()
    told: tuple[tuple[str, ...], ...] = ()
    seconds: float = 0.0

    @property
    def signature(self) -> str:
        """The failure without what changes from run to run: addresses, paths and numbers."""
        if self.ok:
            return ""
        if self.ended != "normally":
            return f"{self.ended} {self.signal or ''}"
        lines = [line for line in self.text.splitlines() if line[:1].strip()]
        last = lines[-1] if lines else ""
        return re.sub(r"0x[0-9a-f]+|[\w./\\:~-]*[/\\][\w./\\~-]*|\d+", "", last)[:200]


def outcome_of(result: Mapping[str, Any]) -> Outcome:
    """What :func:`run_phases` told, or the section ``check`` of a fact sheet."""
    phases = tuple(phase for phase in result.get("phases", ()) if isinstance(phase, Mapping))
    failed: Mapping[str, Any] = next((p for p in phases if p.get("ok") is not True), {})
    return Outcome(
        ok=result.get("ok") is True and bool(phases),
        ended=str(result.get("ended") or ""),
        phases=phases,
        text=str(result.get("text") or ""),
        signal=result.get("signal"),
        frames=tuple((str(row[0]), str(row[1]), str(row[2])) for row in failed.get("frames", ())),
        told=tuple(map(tuple, result.get("told", ()))),
        seconds=float(result.get("seconds") or 0.0),
    )


def run_step(
    python: str | Path | None, wanted: Sequence[str], conditions: Conditions, timeout: float
) -> Outcome:
    """Run ``check_script.py`` with the arguments ``wanted``; a crash is an outcome."""
    environment = {n: v for n, v in os.environ.items() if n not in conditions.without}
    told = f"TRIAL = {dict(conditions.trial)!r}\n{execution(_PRELUDE)}"
    result = run_phases(
        SCRIPT,
        wanted,
        python=python,
        timeout=timeout,
        environ={**environment, **conditions.variables},
        flags=conditions.flags,
        where=Path(conditions.folder) if conditions.folder else None,
        before=told if conditions.trial else "",
    )
    return outcome_of(result)
