"""Findings that the facts of a machine prove by themselves, without a rule or a list of packages.

One module a mechanism, each with ``findings(facts)``: a section of the fact sheet in, findings that
name package, version and file out. A sheet without that section gives none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from paddle_lab.environment.evidence import (
    blocked_places,
    damaged_bytecode,
    damaged_files,
    dead_addresses,
    foreign_wheels,
    hidden_modules,
    home_folder,
    kernels,
    leftovers,
    shared_files,
    two_environments,
    unmet_requirements,
)
from paddle_lab.environment.findings import SEVERITIES, Finding

Mechanism = Callable[[Mapping[str, Any]], list[Finding]]

MECHANISMS: tuple[Mechanism, ...] = (
    damaged_files.findings,
    damaged_bytecode.findings,
    foreign_wheels.findings,
    leftovers.findings,
    shared_files.findings,
    two_environments.findings,
    hidden_modules.findings,
    unmet_requirements.findings,
    dead_addresses.findings,
    home_folder.findings,
    blocked_places.findings,
    kernels.findings,
)


def evidence_findings(facts: Mapping[str, Any]) -> list[Finding]:
    """What all mechanisms find, errors first."""
    found = [finding for mechanism in MECHANISMS for finding in mechanism(facts)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))
