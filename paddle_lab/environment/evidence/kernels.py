"""Registered Jupyter kernels whose own Python is gone, or has no Paddle while this one has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import python, shell_word
from paddle_lab.environment.requirements import installed
from paddle_lab.i18n import T

_DEFAULT = "python3"  # what a new notebook runs in


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """Kernels that do not start; a default kernel without Paddle; Paddle in another Python."""
    entries = lookup(facts, "jupyter.kernels")
    kernels: list[Mapping[str, Any]] = entries if isinstance(entries, list) else []
    packages = installed(facts)
    here = "paddlepaddle" in packages or "paddlepaddle-gpu" in packages
    found = [_gone(facts, kernel) for kernel in kernels if kernel.get("exists") is False]
    if here and "jupyter-server" in packages:
        found += [_without(facts, kernel) for kernel in kernels if _lacks_paddle(kernel)]
        found += [_note(kernel) for kernel in kernels if _of_others(kernel)]
    if not here:
        found += _elsewhere(facts, kernels)
    return found


def _lacks_paddle(kernel: Mapping[str, Any]) -> bool:
    return (
        kernel.get("name") == _DEFAULT
        and kernel.get("exists") is True
        and kernel.get("here") is False
        and kernel.get("paddle") is False
    )


def _of_others(kernel: Mapping[str, Any]) -> bool:
    there = kernel.get("exists") is True and kernel.get("here") is False
    return there and kernel.get("name") != _DEFAULT and kernel.get("paddle") is False


def _note(kernel: Mapping[str, Any]) -> Finding:
    return Finding(
        id="kernel-of-another-environment",
        family="jupyter",
        severity="note",
        certainty="confirmed",
        title=T(
            "The kernel {name} has no Paddle: it runs in {python}",
            "内核 {name} 中没有飞桨：它使用 {python}",
            name=kernel["name"],
            python=kernel.get("python"),
        ),
        cause=T(
            "It belongs to another environment; what is installed here is not seen there.",
            "它属于另一个环境，看不到当前环境中安装的包。",
        ),
        fix=T(
            "Nothing, unless a notebook that needs Paddle runs in it: choose another kernel there.",
            "无需处理；若需要飞桨的笔记本使用了它，请改选其他内核。",
        ),
        evidence=(_line(kernel),),
        about=(f"kernel {kernel['name']}",),
    )


def _register(facts: Mapping[str, Any], kernel: Mapping[str, Any]) -> tuple[str, ...]:
    """Write the kernel anew, for this Python, where it stands."""
    if "ipykernel" not in installed(facts):
        return ()
    place = "--user" if kernel.get("user") else "--sys-prefix"
    name = shell_word(facts, str(kernel["name"]))
    return (f"{python(facts)} -m ipykernel install {place} --name {name}",)


def _line(kernel: Mapping[str, Any]) -> str:
    return f"{kernel.get('file', '')}/{kernel['name']}: {kernel.get('python')}"


def _gone(facts: Mapping[str, Any], kernel: Mapping[str, Any]) -> Finding:
    name = str(kernel["name"])
    return Finding(
        id="kernel-python-gone",
        family="jupyter",
        severity="error" if name == _DEFAULT else "warning",
        certainty="confirmed",
        title=T(
            "The kernel {name} cannot start: there is no {python}",
            "内核 {name} 无法启动：{python} 不存在",
            name=name,
            python=kernel.get("python"),
        ),
        cause=T(
            "The environment that the kernel was made for was removed or moved.",
            "创建该内核时所用的环境已被删除或移动。",
        ),
        fix=T(
            "Make the kernel anew for this Python, or choose another one in the notebook.",
            "为当前 Python 重新创建该内核，或在笔记本中选择其他内核。",
        ),
        commands=_register(facts, kernel),
        evidence=(_line(kernel),),
        about=("broken_kernels", f"kernel {name}", str(kernel.get("python"))),
    )


def _without(facts: Mapping[str, Any], kernel: Mapping[str, Any]) -> Finding:
    return Finding(
        id="kernel-without-paddle",
        family="jupyter",
        severity="error",
        certainty="confirmed",
        title=T(
            "Notebooks run in {python}, which has no Paddle",
            "笔记本使用的是 {python}，其中没有飞桨",
            python=kernel.get("python"),
        ),
        cause=T(
            "Jupyter finds the kernel {name} there before that of this environment, where Paddle "
            "is installed. What %pip installs in such a notebook goes there too.",
            "Jupyter 先找到的 {name} 内核属于该处，而飞桨则在当前环境；其中的 %pip 也会装到该处。",
            name=kernel["name"],
        ),
        fix=T(
            "Let the kernel be this environment's, then start Jupyter again.",
            "让该内核指向当前环境，然后重启 Jupyter。",
        ),
        commands=_register(facts, kernel),
        evidence=(_line(kernel),),
        about=(f"kernel {kernel['name']}",),
    )


def _elsewhere(facts: Mapping[str, Any], kernels: list[Mapping[str, Any]]) -> list[Finding]:
    """Paddle is not here: where it is instead, by the kernels and the pip of the terminal."""
    places = [
        (_line(kernel), str(kernel.get("python")))
        for kernel in kernels
        if kernel.get("paddle") is True and kernel.get("here") is False
    ]
    pip = lookup(facts, "jupyter.pip")
    if isinstance(pip, Mapping) and pip.get("here") is False and pip.get("paddle") is True:
        places.append((f"pip: {pip.get('python')}", str(pip.get("python"))))
    if not places:
        return []
    return [
        Finding(
            id="paddle-elsewhere",
            family="jupyter",
            severity="warning",
            certainty="confirmed",
            title=T(
                "Paddle is installed in another Python: {python}",
                "飞桨安装在另一个 Python 中：{python}",
                python=places[0][1],
            ),
            cause=T(
                "This is {here}. A kernel or the pip of the terminal belongs to that other one.",
                "当前是 {here}；某个内核或终端中的 pip 属于另一个 Python。",
                here=lookup(facts, "python.executable"),
            ),
            fix=T(
                "Run your program or notebook with that Python, or install Paddle here.",
                "使用那个 Python 运行程序或笔记本，或在当前环境安装飞桨。",
            ),
            evidence=tuple(line for line, _ in places),
            about=("paddle elsewhere",),
        )
    ]
