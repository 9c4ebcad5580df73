"""A script or image that does not start: its interpreter is not there, or another processor's."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import installs_with, python
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.i18n import T, Text

_LINE_ENDS: Final = re.compile(
    r"(?:['\"‘]?(?P<program>[\w./+\-]{1,200})(?:\\r|\^M)['\"’]?: (?:No such file|bad interpreter"
    r"|command not found))|bad interpreter: [^\n]{0,200}\^M|\$'\\r': command not found"
)
_GONE: Final = re.compile(
    r"(?P<script>[\w./~+\-]{1,300}): (?:(?P<place>/[^\s:]{1,300}): )?"
    r"(?:bad interpreter: (?P<interpreter>[^\n:]{1,300}): [Nn]o such file"
    r"|cannot execute: required file not found)"
)
_IMAGE: Final = re.compile(
    r"(?i)(?:exec user process[^\n]{0,40}|exec /[^\s:]{1,200}: |standard_init_linux[^\n]{0,80})"
    r"exec format error|no matching manifest for (?P<mine>[\w/]+)"
    r"|image's platform \((?P<image>[\w/]+)\) does not match"
)
_POLICY: Final = re.compile(r"\babout_Execution_Policies\b")
_SUBCOMMAND: Final = re.compile(
    r"Jupyter command [`'\"]jupyter-(?P<name>[\w\-]{1,60})[`'\"] not found"
)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding when the shell or the container engine could not start a file."""
    ends = _LINE_ENDS.search(text)
    if ends is not None:
        return [_line_ends(ends.group(0))]
    gone = _GONE.search(text)
    if gone is not None:
        return [_gone(gone, facts)]
    policy = _POLICY.search(text)
    if policy is not None:
        return [_policy(policy)]
    command = _SUBCOMMAND.search(text)
    if command is not None:
        return [_subcommand(command, text, facts)]
    image = _IMAGE.search(text)
    return [] if image is None else [_image(image)]


def _line_ends(words: str) -> Finding:
    return _finding(
        "line-ends-of-windows",
        "interpreter",
        T(
            "The script has line ends of Windows, which Linux reads as a part of the name",
            "脚本使用 Windows 换行符，Linux 把它当成了名称的一部分",
        ),
        T(
            "It was edited or checked out on Windows: each line ends with a carriage return (\\r).",
            "它在 Windows 上编辑或检出过：每行以回车符（\\r）结尾。",
        ),
        T(
            "Rewrite it with line ends of Linux (in git: core.autocrlf input):",
            "改为 Linux 换行符（git 请设置 core.autocrlf input）：",
        ),
        ("sed -i 's/\\r$//' SCRIPT   # the file that was started",),
        words,
    )


def _gone(found: re.Match[str], facts: Mapping[str, Any]) -> Finding:
    script = found["script"]
    module = re.sub(r"[\d.]+$", "", script.rpartition("/")[2]) or "pip"
    return _finding(
        "script-without-interpreter",
        "interpreter",
        T(
            "The first line of {script} names a Python that is not there",
            "{script} 首行所写的 Python 不存在",
            script=script,
        ),
        T(
            "Programs in an environment carry the full path of its Python; the environment was "
            "moved, copied or renamed, or that Python was removed.",
            "环境中的命令写有其 Python 的完整路径；该环境被移动、复制或改名，"
            "或那个 Python 已被删除。",
        ),
        T(
            "Make the environment anew where it stands now (an environment cannot be moved); until "
            "then call the program through a Python that is there:",
            "在当前位置重新创建环境（环境不能移动）；在此之前，可用现有的 Python 调用该程序：",
        ),
        (f"{python(facts)} -m {module} --version",),
        found.group(0),
    )


def _policy(found: re.Match[str]) -> Finding:
    return _finding(
        "scripts-forbidden",
        "interpreter",
        T(
            "PowerShell may not run scripts, such as the one that activates an environment",
            "PowerShell 禁止运行脚本，激活环境的脚本也不例外",
        ),
        T(
            "Windows comes with the execution policy Restricted.",
            "Windows 默认的执行策略是 Restricted。",
        ),
        T(
            "Allow local scripts for your user, then activate again (or use cmd with "
            "Scripts\\activate.bat, or call the environment's python.exe by its path).",
            "为当前用户允许本地脚本后重新激活（或在 cmd 中运行 Scripts\\activate.bat，"
            "或用路径直接调用环境中的 python.exe）。",
        ),
        ("Set-ExecutionPolicy -Scope CurrentUser RemoteSigned",),
        found.group(0),
    )


def _subcommand(found: re.Match[str], text: str, facts: Mapping[str, Any]) -> Finding:
    name = found["name"]
    listed = re.search(r"(?is)available subcommands?:\s*(?P<names>[\w\s,\-]{1,2000})", text)
    known = re.findall(r"[\w\-]+", listed["names"]) if listed else []
    near = difflib.get_close_matches(name, known or ["lab", "notebook", "console", "kernelspec"], 1)
    if near:
        title = T(
            "Jupyter has no command {name}: {near} was meant",
            "Jupyter 没有命令 {name}，应为 {near}",
            name=name,
            near=near[0],
        )
        fix = T("Write it so:", "应写作：")
        commands: tuple[str, ...] = (f"{python(facts)} -m jupyter {near[0]}",)
    else:
        title = T("Jupyter has no command {name}", "Jupyter 没有命令 {name}", name=name)
        fix = T(
            "Install the package that brings it (mostly of the same name) into the environment "
            "whose jupyter was called, and start it from there:",
            "把提供该命令的包（通常同名）装到所用 jupyter 的环境中，再从那里启动：",
        )
        commands = (f"{installs_with(facts)} {name}", f"{python(facts)} -m {name}")
    cause = T(
        "Each command is a program jupyter-NAME on PATH or beside the jupyter that was called; "
        "there is none of this name.",
        "每个命令都是 PATH 上或所用 jupyter 旁的 jupyter-名称 程序，没有这个名称的程序。",
    )
    return _finding(
        "jupyter-command-absent", "jupyter", title, cause, fix, commands, found.group(0)
    )


def _image(found: re.Match[str]) -> Finding:
    return _finding(
        "image-of-other-processor",
        "container",
        T(
            "The image is for another processor than this machine's",
            "镜像的处理器架构与本机不符",
        ),
        T(
            "Mostly an x86_64 (amd64) image on an ARM machine, or the other way round; a container "
            "does not translate programs.",
            "多为在 ARM 机器上运行 x86_64（amd64）镜像，或相反；容器不会转换程序。",
        ),
        T(
            "Take an image for this processor (docker manifest inspect NAME lists them); where "
            "there is none, install with pip in an image of this processor, or run the other one "
            "slowly under QEMU with --platform.",
            "改用该处理器的镜像（docker manifest inspect 名称 可查看）；若没有，请在本架构的镜像中"
            "用 pip 安装，或加 --platform 在 QEMU 下慢速运行。",
        ),
        ("uname -m", "docker image inspect --format '{{.Architecture}}' IMAGE"),
        found.group(0),
    )


def _finding(
    name: str,
    family: str,
    title: Text,
    cause: Text,
    fix: Text,
    commands: tuple[str, ...],
    words: str,
) -> Finding:
    return Finding(
        id=name,
        family=family,
        severity="error",
        certainty="likely",
        title=title,
        cause=cause,
        fix=fix,
        commands=commands,
        sources=SOURCE,
        evidence=(words[:200],),
        score=SCORE + 2,
    )
