"""Two packages that do not fit each other: one asks the other for what it does not have."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.blame import released
from paddle_lab.environment.blame.common import (
    LIKELY_SCORE,
    SCORE,
    SOURCE,
    demand_of,
    frame_lines,
    python_version,
)
from paddle_lab.environment.blame.names import defines, file_of
from paddle_lab.environment.blame.owning import Owned, owned
from paddle_lab.environment.blame.parties import Asked, asked, literally
from paddle_lab.environment.blame.structure import PERSON, STDLIB, Frame, Traceback
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import install, installs_with, python, reinstall
from paddle_lab.environment.release_names import History, history
from paddle_lab.environment.requirements import Demand, demands, wanted_range
from paddle_lab.i18n import T, Text


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """One finding when the code of a library asks another for what is not there."""
    request = asked(trace)
    if request is None or request.frame is None or not _is_between_packages(request, request.frame):
        return []
    importer = owned(request.importer, facts, trace.sites)
    if _is_stdlib(request):
        return [_needs_other_python(request, importer, trace, facts, here)]
    provider = owned(request.module.partition(".")[0], facts, trace.sites)
    has = _has(request, trace) if here else None
    if has and not request.partial:
        return [_loaded_before(request, provider, facts)]
    there = file_of(request.module, trace.sites) if here and request.kind == "module" else ""
    if there:
        return [_hidden(request, there, facts)]
    if provider.name == importer.name:
        return [_of_two_versions(request, importer, trace, facts)]
    return [_misfit(request, importer, provider, trace, facts, here, has is False)]


def _history(request: Asked) -> History | None:
    """When what was asked for came or went, where the table of releases knows it."""
    if request.kind == "keyword" or request.partial:
        return None
    return history(request.module, "" if request.kind == "module" else request.what)


def _is_between_packages(request: Asked, frame: Frame) -> bool:
    if not frame.is_library or request.provider == PERSON:
        return False  # a person's own code, or their file in its place: told by `shadows`
    if request.kind == "module":
        return "." in request.module  # a whole package is missing: told by `missing`
    return request.kind == "name" or literally(frame, request.what)


def _is_stdlib(request: Asked) -> bool:
    top = request.module.partition(".")[0]
    return request.provider == STDLIB or (not request.path and top in sys.stdlib_module_names)


def _has(request: Asked, trace: Traceback) -> bool | None:
    """Does the provider's file on this machine define what was not found? None: not to be told."""
    if request.kind not in ("name", "attribute"):
        return None
    path = request.path if request.path[-3:] == ".py" else file_of(request.module, trace.sites)
    return defines(path, request.what) if path else None


def _lacking(request: Asked) -> Text:
    """What is not there, in words."""
    if request.kind == "module":
        return T("no module {module}", "没有模块 {module}", module=request.module)
    if request.kind == "keyword":
        return T("no argument {what!r} there", "不接受参数 {what!r}", what=request.what)
    return T(
        "no {what} in {module}",
        "{module} 中没有 {what}",
        what=request.what,
        module=request.module,
    )


