"""A finding that was written for Paddle, where the text is about another package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from paddle_lab.environment.blame import Traceback
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.structure import PERSON
from paddle_lab.environment.findings import Finding
from paddle_lab.i18n import T

#: Frameworks that fail on the same drivers and libraries, as texts name them.
_FRAMEWORKS = {
    "pytorch": "torch", "torch": "torch", "tensorflow": "tensorflow", "cupy": "cupy", "jax": "jax",
    "torch_use_cuda_dsa": "torch", "onnxruntime": "onnxruntime",
    "onnxruntime-gpu": "onnxruntime-gpu",
}  # fmt: skip
_FRAMEWORK = re.compile(
    r"(?i)(?<![\w.\-])(?:pytorch|torch_use_cuda_dsa|torch|tensorflow|cupy|jax|onnxruntime(?:-gpu)?)(?![\w\-])"
)
_INSTALLS_PADDLE = re.compile(r"\bpaddlepaddle\b|\bpaddlepaddle-gpu\b")


def for_another(
    finding: Finding, trace: Traceback | None, text: str, told: Mapping[str, Any]
) -> Finding:
    """The finding of a rule without commands for Paddle, where another package failed and the text
    has no word of Paddle."""
    raiser = str(parties(trace).get("raiser_package", ""))
    if "paddle" in text.lower() or not _touches_paddle(finding.commands):
        return finding
    left = tuple(one for one in finding.commands if not _touches_paddle([one]))
    others = [one for one in finding.alternatives if not _touches_paddle(one.commands)]
    framework = _FRAMEWORK.search(text)
    if not raiser and framework:
        raiser = _FRAMEWORKS[framework.group(0).lower()]
    if not raiser:  # a program of the person's own, or no frames
        return replace(finding, commands=left, alternatives=tuple(others)) if left else finding
    again = (f"{told['install']} --force-reinstall --no-cache-dir {raiser}",)
    return replace(
        finding,
        fix=T(
            "Here {raiser} failed, and not Paddle: what follows is to be done for {raiser}. {fix}",
            "这里出错的是 {raiser}，不是飞桨：以下处理请针对 {raiser}。{fix}",
            raiser=raiser,
            fix=finding.fix,
        ),
        commands=left or (others.pop(0).commands if others else again),
        alternatives=tuple(others),
    )


def parties(trace: Traceback | None) -> dict[str, str]:
    """Whose version counts: who raised, or who called where a layer only passed the call on."""
    if trace is None:
        return {}
    frames = trace.cause.frames
    passed = bool(frames) and frames[-1].function.endswith(("call", "__call__", "_call_func"))
    names = (trace.caller, trace.raiser) if passed else (trace.raiser,)
    name = next((name for name in names if name not in (None, PERSON)), None)
    if not name:
        return {}
    return {"raiser": name, "raiser_package": owned(name, {}, trace.sites).name}


def _touches_paddle(commands: Iterable[str]) -> bool:
    return any("install" in one and _INSTALLS_PADDLE.search(one) for one in commands)
