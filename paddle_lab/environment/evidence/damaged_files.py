"""Installed files that are missing, empty, cut off, or no longer what their record says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.evidence.common import named
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import reinstall
from paddle_lab.environment.requirements import stack
from paddle_lab.i18n import T, Text

_MOST = 4  # files that are named


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding a damaged distribution; one note for all files that somebody changed."""
    needed = set(stack(facts))
    damaged = _both(facts, "damaged")
    changed = {name: state for name, state in _both(facts, "changed").items() if name in needed}
    found = [_damage(facts, str(name), state, name in needed) for name, state in damaged.items()]
    return found + ([_change(changed)] if changed else [])


def _damage(facts: Mapping[str, Any], name: str, state: Mapping[str, Any], needed: bool) -> Finding:
    count, of = int(state["count"]), int(state["of"])
    files: list[Mapping[str, Any]] = state["files"]
    package = f"{name} {state['version']}"
    return Finding(
        id="damaged-files",
        family="install",
        severity="error" if needed else "warning",
        certainty="confirmed",
        title=_title(package, files, count, of),
        cause=T(
            "The record of its installation says so. An interrupted download or uninstall, a full "
            "disk or a copy that was cut off leaves that behind; what imports it fails or crashes.",
            "依据是该包的安装记录。下载或卸载被中断、磁盘写满、复制不完整都会造成这种情况；导入时会失败或崩溃。",
        ),
        fix=T(
            "Install exactly this package again; a plain install would say that it is satisfied.",
            "强制重新安装这一个包（普通安装只会提示已满足）。",
        ),
        commands=(reinstall(facts, name),),
        evidence=_lines(package, files, count),
        about=(name,),
    )


def _both(facts: Mapping[str, Any], kind: str) -> dict[str, Mapping[str, Any]]:
    """What sizes told, and what reading the files told after an import had failed."""
    found: dict[str, Mapping[str, Any]] = {}
    for section in ("files", "imports.contents"):
        for name, state in (lookup(facts, f"{section}.{kind}") or {}).items():
            known = found.get(str(name))
            found[str(name)] = state if known is None else _joined(known, state)
    return found


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        **one,
        "count": one["count"] + other["count"],
        "files": [*one["files"], *other["files"]],
    }


_STATES = {
    "missing": T("{path} is missing", "缺少 {path}"),
    "empty": T("{path} is empty (0 bytes)", "{path} 为空（0 字节）"),
    "cut off": T("{path} is cut off", "{path} 不完整（被截断）"),
    "unreadable": T("{path} cannot be read", "{path} 无法读取"),
    "not Python": T("{path} is no Python code any more", "{path} 已不是 Python 代码"),
    "other content": T("{path} has other content", "{path} 内容被改变"),
}


def _title(package: str, files: list[Mapping[str, Any]], count: int, of: int) -> Text:
    if count >= of > 0 or not files:
        return T(
            "The files of {package} are gone: only its metadata are left",
            "{package} 的文件已全部丢失，只剩元数据",
            package=package,
        )
    words = _STATES.get(files[0]["state"], _STATES["other content"])
    return T(
        "{package} is damaged: {what}{more}",
        "{package} 已损坏：{what}{more}",
        package=package,
        what=Text(words.en, words.zh, {"path": files[0]["path"]}),
        more=f" (+{count - 1})" if count > 1 else "",
    )


def _lines(package: str, files: list[Mapping[str, Any]], count: int) -> tuple[str, ...]:
    """A line each for the first few, and the number of the others."""
    shown = files if count <= _MOST + 1 else files[:_MOST]
    lines = [_line(package, file) for file in shown]
    return (*lines, f"{package}: +{count - len(shown)}") if count > len(shown) else tuple(lines)


def _line(package: str, file: Mapping[str, Any]) -> str:
    size, recorded = file.get("size"), file.get("recorded")
    sizes = f"{'-' if size is None else size} / {'?' if recorded in (None, -1) else recorded} B"
    return f"{package}: {file['path']} ({sizes})"


def _change(changed: Mapping[str, Mapping[str, Any]]) -> Finding:
    lines = [
        _line(f"{name} {state['version']}", file)
        for name, state in changed.items()
        for file in state["files"]
    ]
    packages = named(f"{name} {state['version']}" for name, state in changed.items())
    return Finding(
        id="changed-files",
        family="install",
        severity="note",
        certainty="confirmed",
        title=T(
            "Files of {packages} were changed after the installation",
            "{packages} 的文件在安装后被改动",
            packages=packages,
        ),
        cause=T(
            "They are whole, and differ in size from what was installed: somebody or some tool "
            "edited them. That may be on purpose.",
            "文件完整，但大小与安装时不同：有人或工具修改过。这可能是有意的。",
        ),
        fix=T(
            "Nothing, if you know of it; else install that package again.",
            "若是有意修改则无需处理，否则请重新安装该包。",
        ),
        evidence=tuple(lines),
    )