def _misfit(
    request: Asked,
    importer: Owned,
    provider: Owned,
    trace: Traceback,
    facts: Mapping[str, Any],
    here: bool,
    seen: bool,
) -> Finding:
    known = _history(request)
    if known is not None and known.lacks(provider.version) is not False:
        lines = frame_lines(trace, (request.importer,))
        return released.finding(known, provider.version, importer.name, facts, lines, sure=seen)
    demand = demand_of(importer, provider, facts) if here else None
    broken = demand is not None and not demand.met
    sure = broken or seen
    return Finding(
        id="packages-do-not-fit",
        family="packages",
        severity="error",
        certainty="confirmed" if sure else "likely",
        title=T(
            "{importer} and {provider} do not fit each other: {lacking}",
            "{importer} 与 {provider} 不匹配：{lacking}",
            importer=importer,
            provider=provider,
            lacking=_lacking(request),
        ),
        cause=_cause(importer, provider, demand),
        fix=T("Install a version that fits:", "安装匹配的版本：")
        if broken
        else T(
            "One of the two is older than the other needs. Upgrade both in one command, so that "
            "the installer takes versions whose metadata fit:",
            "其中一个对另一个来说过旧。用一条命令同时升级两者，让安装器选取元数据匹配的版本：",
        )
        if not here
        else T(
            "One of the two must be another version. Find those that fit (nothing is changed):",
            "其中一个需要换版本。查找并试验匹配的版本（不会改动环境）：",
        ),
        commands=_commands(importer, provider, demand, facts, here),
        sources=SOURCE,
        evidence=(
            *frame_lines(trace, (request.importer,)),
            *((_demand_line(demand),) if demand is not None else ()),
            *((f"{request.path}: {_lacking(request)}",) if seen and request.path else ()),
        ),
        about=(importer.name, provider.name),
        score=SCORE if sure else LIKELY_SCORE,
    )


def _cause(importer: Owned, provider: Owned, demand: Demand | None) -> Text:
    if demand is None:
        return T(
            "{importer} calls {provider}, which does not have it: it was written for another "
            "version of {name}. Its metadata do not say which.",
            "{importer} 调用了 {provider}，而后者没有此内容：前者是针对 {name} 的其他版本编写的，"
            "其元数据没有说明是哪个版本。",
            importer=importer,
            provider=provider,
            name=provider.name,
        )
    if not demand.met:
        return T(
            "{importer} requires {name}{range} in its metadata; installed is {provider}.",
            "{importer} 的元数据要求 {name}{range}，而安装的是 {provider}。",
            importer=importer,
            provider=provider,
            name=demand.name,
            range=demand.specifier,
        )
    return T(
        "{importer} allows {provider} in its metadata ({range}), and yet calls what that version "
        "does not have: mostly a newer release that broke an older package.",
        "{importer} 的元数据允许 {provider}（{range}），但调用了该版本没有的内容："
        "多半是新版本破坏了旧包。",
        importer=importer,
        provider=provider,
        range=f"{demand.name}{demand.specifier}",
    )


def _commands(
    importer: Owned, provider: Owned, demand: Demand | None, facts: Mapping[str, Any], here: bool
) -> tuple[str, ...]:
    if demand is not None and not demand.met:
        known = demands(facts)
        owners = sorted({one.owner for one in known if one.name == demand.name})
        together = wanted_range(demand.name, known, owners)
        alone = f"{demand.name}{demand.specifier}"
        return (install(facts, together or alone),)
    if not here:
        return (f"{installs_with(facts)} -U {importer.name} {provider.name}",)
    return ("paddle-lab env --try",)


def _demand_line(demand: Demand) -> str:
    there = f"{demand.name} {demand.installed}" if demand.installed else f"{demand.name} -"
    asks = f"{demand.owner} {demand.owner_version} requires {demand.name}{demand.specifier}"
    return f"{asks}: {there}"


def _hidden(request: Asked, there: str, facts: Mapping[str, Any]) -> Finding:
    top = request.module.partition(".")[0]
    return Finding(
        id="package-hidden",
        family="shadow",
        severity="error",
        certainty="likely",
        title=T(
            "Another {top} was found in the place of the installed one, and it has no {module}",
            "找到的是另一个 {top}，而不是已安装的那个，其中没有 {module}",
            top=top,
            module=request.module,
        ),
        cause=T(
            "{module} is installed ({there}). Python took a folder or file named {top} that comes "
            "before it: in the folder in which the program was started, or on PYTHONPATH.",
            "{module} 已安装（{there}）。Python 先找到了名为 {top} 的目录或文件："
            "位于启动程序的目录中，或在 PYTHONPATH 上。",
            module=request.module,
            there=there,
            top=top,
        ),
        fix=T(
            "See in that folder which one is taken, rename it, and restart the kernel or program:",
            "在该目录中查看实际使用的是哪一个，将其改名，再重启内核或程序：",
        ),
        commands=(f'{python(facts)} -c "import {top}; print({top}.__path__)"', f"ls -d {top}*"),
        sources=SOURCE,
        evidence=(there,),
        score=SCORE - 1,
    )


