"""A package that a library imports and that is not installed: who needs it, and what brings it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.blame.common import LIKELY_SCORE, SCORE, SOURCE, demand_of, frame_lines
from paddle_lab.environment.blame.owning import Owned, owned
from paddle_lab.environment.blame.parties import Asked, asked, imports_by_name
from paddle_lab.environment.blame.structure import Traceback
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import install
from paddle_lab.environment.requirements import Demand, installed
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """One finding when a library's own import names a package that is not there."""
    request = asked(trace)
    if request is None or request.kind != "module" or request.frame is None:
        return []
    top = request.module
    if not request.frame.is_library or "." in top or top in sys.stdlib_module_names:
        return []
    if imports_by_name(request.frame):
        return []
    importer = owned(request.importer, facts, trace.sites)
    wanted = owned(top, facts, trace.sites)
    if top == request.importer or wanted.version is not None:
        return []  # it is installed: somewhere else, or damaged; the rules and the evidence tell
    demand = demand_of(importer, wanted, facts)
    return [_finding(request, importer, wanted, demand, trace, facts, here)]


def _finding(
    request: Asked,
    importer: Owned,
    wanted: Owned,
    demand: Demand | None,
    trace: Traceback,
    facts: Mapping[str, Any],
    here: bool,
) -> Finding:
    top = request.module
    known = load_tables().distributions.get(top)
    requirement = f"{demand.name}{demand.specifier}" if demand else wanted.name
    if known and not (demand and demand.specifier):
        requirement = known
    sure = here and bool(installed(facts))
    lines = frame_lines(trace, (request.importer,))
    where = lines[0] if lines else ""
    return Finding(
        id="module-missing",
        family="packages",
        severity="error",
        certainty="confirmed" if sure else "likely",
        title=T(
            "{importer} needs the module {top}, and no installed package has it",
            "{importer} 需要模块 {top}，但没有安装提供它的包",
            importer=importer,
            top=top,
        ),
        cause=T(
            "{importer} requires {requirement} in its metadata; it is not installed. {where}",
            "{importer} 的元数据要求 {requirement}，但未安装。{where}",
            importer=importer,
            requirement=requirement,
            where=where,
        )
        if demand
        else T(
            "The code of {importer} imports it ({where}), but its metadata do not ask for it, so "
            "no installer brings it along.",
            "{importer} 的代码导入了它（{where}），但元数据没有声明，安装时不会自动带上。",
            importer=importer,
            where=where,
        ),
        fix=T("Install it:", "安装它：")
        if demand or known
        else T(
            "Install what provides it. Nothing here says which package that is; mostly it has "
            "the same name, so look at it on the index first:",
            "安装提供它的包。本机信息无法确定包名，多数情况下与模块同名，请先在索引上核对：",
        ),
        commands=(install(facts, requirement),),
        sources=SOURCE,
        evidence=lines,
        score=SCORE if sure and (demand or known) else LIKELY_SCORE,
    )
