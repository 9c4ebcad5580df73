"""The check: in a process of its own, import, train one step and infer once on every device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from paddle_lab.environment.crashes import with_crash
from paddle_lab.environment.experiments.causes import trial_findings, trials_of
from paddle_lab.environment.experiments.shown import trial_texts
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.phases import run_phases
from paddle_lab.i18n import T, Text

TIMEOUT_SECONDS = 240.0
SCRIPT = Path(__file__).resolve().parent / "check_script.py"


def run_check(
    python: str | Path | None = None,
    timeout: float = TIMEOUT_SECONDS,
    *,
    where: Path | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Run the check in a subprocess; the result is the section ``check`` of a fact sheet.

    It runs in the working folder or in ``where``, with the variables of ``environ`` if given.
    ``ok``: everything worked. The other keys are those of :func:`run_phases`; ``seen`` are the
    files that the imports read, by folder. ``progress`` hears the name of each phase that begins.
    Never raises for what the stack does: a crash is a result.
    """
    return run_phases(
        SCRIPT, python=python, timeout=timeout, where=where, environ=environ, progress=progress
    )


def check_findings(check: Mapping[str, Any], facts: Mapping[str, Any]) -> list[Finding]:
    """What a failed check means: the cause that experiments proved; else its text, explained."""
    if check.get("ok"):
        return []
    proven = trial_findings(facts)
    if proven:
        return proven
    where = next(
        (str(p.get("name")) for p in check.get("phases", []) if not p.get("ok")), "the start"
    )
    text = str(check.get("text") or "")
    crash = str(check.get("signal") or "")
    if check.get("ended") == "timeout":
        return [_hang(where)]
    text = with_crash(text, crash, where)
    tried = trial_texts(trials_of(facts))
    from paddle_lab.environment.engine import explain  # reading texts costs much to import

    known = explain(text, facts, from_here=True).findings
    if known:
        return [replace(finding, tried=(*finding.tried, *tried)) for finding in known]
    return [_unknown(where, crash, text, tried)]


def _hang(where: str) -> Finding:
    return Finding(
        id="check-hangs",
        family="native",
        severity="error",
        certainty="proven",
        title=T("It hangs during: {where}", "卡在：{where}", where=where),
        cause=T(
            "The process did not answer within the time-out: a driver that hangs, a download "
            "that waits for the network, or a GPU build compiling kernels for a card it was not "
            "made for.",
            "进程在时限内没有响应：驱动挂起、下载等待网络，或 GPU 版正为不支持的显卡即时编译算子。",
        ),
        fix=T(
            "Try it without the GPU; then check nvidia-smi and that the wheel fits the card "
            "(the plan tells).",
            "先不使用 GPU 运行；再检查 nvidia-smi 以及 wheel 是否匹配显卡（见修复计划）。",
        ),
        commands=(
            "CUDA_VISIBLE_DEVICES= paddle-lab env --check",
            "nvidia-smi",
            "paddle-lab env --plan",
        ),
        sources=("this machine",),
    )


def _unknown(where: str, crash: str, text: str, tried: tuple[Text, ...]) -> Finding:
    last = next((line for line in reversed(text.strip().splitlines()) if line.strip()), crash)
    return Finding(
        id="check-failed",
        family="native",
        severity="error",
        certainty="proven",
        title=T("It fails during: {where}", "失败于：{where}", where=where),
        cause=Text("{last}", "{last}", {"last": last[:300]}),
        fix=T(
            "No rule knows this error. The known-good set in a fresh environment is the surest "
            "way: see the plan.",
            "没有规则认识该错误。最稳妥的办法是在全新环境安装验证过的整套版本：见修复计划。",
        ),
        commands=("paddle-lab env --plan",),
        sources=("this machine",),
        tried=tried,
    )