def _loaded_before(request: Asked, provider: Owned, facts: Mapping[str, Any]) -> Finding:
    path = request.path or request.module
    return Finding(
        id="older-version-loaded",
        family="jupyter",
        severity="error",
        certainty="confirmed",
        title=T(
            "{provider} was installed after this program had imported an older one",
            "本程序导入旧版之后又安装了 {provider}",
            provider=provider,
        ),
        cause=T(
            "The file on the disk has {what}; the running program (or kernel) still holds the "
            "module as it was when it was imported.",
            "磁盘上的文件中有 {what}，但正在运行的程序（或内核）仍保留着导入时的旧模块。",
            what=request.what,
        ),
        fix=T("Restart the kernel or the program.", "重启内核或程序。"),
        sources=SOURCE,
        evidence=(path,),
        score=LIKELY_SCORE,
    )


def _of_two_versions(
    request: Asked, package: Owned, trace: Traceback, facts: Mapping[str, Any]
) -> Finding:
    return Finding(
        id="package-inconsistent",
        family="install",
        severity="error",
        certainty="likely",
        title=T(
            "The files of {package} do not fit each other: {lacking}",
            "{package} 的文件互不匹配：{lacking}",
            package=package,
            lacking=_lacking(request),
        ),
        cause=T(
            "One file of the package asks another of the same package for what it does not have: "
            "an installation that was interrupted, or files of two versions in one folder.",
            "同一个包中一个文件引用了另一个文件没有的内容：安装被中断，或目录中混有两个版本的文件。",
        ),
        fix=T(
            "Restart the kernel first: if the package was upgraded while it ran, that is all. If "
            "the error stays, install exactly this package again:",
            "先重启内核：若运行期间升级过该包，这样即可解决。若错误仍在，再强制重装这一个包：",
        )
        if trace.form == "ipython"
        else T(
            "Install exactly this package again; a plain install would say that it is satisfied:",
            "强制重新安装这一个包（普通安装只会提示已满足）：",
        ),
        commands=(reinstall(facts, package.name),),
        sources=SOURCE,
        evidence=(
            *frame_lines(trace, (request.importer,)),
            *((request.path,) * bool(request.path)),
        ),
        score=LIKELY_SCORE if request.partial else SCORE - 4,
    )


def _needs_other_python(
    request: Asked, importer: Owned, trace: Traceback, facts: Mapping[str, Any], here: bool
) -> Finding:
    version = python_version(trace, facts)
    python = f"Python {version}" if version else "Python"
    newer = f"{importer.name}>{importer.version}" if importer.version else importer.name
    return Finding(
        id="package-needs-other-python",
        family="packages",
        severity="error",
        certainty="confirmed" if here and importer.version and version else "likely",
        title=T(
            "{importer} does not fit {python}: {lacking}",
            "{importer} 不适用于 {python}：{lacking}",
            importer=importer,
            python=python,
            lacking=_lacking(request),
        ),
        cause=T(
            "{importer} uses a part of the standard library that this Python does not have.",
            "{importer} 使用了当前 Python 标准库中没有的内容。",
            importer=importer,
        ),
        fix=T(
            "Install a newer {name}; where there is none, use the Python that it was made for.",
            "安装更新的 {name}；若没有新版本，请使用其支持的 Python 版本。",
            name=importer.name,
        ),
        commands=(install(facts, newer),),
        sources=SOURCE,
        evidence=frame_lines(trace, (request.importer,)),
        # It names the package; rules know only the part of Python that is gone.
        score=SCORE - 4,
    )
