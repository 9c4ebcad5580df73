"""Conditions of rules, over nested facts: true, false, or unknown when a fact is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

GROUPS = frozenset({"all", "any", "none"})
Condition = Mapping[str, Any]
Facts = Mapping[str, Any]


class Some(dict[str, Any]):
    """Packages of which only these are known: of others nothing follows."""


class ConditionError(ValueError):
    """A condition in the rules file is not well formed."""


def validate(condition: Any) -> None:
    """Raise ConditionError unless ``condition`` is one that :func:`holds` understands."""
    if not isinstance(condition, Mapping):
        raise ConditionError(f"a condition is a table, not {condition!r}")
    keys = set(condition)
    if len(keys) == 1 and keys <= GROUPS:
        parts = condition[next(iter(keys))]
        if not isinstance(parts, list) or not parts:
            raise ConditionError(f"{condition!r} needs a list of conditions")
        for part in parts:
            validate(part)
    elif "package" in keys:
        if keys - {"package", "is", "installed"}:
            raise ConditionError(f"{condition!r}: a package condition has `is` or `installed`")
        if "is" in keys:
            _specifier(condition["is"])
    elif "fact" in keys and len(keys) == 2 and (keys - {"fact"}) <= OPERATORS:
        if "is" in keys:
            _specifier(condition["is"])
        if "matches" in keys:
            re.compile(condition["matches"])
    else:
        raise ConditionError(f"{condition!r} is not a condition")


def _specifier(text: Any) -> SpecifierSet:
    try:
        return SpecifierSet(str(text), prereleases=True)
    except InvalidSpecifier as error:
        raise ConditionError(str(error)) from error


def lookup(facts: Facts, path: str) -> Any:
    """The value at a dotted path; None when a part is absent or not a table.

    Keys may hold dots themselves (``libraries.libGL.so.1``): the shortest key that exists wins.
    """
    first, dot, rest = path.partition(".")
    if first in facts:
        value = facts[first]
        if not dot:
            return value
        return lookup(value, rest) if isinstance(value, Mapping) else None
    parts = path.split(".")
    for length in range(2, len(parts) + 1):
        key = ".".join(parts[:length])
        if key in facts:
            value = facts[key]
            if length == len(parts):
                return value
            return lookup(value, ".".join(parts[length:])) if isinstance(value, Mapping) else None
    return None


def version_fits(version: Any, specifier: str) -> bool | None:
    """Does a version fit a specifier such as ``<2,>=1.20``? None when it cannot be compared."""
    return _fits(str(version), str(specifier))


@lru_cache(maxsize=4096)  # an explanation asks for some hundreds, several times each
def _fits(version: str, specifier: str) -> bool | None:
    try:
        return _specifier(specifier).contains(Version(version), prereleases=True)
    except InvalidVersion:
        return None


def holds(condition: Condition, facts: Facts) -> bool | None:
    """Whether ``condition`` is true of ``facts``: True, False, or None when it is not known."""
    for group, parts in condition.items():
        if group in GROUPS:
            answers = [holds(part, facts) for part in parts]
            if group == "all":
                return _every(answers)
            some = _every([None if answer is None else not answer for answer in answers])
            some = None if some is None else not some
            return some if group == "any" else (None if some is None else not some)
    if "package" in condition:
        return _package(condition, facts)
    return _fact(condition, facts)


def _every(answers: Sequence[bool | None]) -> bool | None:
    if any(answer is False for answer in answers):
        return False
    return None if any(answer is None for answer in answers) else True


def _package(condition: Condition, facts: Facts) -> bool | None:
    packages = facts.get("packages")
    if not isinstance(packages, Mapping):
        return None
    version = packages.get(condition["package"])
    if version is None and isinstance(packages, Some):
        return None
    if condition.get("installed", True) is False:
        return version is None
    if version is None:
        return False
    return version_fits(version, condition["is"]) if "is" in condition else True


def _fact(condition: Condition, facts: Facts) -> bool | None:
    value = lookup(facts, condition["fact"])
    operator = next(key for key in condition if key != "fact")
    wanted = condition[operator]
    if operator == "exists":
        return (value is not None and value not in ("", [])) is wanted
    if value is None:
        return None
    return _compare(operator, value, wanted)


def _compare(operator: str, value: Any, wanted: Any) -> bool | None:
    answer = _COMPARISONS[operator](value, wanted)
    return answer if answer is None else bool(answer)


def _below(value: Any, wanted: Any) -> bool | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value < wanted if number else None


def _contains(value: Any, wanted: Any) -> bool | None:
    return wanted in value if isinstance(value, (list, str, Mapping)) else None


def _opposite(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool | None]] = {
    "equals": lambda value, wanted: value == wanted,
    "not_equals": lambda value, wanted: value != wanted,
    "in": lambda value, wanted: value in wanted,
    "is": version_fits,
    "matches": lambda value, wanted: (
        isinstance(value, str) and re.search(wanted, value) is not None
    ),
    "below": _below,
    "at_least": lambda value, wanted: _opposite(_below(value, wanted)),
    "contains": _contains,
    "lacks": lambda value, wanted: _opposite(_contains(value, wanted)),
}
OPERATORS = frozenset({*_COMPARISONS, "exists"})
