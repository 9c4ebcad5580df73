"""Which declared requirements the installed versions do not meet, and what Paddle's stack is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from paddle_lab.environment.conditions import lookup, version_fits
from paddle_lab.environment.probes.requires import ROOTS

_BUILDS = frozenset({"paddlepaddle", "paddlepaddle-gpu"})  # either is Paddle to who asks for it


@dataclass(frozen=True)
class Demand:
    """``owner`` asks for ``name`` within ``specifier``; ``installed`` is None when it is absent."""

    owner: str
    owner_version: str
    name: str
    specifier: str
    installed: str | None

    @property
    def met(self) -> bool:
        """False only when it is known not to be: a version that cannot be read meets all."""
        if self.installed is None:
            return False
        return not self.specifier or version_fits(self.installed, self.specifier) is not False


def demands(facts: Mapping[str, Any]) -> list[Demand]:
    """Every requirement of a fact sheet that holds for its Python and system."""
    lines, packages = facts.get("requirements"), installed(facts)
    if not isinstance(lines, Mapping):
        return []
    environment = marker_environment(facts)
    read = [
        (str(owner), wanted)
        for owner, entries in lines.items()
        if isinstance(entries, list)
        for wanted in map(_read, map(str, entries))
        if wanted is not None
    ]
    asked = {(wanted.name, extra) for _, wanted in read for extra in wanted.extras}
    return [
        _demand(owner, wanted, packages)
        for owner, wanted in read
        if _holds(wanted.marker, environment, [extra for name, extra in asked if name == owner])
    ]


def installed(facts: Mapping[str, Any]) -> Mapping[str, str]:
    """Distribution to version; empty when the sheet does not say."""
    packages = facts.get("packages")
    return packages if isinstance(packages, Mapping) else {}


class _Wanted(NamedTuple):
    """A requirement with the names and the specifier as they are compared."""

    name: str
    extras: tuple[str, ...]
    specifier: str
    marker: Marker | None


def _demand(owner: str, wanted: _Wanted, packages: Mapping[str, str]) -> Demand:
    name = wanted.name
    version = packages.get(name)
    if version is None and name in _BUILDS:
        version = next((packages[build] for build in sorted(_BUILDS) if build in packages), None)
    return Demand(owner, packages.get(owner, ""), name, wanted.specifier, version)


@lru_cache(maxsize=4096)
def _read(line: str) -> _Wanted | None:
    try:
        wanted = Requirement(line)
    except InvalidRequirement:  # metadata older than the standard: nothing to compare
        return None
    extras = tuple(canonicalize_name(extra) for extra in wanted.extras)
    return _Wanted(canonicalize_name(wanted.name), extras, str(wanted.specifier), wanted.marker)


def _holds(marker: Marker | None, environment: dict[str, str], extras: list[str]) -> bool:
    if marker is None:
        return True
    try:
        return any(marker.evaluate({**environment, "extra": extra}) for extra in ["", *extras])
    except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion):
        return False  # a sheet with an odd Python version: what cannot be compared asks nothing


def marker_environment(facts: Mapping[str, Any]) -> dict[str, str]:
    """What markers are evaluated against: the Python and the system that the sheet is of."""
    version = str(lookup(facts, "python.version") or "3.11.0")
    system = str(lookup(facts, "platform.system") or "Linux")
    implementation = str(lookup(facts, "python.implementation") or "CPython")
    return {
        "python_version": ".".join(version.split(".")[:2]),
        "python_full_version": version,
        "implementation_name": implementation.lower(),
        "implementation_version": version,
        "platform_python_implementation": implementation,
        "platform_system": system,
        "platform_release": str(lookup(facts, "platform.release") or ""),
        "os_name": "nt" if system == "Windows" else "posix",
        "sys_platform": {"Darwin": "darwin", "Windows": "win32"}.get(system, "linux"),
        "platform_machine": str(lookup(facts, "platform.machine") or "x86_64"),
        "extra": "",
    }


def stack(facts: Mapping[str, Any], known: list[Demand] | None = None) -> list[str]:
    """The installed distributions that Paddle and PaddleNLP need, nearest first."""
    packages = installed(facts)
    by_owner: dict[str, list[str]] = {}
    for demand in demands(facts) if known is None else known:
        by_owner.setdefault(demand.owner, []).append(demand.name)
    order = [name for name in ROOTS if name in packages]
    seen = set(order)
    for owner in order:  # grows while it is walked: breadth first
        for name in by_owner.get(owner, ()):
            if name not in seen and name in packages:
                seen.add(name)
                order.append(name)
    return order


def unmet(facts: Mapping[str, Any], known: list[Demand] | None = None) -> Iterator[Demand]:
    """The demands that are not met."""
    return (demand for demand in (demands(facts) if known is None else known) if not demand.met)


def wanted_range(name: str, known: list[Demand], owners: list[str]) -> str:
    """What ``owners`` together ask of ``name``, as a requirement: ``numpy<=1.26.4,>=1.21``."""
    together = SpecifierSet()
    for demand in known:
        if demand.name == name and demand.owner in owners and demand.specifier:
            try:
                together &= SpecifierSet(demand.specifier)
            except (InvalidSpecifier, ValueError):  # ValueError: they differ on pre-releases
                continue
    return f"{name}{','.join(_needed(together))}"


def _needed(together: SpecifierSet) -> list[str]:
    """The parts that bound a range: of several lower or upper bounds the tightest alone."""
    lower: list[Specifier] = [one for one in together if one.operator in (">", ">=")]
    upper: list[Specifier] = [one for one in together if one.operator in ("<", "<=")]
    others = sorted(str(one) for one in together if one not in lower and one not in upper)
    ends = [
        *sorted(lower, key=lambda one: (Version(one.version), one.operator == ">"))[-1:],
        *sorted(upper, key=lambda one: (Version(one.version), one.operator == "<="))[:1],
    ]
    return [*map(str, ends), *others]
