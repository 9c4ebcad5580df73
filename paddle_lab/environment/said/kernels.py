"""A kernel that is not registered, or whose Python is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import installs_with, python
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.i18n import T

_NAMED: Final = re.compile(r"[Nn]o such kernel(?: named)?:? ['\"]?(?P<name>[\w.\-]{1,100})")
#: What a server says that started a kernel in vain.
_GONE: Final = re.compile(
    r"(?s)(?:ServerApp|LabApp|NotebookApp|JupyterHub|[Ss]tart(?:ing)? kernel).{0,4000}?"
    r"No such file or directory: '(?P<python>[^'\n]{1,300}[/\\]python[\d.]{0,6}(?:\.exe)?)'"
)
#: A class that a setting names and that cannot be imported, as traitlets says it.
_SETTING: Final = re.compile(
    r"The '(?P<setting>\w{1,80})' trait of <(?P<app>[\w.]{1,120}) [^\n]{0,200}?"
    r"but u?'(?P<module>\w{1,80})(?P<rest>[\w.]{0,120})' could not be imported"
)
#: An extension of the server that is switched on, and whose package this Python does not have.
_EXTENSION: Final = re.compile(
    r"(?:[Ee]rror loading server extension|[Ee]xtension package(?! \S+ took)"
    r"|Failed to load extension) ['\"]?(?P<extension>\w{1,80})[^\n]{0,200}\n(?:[^\n]*\n){0,40}?"
    r"[^\n]{0,40}(?:ModuleNotFoundError|ImportError): No module named "
    r"['\"]?(?P<module>\w{1,80})(?P<rest>[.\w]*)"
)


def _extension(found: re.Match[str], facts: Mapping[str, Any]) -> Finding:
    name, module = found["extension"], found["module"]
    own = module == name
    return Finding(
        id="server-extension-absent",
        family="jupyter",
        severity="error",
        certainty="likely",
        title=T(
            "The server extension {name} is switched on, and its package is not in the server's "
            "Python",
            "服务器扩展 {name} 已启用，但服务器的 Python 中没有它的包",
            name=name,
        )
        if own
        else T(
            "The server extension {name} needs {module}, which the server's Python does not have",
            "服务器扩展 {name} 需要 {module}，而服务器的 Python 中没有",
            name=name,
            module=module + found["rest"],
        ),
        cause=T(
            "A configuration file of Jupyter names it; the package was removed, or is installed in "
            "another environment than the one in which the server runs. The server goes on "
            "without it.",
            "Jupyter 的配置文件启用了它，但该包已被删除，或装在其他环境中。"
            "服务器会在没有它的情况下运行。",
        )
        if own
        else T(
            "The extension is there; a module that it imports is not, or is of another version "
            "than it was written for. The server goes on without it.",
            "扩展本身存在，但它导入的模块不存在，或版本与其不符。服务器会在没有它的情况下运行。",
        ),
        fix=T(
            "Switch it off, or install it in the server's environment. What is switched on, and "
            "by which "
            "file, is in jupyter server extension list (older: jupyter serverextension list).",
            "停用它，或在服务器所在环境中安装。启用的扩展及对应文件见 "
            "jupyter server extension list（旧版：jupyter serverextension list）。",
        )
        if own
        else T(
            "Upgrade the extension together with Jupyter, or switch it off.",
            "将扩展与 Jupyter 一起升级，或停用它。",
        ),
        commands=(f"jupyter server extension disable {name}",)
        if own
        else (f"{installs_with(facts)} -U {name.replace('_', '-')}",),
        alternatives=(
            Alternative(
                T("install it there", "在该环境中安装"),
                (f"{installs_with(facts)} {name.replace('_', '-')}",),
            )
            if own
            else Alternative(
                T("switch it off", "停用它"), (f"jupyter server extension disable {name}",)
            ),
        ),
        sources=SOURCE,
        evidence=(found.group(0)[:120],),
        score=SCORE + 8,
    )


def _setting(found: re.Match[str], facts: Mapping[str, Any]) -> Finding:
    module, app = found["module"], found["app"].rpartition(".")[2]
    return Finding(
        id="setting-names-absent-package",
        family="jupyter",
        severity="error",
        certainty="likely",
        title=T(
            "Jupyter's setting {setting} names the package {module}, which is not there",
            "Jupyter 的设置 {setting} 指定了未安装的包 {module}",
            setting=found["setting"],
            module=module,
        ),
        cause=T(
            "The setting stands in a configuration file or in the command; the package is not "
            "installed in the environment in which the server runs.",
            "该设置写在配置文件或命令中，而服务器所在的环境没有安装该包。",
        ),
        fix=T(
            "Install it there, or take the setting out (c.{app}.{setting} in the configuration "
            "files that jupyter --paths lists):",
            "在该环境中安装它，或删除该设置"
            "（jupyter --paths 所列配置文件中的 c.{app}.{setting}）：",
            app=app,
            setting=found["setting"],
        ),
        commands=(f"{installs_with(facts)} {module}", "jupyter --paths"),
        sources=SOURCE,
        evidence=(found.group(0)[:200],),
        score=SCORE + 2,
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
        extension = _EXTENSION.search(text)
        if extension:
            return [_extension(extension, facts)]
        setting = _SETTING.search(text)
        if setting:
            return [_setting(setting, facts)]
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
