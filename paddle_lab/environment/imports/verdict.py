"""Whether the imports work, as far as a fact sheet knows."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.redact import clean

_NEEDED = {"paddle", "paddlenlp"}


def imports_work(facts: Mapping[str, Any]) -> bool | None:
    """True when both were imported, False when one failed, None when it was not tried."""
    results = results_of(facts)
    if any(result.get("ok") is not True for result in results):
        return False
    return True if {result.get("name") for result in results} >= _NEEDED else None


def results_of(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The results of the trial in a sheet, those that are none left out."""
    imports = facts.get("imports")
    results = imports.get("results") if isinstance(imports, Mapping) else None
    return [result for result in results or [] if isinstance(result, Mapping)]


def failed_so(text: str, facts: Mapping[str, Any]) -> bool:
    """Is ``text`` the error of the import that was tried here and failed?"""
    failed = [result for result in results_of(facts) if result.get("ok") is not True]
    errors = [str(result.get("error") or "") for result in failed]
    # A shell tells of a crash in words of the system: "Bus error", not SIGBUS.
    errors += [_crash(str(result.get("signal") or "")) for result in failed]
    text = clean(text)  # as the errors of a trial are, in which the home folder is ~
    return any(error and error in text for error in errors)


def _crash(name: str) -> str:
    number = getattr(signal, name, None) if name.startswith("SIG") else None
    return (signal.strsignal(number) or "") if isinstance(number, signal.Signals) else ""
