"""A kernel that is not registered, or whose Python is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import python
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.i18n import T

_NAMED: Final = re.compile(r"[Nn]o such kernel(?: named)?:? ['\"]?(?P<name>[\w.\-]{1,100})")
#: What a server says that started a kernel in vain.
_GONE: Final = re.compile(
    r"(?s)(?:ServerApp|LabApp|NotebookApp|JupyterHub|[Ss]tart(?:ing)? kernel).{0,4000}?"
    r"No such file or directory: '(?P<python>[^'\n]{1,300}[/\\]python[\d.]{0,6}(?:\.exe)?)'"
)


def _gone(program: str, facts: Mapping[str, Any]) -> Finding:
    return Finding(
        id="kernel-python-gone",
        family="jupyter",
        severity="error",
        certainty="likely",
        title=T(
            "The kernel names a Python that is not there: {program}",
            "内核指向不存在的 Python：{program}",
            program=program,
        ),
        cause=T(
            "The environment that it was registered from was deleted, moved or renamed; its "
            "kernel.json stays behind.",
            "注册该内核的环境已被删除、移动或改名，而它的 kernel.json 仍在。",
        ),
        fix=T(
            "See which kernel has this path, take it out (jupyter kernelspec remove NAME), and "
            "register the environment that you use now:",
            "查看哪个内核使用该路径，将其移除（jupyter kernelspec remove 名称），"
            "再注册现在使用的环境：",
        ),
        commands=(
            "jupyter kernelspec list --json",
            f"{python(facts)} -m ipykernel install --user --name paddle",
        ),
        sources=SOURCE,
        evidence=(program,),
        score=SCORE + 4,
    )


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding when a text says that no kernel of a name is known."""
    found = _NAMED.search(text)
    if found is None:
        gone = _GONE.search(text)
        return [_gone(gone["python"], facts)] if gone else []
    name = found["name"].rstrip(".")
    kernels = lookup(facts, "jupyter.kernels")
    known = [str(one.get("name")) for one in kernels] if isinstance(kernels, list) else []
    if name in known:
        return []
    return [
        Finding(
            id="kernel-not-registered",
            family="jupyter",
            severity="error",
            certainty="likely",
            title=T(
                "The notebook asks for the kernel {name}, which is not registered",
                "笔记本要求内核 {name}，但它没有注册",
                name=name,
            ),
            cause=T(
                "The name of the kernel is kept in the notebook; it was made on another machine or "
                "in an environment that is gone.",
                "内核名称保存在笔记本中；它来自其他机器或已不存在的环境。",
            )
            if not known
            else T(
                "The name of the kernel is kept in the notebook; it was made on another machine or "
                "in an environment that is gone. Registered here: {known}.",
                "内核名称保存在笔记本中；它来自其他机器或已不存在的环境。本机已注册：{known}。",
                known=", ".join(known[:10]),
            ),
            fix=T(
                "Choose another kernel in the notebook (Kernel > Change Kernel; for nbconvert "
                "--ExecutePreprocessor.kernel_name=python3), or register this environment under "
                "that name:",
                "在笔记本中另选内核（内核 > 更改内核；nbconvert 用 "
                "--ExecutePreprocessor.kernel_name=python3），或以该名称注册当前环境：",
            ),
            commands=(f"{python(facts)} -m ipykernel install --sys-prefix --name {name}",),
            sources=SOURCE,
            evidence=(found.group(0),),
            score=SCORE + 4,
        )
    ]
