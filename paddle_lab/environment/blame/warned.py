"""A warning that ended the program: something turns warnings into errors, and nothing is broken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.blame.common import SCORE, SOURCE, frame_lines
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.structure import Traceback
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.i18n import T

VARIABLE = "PYTHONWARNINGS"


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """One finding when a library's ``warn(...)`` raised."""
    error = trace.final
    frame = error.frames[-1] if error.frames else None
    if not error.kind.endswith("Warning") or frame is None or "warn" not in frame.code:
        return []
    value = lookup(facts, f"variables.{VARIABLE}") if here else None
    set_here = isinstance(value, str) and "error" in value
    package = owned(frame.package, facts, trace.sites) if frame.is_library else None
    windows = lookup(facts, "platform.system") == "Windows"
    return [
        Finding(
            id="warnings-are-errors",
            family="native",
            severity="error",
            certainty="confirmed" if set_here else "likely",
            title=T(
                "{variable}={value} turns a harmless warning into an error",
                "{variable}={value} 把无害的警告变成了错误",
                variable=VARIABLE,
                value=value,
            )
            if set_here
            else T(
                "A harmless warning was turned into an error ({variable} or -W error)",
                "无害的警告被变成了错误（{variable} 或 -W error）",
                variable=VARIABLE,
            ),
            cause=T(
                "{who} only warns there and would go on. The variable {variable}, the option "
                "-W error, or warnings.simplefilter('error') raises every warning.",
                "{who} 在该处只是发出警告，本会继续运行。环境变量 {variable}、选项 -W error 或 "
                "warnings.simplefilter('error') 会把所有警告变成异常。",
                who=package or T("The code", "该代码"),
                variable=VARIABLE,
            ),
            fix=T(
                "Take it away where it is set, and start Jupyter anew from a terminal without it; "
                "in tests name the warnings that are meant.",
                "请在设置它的地方去掉它，并在没有它的终端中重新启动 Jupyter；"
                "测试中请只指定需要的警告。",
            ),
            commands=(
                f"Remove-Item Env:{VARIABLE} -ErrorAction Ignore"
                if windows
                else f"unset {VARIABLE}",
            ),
            sources=SOURCE,
            evidence=(
                *((f"{VARIABLE}={value}",) if set_here else ()),
                *frame_lines(trace, (frame.package,)),
            ),
            about=(f"variables.{VARIABLE}",) if set_here else (),
            score=SCORE,
        )
    ]
