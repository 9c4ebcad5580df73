"""Checks of what was read, made from ``schema.json`` and ``files.schema.json``.

A check takes a value as JSON gives it and returns None, or what is wrong with it in a few words.
It is stricter than JSON Schema where Python and TypeScript would stumble: a whole number is an
``int``, every number is finite, and texts, lists and objects without a stated limit have one. And
more lenient in one thing: an enumeration marked ``x-later`` takes any short text, for a later
version may know more names. A compiled check costs some two microseconds an event, ``jsonschema``
some three hundred.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

Check = Callable[[Any], str | None]
Node = Mapping[str, Any]

_FILES: Final = ("schema.json", "files.schema.json")
LONGEST_TEXT: Final = 20_000
MOST_ITEMS: Final = 100_000
MOST_MEMBERS: Final = 2_000
#: Beyond this no picture can be drawn in floating point.
LARGEST_NUMBER: Final = 1e100
LARGEST_WHOLE: Final = 2**53
_LONGEST_LATER: Final = 64


@cache
def check_of(name: str) -> Check:
    """The check of a definition, ``StepEvent`` say."""
    return compiled(_definitions()[name])


@cache
def closed_check_of(name: str) -> Check:
    """As :func:`check_of` for an object that may have no other members than those named."""
    return compiled({**_definitions()[name], "additionalProperties": False})


@cache
def _definitions() -> dict[str, Node]:
    found: dict[str, Node] = {}
    for name in _FILES:
        text = files("paddle_lab.runs").joinpath(name).read_text(encoding="utf-8")
        found.update(json.loads(text)["$defs"])
    return found


def compiled(node: Node) -> Check:
    """The check of a node of a schema. Raises ValueError for a keyword that is not known here."""
    if "$ref" in node:
        return check_of(node["$ref"].rpartition("/")[2])
    if "const" in node:
        return _constant_value(node["const"])
    if "enum" in node:
        return _short_text if node.get("x-later") else _one_of(tuple(node["enum"]))
    if "anyOf" in node:
        return _any_of([compiled(item) for item in node["anyOf"]])
    types = node.get("type")
    if isinstance(types, list):
        checks = [compiled({**node, "type": name}) for name in types if name != "null"]
        one = checks[0] if len(checks) == 1 else _any_of(checks)
        return _or_null(one) if "null" in types else one
    if types not in _COMPILERS:
        raise ValueError(f"no check for {node!r}")
    return _COMPILERS[types](node)


def _one_of(values: tuple[Any, ...]) -> Check:
    def check(value: Any) -> str | None:
        for known in values:
            if value == known and type(value) is type(known):
                return None
        return "is not one of " + ", ".join(str(known) for known in values)

    return check


def _constant_value(known: Any) -> Check:
    kind, said = type(known), f"is not {known}"
    return lambda value: None if value == known and type(value) is kind else said


def _short_text(value: Any) -> str | None:
    if type(value) is str and 0 < len(value) <= _LONGEST_LATER:
        return None
    return "is not a short text"


def _any_of(checks: list[Check]) -> Check:
    def check(value: Any) -> str | None:
        reasons = []
        for one in checks:
            reason = one(value)
            if reason is None:
                return None
            reasons.append(reason)
        # A value of the right type that is out of range says more than "is not null".
        return max(reasons, key=len)

    return check


def _or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _integer(node: Node) -> Check:
    low, high = node.get("minimum", -LARGEST_WHOLE), node.get("maximum", LARGEST_WHOLE)

    def check(value: Any) -> str | None:
        if type(value) is not int:
            return "is not a whole number"
        return None if low <= value <= high else f"is not between {low} and {high}"

    return check


def _number(node: Node) -> Check:
    low, high = node.get("minimum", -LARGEST_NUMBER), node.get("maximum", LARGEST_NUMBER)

    def check(value: Any) -> str | None:
        if type(value) is not float and type(value) is not int:
            return "is not a number"
        # False for NaN as well.
        return None if low <= value <= high else f"is not between {low:g} and {high:g}"

    return check


def _string(node: Node) -> Check:
    longest, pattern = node.get("maxLength", LONGEST_TEXT), node.get("pattern")
    matches = re.compile(pattern).search if pattern else None

    def check(value: Any) -> str | None:
        if type(value) is not str:
            return "is not text"
        if len(value) > longest:
            return f"is longer than {longest} characters"
        if matches is not None and matches(value) is None:
            return "is not a plain name"
        return None

    return check


def _array(node: Node) -> Check:
    item, most = compiled(node["items"]), node.get("maxItems", MOST_ITEMS)

    def check(value: Any) -> str | None:
        if type(value) is not list:
            return "is not a list"
        if len(value) > most:
            return f"has more than {most} items"
        for index, part in enumerate(value):
            reason = item(part)
            if reason is not None:
                return f"item {index + 1} {reason}"
        return None

    return check


def _object(node: Node) -> Check:
    known = {name: compiled(item) for name, item in node.get("properties", {}).items()}
    required = tuple(node.get("required", ()))
    rest = node.get("additionalProperties", True)
    others = None if rest is True else _unknown if rest is False else compiled(rest)
    most = node.get("maxProperties", MOST_MEMBERS)
    find = known.get

    def check(value: Any) -> str | None:
        if type(value) is not dict:
            return "is not a mapping"
        for name in required:
            if name not in value:
                return f"lacks {name}"
        if len(value) > most:
            return f"has more than {most} members"
        for name, part in value.items():
            one = find(name, others)
            if one is not None:
                reason = one(part)
                if reason is not None:
                    return f"{name[:80]!r} {reason}" if find(name) is None else f"{name} {reason}"
        return None

    return check


def _unknown(value: Any) -> str:
    return "is not known"


def _constant(kind: type, said: str) -> Callable[[Node], Check]:
    return lambda node: lambda value: None if type(value) is kind else said


_COMPILERS: Final[dict[Any, Callable[[Node], Check]]] = {
    "integer": _integer,
    "number": _number,
    "string": _string,
    "array": _array,
    "object": _object,
    "boolean": _constant(bool, "is neither true nor false"),
    "null": _constant(type(None), "is not null"),
}
