"""Declared requirements that the installed versions do not meet: who asks what, what is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packaging.utils import canonicalize_name

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.evidence.common import named, unless_imported
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.imports.verdict import imports_work
from paddle_lab.environment.installing import install
from paddle_lab.environment.requirements import Demand, demands, stack, unmet, wanted_range
from paddle_lab.i18n import T, Text


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for each package that Paddle's stack asks for and does not get, in the order of
    nearness to Paddle; one note for all that others ask."""
    known = demands(facts)
    order = stack(facts, known)
    place = {name: number for number, name in enumerate(order)}
    broken = sorted(unmet(facts, known), key=lambda demand: place.get(demand.owner, len(place)))
    ours: dict[str, list[Demand]] = {}
    for demand in broken:
        if demand.owner in place:
            ours.setdefault(demand.name, []).append(demand)
    others = [demand for demand in broken if demand.owner not in place]
    found = [_unmet(facts, name, asks, known, order) for name, asks in ours.items()]
    return found + ([_note(others)] if others else [])


def _unmet(
    facts: Mapping[str, Any],
    name: str,
    asks: list[Demand],
    known: list[Demand],
    order: list[str],
) -> Finding:
    first = asks[0]
    owner = f"{first.owner} {first.owner_version}"
    wanted = f"{name}{first.specifier}"
    works = imports_work(facts)
    return Finding(
        id="requirement-unmet",
        family="packages",
        severity=unless_imported(facts),
        certainty="confirmed",
        title=_title(facts, first, owner, wanted),
        cause=T(
            "It is declared in the metadata of {owners}. {known}",
            "{owners} 的元数据中声明了这一要求。{known}",
            owners=named(dict.fromkeys(f"{ask.owner} {ask.owner_version}" for ask in asks)),
            known=_consequence(works),
        ),
        fix=T(
            "Install a version that all of the stack accept:",
            "安装整套依赖都接受的版本：",
        ),
        commands=(install(facts, wanted_range(name, known, order)),),
        evidence=tuple(map(_line, asks)),
        about=(name, *(ask.owner for ask in asks)),
    )


def _title(facts: Mapping[str, Any], ask: Demand, owner: str, wanted: str) -> Text:
    unowned = lookup(facts, "files.unowned")
    folders = unowned if isinstance(unowned, list) else []
    folder = next((one for one in folders if canonicalize_name(str(one)) == ask.name), None)
    if ask.installed is None and folder is not None:
        return T(
            "The folder {folder}/ has no metadata (.dist-info); {owner} requires {wanted}",
            "目录 {folder}/ 没有元数据（.dist-info），而 {owner} 要求 {wanted}",
            folder=folder,
            owner=owner,
            wanted=wanted,
        )
    if ask.installed is None:
        return T(
            "{name} is not installed; {owner} requires {wanted}",
            "未安装 {name}，而 {owner} 要求 {wanted}",
            name=ask.name,
            owner=owner,
            wanted=wanted,
        )
    return T(
        "{name} {installed} is installed; {owner} requires {wanted}",
        "已安装 {name} {installed}，而 {owner} 要求 {wanted}",
        name=ask.name,
        installed=ask.installed,
        owner=owner,
        wanted=wanted,
    )


def _consequence(works: bool | None) -> Text:
    if works:
        return T(
            "The imports were tried and succeed all the same; what uses the difference may fail.",
            "实际导入仍然成功；但用到差异之处的功能可能出错。",
        )
    if works is None:
        return T(
            "Whether the imports fail on it was not tried yet.", "尚未实际导入以确认是否因此失败。"
        )
    return T("The imports were tried and fail.", "实际导入已失败。")


def _line(ask: Demand) -> str:
    there = f"{ask.name} {ask.installed}" if ask.installed else f"{ask.name} -"
    return f"{ask.owner} {ask.owner_version} requires {ask.name}{ask.specifier}: {there}"


def _note(others: list[Demand]) -> Finding:
    return Finding(
        id="requirement-unmet-elsewhere",
        family="packages",
        severity="note",
        certainty="confirmed",
        title=T(
            "Packages that Paddle does not need lack what they require: {names}",
            "与飞桨无关的包缺少其依赖：{names}",
            names=named(dict.fromkeys(demand.owner for demand in others)),
        ),
        cause=T(
            "Their metadata ask for versions that are not installed. Paddle does not use them.",
            "它们的元数据要求的版本未安装；飞桨用不到这些包。",
        ),
        fix=T(
            "Nothing for Paddle. Install what is named below if you use these packages.",
            "对飞桨无需处理；若您使用这些包，请安装下列依赖。",
        ),
        evidence=tuple(map(_line, others)),
    )
