"""Files of the working folder or of PYTHONPATH that are imported in place of what is installed."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.evidence.common import unless_imported
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.imports.verdict import imports_work
from paddle_lab.environment.renaming import renaming
from paddle_lab.i18n import T, Text

_PLACES = {
    "working folder": T("the working folder", "工作目录"),
    "PYTHONPATH": T("a folder of PYTHONPATH", "PYTHONPATH 中的目录"),
    "path": T("an earlier folder of sys.path", "sys.path 中靠前的目录"),
}


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for each module that hides another, or that a package imports by mistake."""
    entries = facts.get("hiding")
    shadows = facts.get("shadows")
    needed = {
        str(entry.get("path"))
        for entry in (shadows if isinstance(shadows, list) else [])
        if isinstance(entry, Mapping)
    }
    return [
        _finding(facts, entry, needed=entry["path"] in needed)
        for entry in (entries if isinstance(entries, list) else [])
    ]


def _finding(facts: Mapping[str, Any], entry: Mapping[str, Any], *, needed: bool) -> Finding:
    path, module = str(entry["path"]), str(entry["module"])
    shown = _short(path)
    owner = str(entry["owner"])
    by = entry.get("imported_by")
    package = f"{owner} {entry['version']}".rstrip()
    return Finding(
        id="hidden-module" if owner else "module-imported-by-mistake",
        family="shadow",
        severity=_severity(facts, entry, needed=needed),
        certainty="confirmed",
        title=_title(shown, module, package, by if isinstance(by, Mapping) else None),
        cause=T(
            "It stands in {place}, which Python looks through before its packages, so every import "
            "of {module} gets this file instead.",
            "它位于{place}，Python 先搜索该处，再搜索已安装的包，因此导入 {module} 会得到它。",
            place=_PLACES.get(str(entry["where"]), _PLACES["path"]),
            module=module,
        ),
        fix=T(
            "Give it another name, and change your own imports of it.",
            "请将其改名，并相应修改自己代码中的导入。",
        ),
        commands=(renaming(facts, path),),
        evidence=(path, *_importer_line(module, by)),
        about=(*(["shadows"] if needed else []), module, path),
    )


def _severity(facts: Mapping[str, Any], entry: Mapping[str, Any], *, needed: bool) -> str:
    by = entry.get("imported_by")
    if needed:
        return unless_imported(facts)
    if not entry["owner"]:  # whether it does harm is for a trial to say
        return "error" if imports_work(facts) is False else "warning"
    return "warning" if by and entry["owner"] != "Python" else "note"


def _title(shown: str, module: str, package: str, by: Mapping[str, Any] | None) -> Text:
    if not package and by is not None:
        return T(
            "{package} imports your {shown}: it tries an optional module {module}",
            "{package} 会导入您的 {shown}：它尝试导入可选模块 {module}",
            package=f"{by['package']} {by['version']}",
            shown=shown,
            module=module,
        )
    if package == "Python":
        return T(
            "{shown} hides the module {module} of Python itself",
            "{shown} 遮蔽了 Python 自带的模块 {module}",
            shown=shown,
            module=module,
        )
    return T(
        "{shown} hides the installed package {package}",
        "{shown} 遮蔽了已安装的包 {package}",
        shown=shown,
        package=package or module,
    )


def _short(path: str) -> str:
    """``random.py``, or ``datasets/`` of a package: as a person calls it."""
    folder, name = posixpath.split(path.replace("\\", "/"))
    return f"{posixpath.basename(folder)}/" if name.startswith("__init__.") else name


def _importer_line(module: str, by: Any) -> tuple[str, ...]:
    if not isinstance(by, Mapping):
        return ()
    chain = f"{by['file']} imports {by['via'] or module}"
    through = f", which imports {module}" if by["via"] else ""
    return (f"{by['package']} {by['version']}: {chain}{through}",)
