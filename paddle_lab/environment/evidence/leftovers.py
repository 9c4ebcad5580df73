"""What an interrupted install or uninstall left: metadata that stand twice, folders with ``~``,
links to a folder that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.evidence.common import named, unless_imported
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import install, reinstall, uninstall
from paddle_lab.environment.requirements import demands, installed, stack, wanted_range
from paddle_lab.i18n import T


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for each distribution that stands twice, leads nowhere or is there by halves; one
    for what pip set aside."""
    doubles = lookup(facts, "files.doubles")
    remains = lookup(facts, "package_problems.remains")
    found = [
        _double(facts, str(name), entries)
        for name, entries in (doubles if isinstance(doubles, Mapping) else {}).items()
    ]
    moved = lookup(facts, "package_problems.moved")
    for name, folder in (moved if isinstance(moved, Mapping) else {}).items():
        found.append(_moved(facts, str(name), str(folder)))
    unfinished = lookup(facts, "package_problems.unfinished")
    for name in unfinished if isinstance(unfinished, list) else []:
        found.append(_unfinished(facts, str(name)))
    if isinstance(remains, list) and remains:
        found.append(_remains([str(name) for name in remains]))
    return found


def _double(facts: Mapping[str, Any], name: str, entries: list[Mapping[str, Any]]) -> Finding:
    known = demands(facts)
    needed = stack(facts, known)
    versions = ", ".join(str(entry["version"]) for entry in entries)
    mixed = all(int(entry["wrong"]) > 0 for entry in entries)
    whole = [str(entry["version"]) for entry in entries if int(entry["wrong"]) == 0]
    right = f"{name}=={whole[0]}" if whole else wanted_range(name, known, needed)
    return Finding(
        id="installed-twice",
        family="install",
        severity="error" if mixed and name in needed else "warning",
        certainty="confirmed",
        title=T(
            "{name} stands twice in one folder ({versions}), and its files are mixed",
            "{name} 在同一目录中有两个版本（{versions}），文件已混杂",
            name=name,
            versions=versions,
        )
        if mixed
        else T(
            "{name} stands twice in one folder ({versions}); the files are those of {whole}",
            "{name} 在同一目录中有两个版本（{versions}），文件属于 {whole}",
            name=name,
            versions=versions,
            whole=", ".join(whole),
        ),
        cause=T(
            "An upgrade was interrupted: the metadata of the old version stayed beside the new. "
            "Programs that ask for the version may get either.",
            "升级被中断：旧版本的元数据仍留在新版本旁边，查询版本时可能得到任意一个。",
        ),
        fix=T(
            "Uninstall it until nothing is left of it, then install it once.",
            "反复卸载直至完全移除，然后只安装一次。",
        ),
        commands=(*(uninstall(facts, name) for _ in entries), install(facts, right)),
        evidence=tuple(
            f"{entry['folder']} ({entry['wrong']} / {entry['of']})" for entry in entries
        ),
        about=(name,),
    )


def _moved(facts: Mapping[str, Any], name: str, folder: str) -> Finding:
    version = installed(facts).get(name, "")
    return Finding(
        id="link-to-nowhere",
        family="install",
        severity=unless_imported(facts) if name in stack(facts) else "warning",
        certainty="confirmed",
        title=T(
            "{name} {version} is a link to {folder}, which is not there",
            "{name} {version} 链接到 {folder}，但该目录不存在",
            name=name,
            version=version,
            folder=folder,
        ),
        cause=T(
            "It was installed with pip install -e: only its metadata and a link stand here, and "
            "the folder that holds its code was moved, renamed or removed.",
            "它由 pip install -e 安装：此处只有元数据和链接，存放代码的目录已被移动、改名或删除。",
        ),
        fix=T(
            "Put the folder back, or pip install -e its new place; or install what is published:",
            "把目录移回原处，或对新位置执行 pip install -e；也可以安装已发布的版本：",
        ),
        commands=(reinstall(facts, name),),
        evidence=(f"{name} {version}: {folder}",),
        about=(name,),
    )


def _unfinished(facts: Mapping[str, Any], name: str) -> Finding:
    version = installed(facts).get(name, "")
    return Finding(
        id="installation-unfinished",
        family="install",
        severity=unless_imported(facts) if name in stack(facts) else "warning",
        certainty="confirmed",
        title=T(
            "The installation of {name} {version} was interrupted",
            "{name} {version} 的安装被中断",
            name=name,
            version=version,
        ),
        cause=T(
            "The older version was put aside, and the new one has no record (RECORD), which an "
            "installer writes last: a part of its files may be missing.",
            "旧版本已被移开，而新版本没有安装记录（RECORD，安装程序最后才写入）：可能缺少部分文件。",
        ),
        fix=T("Install it once more, over what is there.", "请在现有内容之上重新安装一次。"),
        commands=(reinstall(facts, name),),
        evidence=(f"{name} {version}: RECORD -",),
        about=(name,),
    )


def _remains(names: list[str]) -> Finding:
    return Finding(
        id="set-aside",
        family="install",
        severity="warning",
        certainty="confirmed",
        title=T(
            "An uninstall was interrupted: {names} in site-packages",
            "卸载曾被中断：site-packages 中有 {names}",
            names=named(names),
        ),
        cause=T(
            "pip puts what it removes aside under a name that begins with ~, and warns of it from "
            "then on. Nothing imports it.",
            "pip 会把要移除的内容改名为以 ~ 开头的目录，之后每次都会给出警告。它们不会被导入。",
        ),
        fix=T(
            "Nothing, as long as the imports work; what is missing has findings of its own.",
            "只要导入正常就无需处理；若有缺失，会另有说明。",
        ),
        evidence=tuple(names),
        about=("package_problems.remains",),
    )
