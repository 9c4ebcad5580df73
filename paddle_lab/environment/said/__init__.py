"""What programs say of themselves: installers that give up, connections that fail, kernels that
are not there, and advice that stands in the error.

Each reads the form of a message that a tool has for every package and host, so nothing here names
one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from paddle_lab.environment.blame import Traceback
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.said import (
    absent,
    advice,
    build_parts,
    build_reasons,
    builds,
    connections,
    disks,
    dlls,
    downloads,
    engine_options,
    http,
    kernels,
    libraries,
    mac_libraries,
    offers,
    own_modules,
    python_parts,
    release_names,
    requirements,
    scripts,
    secure,
    shared_memory,
    sonames,
    system,
    unmet_by_uv,
    uv_universal,
)

__all__ = ["said_findings"]

Reader = Callable[[str, Mapping[str, Any]], list[Finding]]
READERS: tuple[Reader, ...] = (
    requirements.findings,
    absent.findings,
    offers.findings,
    connections.findings,
    kernels.findings,
    python_parts.findings,
    disks.findings,
    shared_memory.findings,
    downloads.findings,
    engine_options.findings,
    http.findings,
    build_parts.findings,
    build_reasons.findings,
    builds.findings,
    scripts.findings,
    secure.findings,
    system.findings,
    unmet_by_uv.findings,
    uv_universal.findings,
)


def said_findings(
    text: str, facts: Mapping[str, Any], trace: Traceback | None = None
) -> list[Finding]:
    """What ``text`` (tidied) says in so many words, the best first.

    ``facts`` are those of the machine that it comes from; ``trace`` is the traceback in it.
    """
    # Of what no package brought, nobody else has anything to say.
    if own := own_modules.findings(text, facts, trace):
        return own
    found = [finding for reader in READERS for finding in reader(text, facts)]
    found += libraries.findings(text, facts, trace)
    found += sonames.findings(text, facts, trace)
    found += dlls.findings(text, facts, trace)
    found += mac_libraries.findings(text, facts, trace)
    found += release_names.findings(text, facts, trace)
    found += advice.findings(text, trace)
    return sorted(found, key=lambda finding: -finding.score)
