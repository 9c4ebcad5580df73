"""Packages that an import takes from another environment than this one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.evidence.common import named, unless_imported
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.imports.verdict import imports_work
from paddle_lab.environment.renaming import renaming
from paddle_lab.i18n import T, Text


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for each folder of another environment or Python; one for the user's folder."""
    sites = facts.get("sites")
    entries = sites if isinstance(sites, list) else []
    found = [_foreign(facts, entry) for entry in entries if entry["foreign"]]
    for entry in entries:
        if entry["kind"] == "user" and not entry["foreign"]:
            found += _user(facts, entry)
    return found


_WAYS = {
    "PYTHONPATH": T("by the variable PYTHONPATH", "由环境变量 PYTHONPATH 引入"),
    "pth": T("by the file {file}", "由文件 {file} 引入"),
}
_OTHER_WAY = T("by sys.path", "由 sys.path 引入")


def _foreign(facts: Mapping[str, Any], entry: Mapping[str, Any]) -> Finding:
    path, kind = str(entry["path"]), str(entry["kind"])
    packages = [f"{name} {version}" for name, version in entry["packages"].items()]
    way = _WAYS.get(kind, _OTHER_WAY)
    return Finding(
        id="two-environments",
        family="interpreter",
        severity=unless_imported(facts) if packages else "warning",
        certainty="confirmed",
        title=T(
            "{packages} come from another environment: {path}",
            "{packages} 来自另一个环境：{path}",
            packages=named(packages),
            path=path,
        )
        if packages
        else T(
            "The packages of another environment are on the path: {path}",
            "导入路径中有另一个环境的包目录：{path}",
            path=path,
        ),
        cause=T(
            "That folder is put before or among the packages of this environment {way}{version}. "
            "What one environment loads was not installed for the other.",
            "该目录{way}{version}，与当前环境的包混在一起；其中的包并不是为当前环境安装的。",
            way=Text(way.en, way.zh, {"file": entry.get("file", "")}),
            version=_version(facts, entry),
        ),
        fix=T(
            "Take it off the path, then start Python or the kernel again.",
            "将其从导入路径中去掉，然后重启 Python 或内核。",
        ),
        commands=_commands(facts, entry),
        evidence=_lines(path, packages),
        about=("variables.PYTHONPATH", "storage.user_site_used", "python.virtual"),
    )


def _version(facts: Mapping[str, Any], entry: Mapping[str, Any]) -> Text:
    own = ".".join(str(lookup(facts, "python.version") or "").split(".")[:2])
    if not entry["python"] or entry["python"] == own:
        return T("", "")
    return T(
        "; it is of Python {other}, this is Python {own}",
        "（属于 Python {other}，当前为 Python {own}）",
        other=entry["python"],
        own=own,
    )


def _lines(path: str, packages: list[str]) -> tuple[str, ...]:
    return (path, *([named(packages, 8)] if packages else []))


def _commands(facts: Mapping[str, Any], entry: Mapping[str, Any]) -> tuple[str, ...]:
    windows = lookup(facts, "platform.system") == "Windows"
    if entry["kind"] == "PYTHONPATH":
        return ("Remove-Item Env:PYTHONPATH" if windows else "unset PYTHONPATH",)
    if entry["kind"] == "pth":
        file = str(entry["file"])
        return (renaming(facts, file, f"{_name(file)}.off"),)
    if entry["kind"] == "user":
        return ("$env:PYTHONNOUSERSITE = 1" if windows else "export PYTHONNOUSERSITE=1",)
    return ()


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _user(facts: Mapping[str, Any], entry: Mapping[str, Any]) -> list[Finding]:
    """The user's own folder goes before that of an environment that holds other versions."""
    own = lookup(facts, "python.virtual") is True or lookup(facts, "python.conda") is True
    twice = lookup(facts, "package_problems.twice") or {}
    hidden = list(_hidden(entry, twice))
    if not hidden or not (own or imports_work(facts) is False):
        return []
    return [
        Finding(
            id="user-folder-first",
            family="interpreter",
            severity="error" if imports_work(facts) is False else "warning",
            certainty="confirmed",
            title=T(
                "Your user folder hides {packages} of this environment",
                "用户目录中的包遮蔽了当前环境的 {packages}",
                packages=named(hidden),
            ),
            cause=T(
                "{path} is looked through before the packages of the environment, and holds other "
                "versions.",
                "{path} 先于当前环境的包被搜索，且其中的版本不同。",
                path=entry["path"],
            ),
            fix=T(
                "Switch the user folder off for this environment, then start Python again.",
                "对该环境禁用用户目录，然后重启 Python。",
            ),
            commands=_commands(facts, {**entry, "kind": "user"}),
            evidence=tuple(hidden),
            about=("storage.user_site_used", "python.virtual"),
        )
    ]


def _hidden(entry: Mapping[str, Any], twice: Mapping[str, Any]) -> Iterable[str]:
    for name, version in entry["packages"].items():
        others = [
            str(place.get("version"))
            for place in twice.get(name, [])
            if place.get("site") != entry["path"] and place.get("version") != version
        ]
        if others:
            yield f"{name} {others[0]} ({version})"
