"""A rule's words, filled in for one case: what it says, and commands that a shell may take."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from paddle_lab.environment.conditions import holds, lookup
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import without_deleting
from paddle_lab.environment.rules import LOOKUPS, Rule
from paddle_lab.environment.signs import fitting
from paddle_lab.environment.tables import Tables
from paddle_lab.i18n import Text

Facts = Mapping[str, Any]


def finding_of(
    rule: Rule, fill: Facts, groups: Mapping[str, str], tables: Tables, case: Facts
) -> Finding:
    """What ``rule`` says: ``fill`` are the values of the case, ``groups`` those of its patterns.

    Commands for a system or tool of which the case shows no sign are left out; where no command of
    the recommended way is left, the first other way that fits takes its place.
    """
    filled = {**_empty_groups(rule), **fill, **groups}
    commands = _commands(rule.commands, filled, rule, tables, case)
    others = [
        Alternative(label, written)
        for label, templates in rule.alternatives
        if (written := _commands(templates, filled, rule, tables, case, whole=True))
    ]
    if not commands and others:
        commands = others.pop(0).commands
    for group, table in rule.lookup.items():
        filled.update(_looked_up(group, table, str(filled.get(group, "")), tables))
    return Finding(
        id=rule.id,
        family=rule.family,
        severity=rule.severity,
        certainty="likely",
        title=Text(rule.title.en, rule.title.zh, filled),
        cause=Text(rule.cause.en, rule.cause.zh, filled),
        fix=Text(rule.fix.en, rule.fix.zh, filled),
        commands=commands,
        sources=rule.sources,
        alternatives=tuple(others),
    )


def _commands(
    templates: Iterable[str],
    filled: Facts,
    rule: Rule,
    tables: Tables,
    case: Facts,
    whole: bool = False,
) -> tuple[str, ...]:
    written = [without_deleting(_command(one, filled, rule, tables)) for one in templates]
    fit = [fitting(command, case) for command in written if command]
    if whole and not all(fit):
        return ()
    return tuple(dict.fromkeys(command for command in fit if command))


def _empty_groups(rule: Rule) -> dict[str, str]:
    """Groups of patterns that did not speak: templates may still name them."""
    names = {name for pattern in (*rule.text, *rule.text_all) for name in pattern.groups}
    empty = dict.fromkeys(names, "…")
    for group, table in rule.lookup.items():
        empty.update({f"{group}_{field}": "" for field in LOOKUPS[table]})
    return empty


def _looked_up(group: str, table: str, value: str, tables: Tables) -> dict[str, str]:
    if table == "distributions":
        from paddle_lab.environment.blame.owning import distribution_here

        top = value.split(".", maxsplit=1)[0]
        known = tables.distributions
        return {
            f"{group}_distribution": known.get(value)
            or known.get(top)
            or distribution_here(top)
            or top.replace("_", "-")
        }
    rows: Mapping[str, Mapping[str, str]] = getattr(tables, table)
    if table == "libraries":
        row = next(
            (row for name, row in rows.items() if name != "*" and value.startswith(name)), rows["*"]
        )
    else:
        row = rows.get(value, rows["*"])
    return {f"{group}_{field}": row.get(field, "") for field in LOOKUPS[table]}


_SAFE = re.compile(r"[\w.+\-]+")
_REQUIREMENT = re.compile(r"[\w.\-]+(?:\[[\w,\- ]+\])?(?:[<>=!~]=?[\w.,<>=!~*]+)?")


def _command(template: str, filled: Mapping[str, Any], rule: Rule, tables: Tables) -> str:
    """A command with its placeholders filled; what came out of a text is quoted for the shell."""
    groups = {name for pattern in (*rule.text, *rule.text_all) for name in pattern.groups}
    safe: dict[str, str] = {}
    for name, value in filled.items():
        word = str(value)
        safe[name] = _quoted(word) if name in groups else word
    for group, table in rule.lookup.items():
        for name, value in _looked_up(group, table, str(filled.get(group, "")), tables).items():
            safe[name] = value.format_map(safe) if name.endswith("_command") else _quoted(value)
    return template.format_map(safe)


def _quoted(value: str) -> str:
    """A requirement in double quotes where a shell needs them; anything strange in single ones."""
    if _SAFE.fullmatch(value):
        return value
    return f'"{value}"' if _REQUIREMENT.fullmatch(value) else shlex.quote(value)


def evidence_of(condition: Any, case: Facts) -> tuple[str, ...]:
    """The facts that made a condition true, as short lines."""
    found: list[str] = []

    def walk(part: Any) -> None:
        if not isinstance(part, Mapping):
            return
        for group in ("all", "any"):
            for inner in part.get(group, []):
                if holds(inner, case):
                    walk(inner)
        if "package" in part:
            version = lookup(case, "packages") or {}
            known = version.get(part["package"]) if isinstance(version, Mapping) else None
            found.append(f"{part['package']} {known if known else '-'}")
        elif "fact" in part:
            value = lookup(case, part["fact"])
            shown = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
            found.append(f"{part['fact'].removeprefix('derived.')} = {shown[:300]}")

    walk(condition)
    return tuple(dict.fromkeys(found))
