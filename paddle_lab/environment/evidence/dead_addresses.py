"""Proxies, hubs and package indexes that are set and cannot work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment import installing
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.i18n import T, Text

_STATES = {
    "dead": T("nothing listens on {value}", "{value} 上没有任何服务在监听"),
    "missing": T("{value} is not there", "{value} 不存在"),
    "malformed": T("{value} is no complete address", "{value} 不是完整的地址"),
    "unresolved": T("there is no host of that name: {value}", "不存在该主机：{value}"),
    "unreadable": T("the file cannot be read ({value})", "该文件无法读取（{value}）"),
}


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for all settings that name the same address; they are mended together."""
    entries = facts.get("addresses")
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in entries if isinstance(entries, list) else []:
        groups.setdefault((str(entry["state"]), str(entry["value"])), []).append(entry)
    return [_finding(facts, state, value, group) for (state, value), group in groups.items()]


def _finding(
    facts: Mapping[str, Any], state: str, value: str, group: list[Mapping[str, Any]]
) -> Finding:
    names = ", ".join(dict.fromkeys(_name(entry) for entry in group))
    words = _STATES[state]
    return Finding(
        id="dead-address",
        family="network",
        severity="error",
        certainty="confirmed",
        title=T(
            "{names} cannot work: {why}",
            "{names} 无法使用：{why}",
            names=names,
            why=Text(words.en, words.zh, {"value": value}),
        ),
        cause=T(
            "Every download that is sent there fails at once: packages, models or data sets. What "
            "is on this machine already works.",
            "发往该处的下载（安装包、模型、数据集）都会立即失败；本机已有的内容不受影响。",
        ),
        fix=T(
            "Start what should listen there, or take the setting back. A running kernel keeps its "
            "variables until it is restarted.",
            "启动应在该处监听的程序，或取消该设置；已运行的内核需重启后才会生效。",
        ),
        commands=tuple(dict.fromkeys(_unset(facts, group))),
        evidence=tuple(_line(entry) for entry in group),
        about=tuple(f"variables.{entry['setting']}" for entry in group),
    )


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry["setting"] or entry["file"])


def _line(entry: Mapping[str, Any]) -> str:
    where = f"{entry['file']}: " if entry["file"] else ""
    return f"{where}{entry['setting']} = {entry['value']}"


def _unset(facts: Mapping[str, Any], group: list[Mapping[str, Any]]) -> list[str]:
    variables = [str(entry["setting"]) for entry in group if not entry["file"]]
    commands = []
    if variables:
        windows = lookup(facts, "platform.system") == "Windows"
        names = list(dict.fromkeys(variables))
        commands += (
            [f"Remove-Item Env:{name}" for name in names]
            if windows
            else [f"unset {' '.join(names)}"]
        )
    has_pip = "pip" in (facts.get("packages") or {})
    commands += [
        f"{installing.python(facts)} -m pip config unset {entry['setting']}"
        for entry in group
        if entry["file"] and entry["setting"] and has_pip
    ]
    return commands
