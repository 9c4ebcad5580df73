"""A name that is not in a package, said without a traceback: which release had it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.blame import Traceback, released
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.parties import asked
from paddle_lab.environment.blame.structure import PERSON, STDLIB
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.release_names import History, history

_NAME: Final = r"[A-Za-z_][\w.]{0,200}"
_PATTERNS: Final = (
    re.compile(
        rf"cannot import name ['\"‘“]?(?P<what>\w+)['\"’”]? from (?:partially initialized module )?"
        rf"['\"‘“](?P<module>{_NAME})['\"’”](?: \((?P<path>[^()\n]{{1,300}})\))?"
    ),
    re.compile(
        rf"(?:partially initialized )?module ['\"‘“](?P<module>{_NAME})['\"’”] has no attribute "
        r"['\"‘“](?P<what>\w+)"
    ),
    re.compile(rf"No module named ['\"‘“]?(?P<module>{_NAME}\.\w+)"),
    re.compile(
        rf"from (?P<module>{_NAME}) import [^\n]{{0,200}}\n?[^\n]{{0,200}}"
        r"cannot import name ['\"‘“]?(?P<what>\w+)"
    ),
)


def findings(text: str, facts: Mapping[str, Any], trace: Traceback | None) -> list[Finding]:
    """One finding for the last such message, where a release of the package tells of the name."""
    for pattern in _PATTERNS:
        hits = list(pattern.finditer(text))
        if not hits:
            continue
        if "partially initialized" in hits[-1].group(0) or _is_own(hits[-1]):
            return []
        module = hits[-1]["module"].rstrip(".")
        what = hits[-1].groupdict().get("what") or ""
        known = history(module, what)
        if known is not None:
            return [_finding(known, module, trace, facts, hits[-1].group(0))]
    return []


def _is_own(found: re.Match[str]) -> bool:
    """Is the file that was asked none of an installed package?"""
    path = found.groupdict().get("path") or ""
    return ("/" in path or "\\" in path) and "-packages" not in path


def _finding(
    known: History, module: str, trace: Traceback | None, facts: Mapping[str, Any], words: str
) -> Finding:
    request = asked(trace) if trace else None
    importer = request.importer if request else ""
    top = module.partition(".")[0]
    name = "" if importer in ("", PERSON, STDLIB, top) else owned(importer, facts).name
    packages = facts.get("packages")
    version = packages.get(known.package) if isinstance(packages, Mapping) else None
    return released.finding(known, str(version) if version else None, name, facts, (words[:200],))
