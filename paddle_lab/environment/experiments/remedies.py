"""Of each kind of change that made a step work: what that says, and the command that mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.evidence.blocked_places import file_in_place_of, put_elsewhere
from paddle_lab.environment.evidence.home_folder import ABOUT
from paddle_lab.environment.imports.findings import failed_text
from paddle_lab.environment.installing import python, shell_word
from paddle_lab.environment.renaming import renaming
from paddle_lab.i18n import T, Text

Facts = Mapping[str, Any]


class Remedy(NamedTuple):
    """``key`` for the finding's id, the ``name`` of the cause, why it matters, what to do.

    ``about``: the files and facts it speaks of, so that no other finding repeats it.
    """

    key: str
    name: Text
    why: Text
    fix: Text
    commands: tuple[str, ...] = ()
    about: tuple[str, ...] = ()


def remedy(change: Sequence[str], facts: Facts) -> Remedy:
    """What a change (its kind, then its names) says of the cause."""
    return _OF[change[0]](change[1:], facts)


def _file(what: Sequence[str], facts: Facts) -> Remedy:
    module, file = what[0], what[1]
    head = file.replace("\\", "/").rpartition("/")[0]
    if head in re.split("[:;]", str(lookup(facts, "variables.PYTHONPATH") or "")):
        return _on_path(module, file, facts)
    if head.endswith("site-packages"):
        return _user_site((), facts, file, module)
    return Remedy(
        "file",
        T("The file {file}", "文件 {file}", file=file),
        T(
            "It has the name of the module {module} and stands in a folder where Python looks "
            "first, so that libraries which import {module} get this file.",
            "它与模块 {module} 同名，且位于 Python 优先查找的目录，"
            "因此库在导入 {module} 时得到的是它。",
            module=module,
        ),
        T(
            "Rename it (and what imports it), then restart the kernel; or run from another folder.",
            "请重命名它（并修改导入它的代码），然后重启内核；或换一个目录运行。",
        ),
        (renaming(facts, file),),
        (file, module, "shadows"),
    )


def _on_path(module: str, file: str, facts: Facts) -> Remedy:
    whole = _variable(("PYTHONPATH",), facts)
    return whole._replace(
        name=T("{file}, which PYTHONPATH puts first,", "PYTHONPATH 使其优先的 {file}", file=file),
        about=(*whole.about, file, module, "shadows"),
    )


def _folder(what: Sequence[str], facts: Facts) -> Remedy:
    here = str(lookup(facts, "process.working_directory") or ".")
    return Remedy(
        "folder",
        T("Something in the folder {here}", "目录 {here} 中的内容", here=here),
        T("It works in an empty folder.", "在空目录中可以成功。"),
        T("Run from another folder.", "请换一个目录运行。"),
        ("cd ~",),
    )


def _variable(what: Sequence[str], facts: Facts) -> Remedy:
    name = what[0]
    value = lookup(facts, f"variables.{name}")
    shown = f" ({str(value)[:200]})" if isinstance(value, str) else ""
    gone = (
        f"Remove-Item Env:{name}"
        if lookup(facts, "platform.system") == "Windows"
        else f"unset {name}"
    )
    return Remedy(
        "variable",
        T("The variable {name}{shown}", "环境变量 {name}{shown}", name=name, shown=shown),
        T("It works when {name} is not set.", "不设置 {name} 时可以成功。", name=name),
        T(
            "Take it away where it is set (a line in ~/.bashrc, a start script, the kernel's "
            "settings), and start Jupyter anew from a terminal without it.",
            "请在设置它的地方（~/.bashrc、启动脚本或内核配置）去掉它，"
            "并在没有它的终端中重新启动 Jupyter。",
        ),
        (gone,) if re.fullmatch(r"\w+", name) else (),
        (f"variables.{name}",),
    )


def _user_site(what: Sequence[str], facts: Facts, file: str = "", module: str = "") -> Remedy:
    off = (
        "$env:PYTHONNOUSERSITE = 1"
        if lookup(facts, "platform.system") == "Windows"
        else "export PYTHONNOUSERSITE=1"
    )
    name = (
        T(
            "{module} in the user's own packages ({file})",
            "用户目录中的 {module}（{file}）",
            module=module,
            file=file,
        )
        if module
        else T("A package in the user's own packages", "用户目录中的某个包")
    )
    return Remedy(
        "user-site",
        name,
        T(
            "Packages of the user folder come before those of this environment.",
            "用户目录中的包优先于当前环境中的包。",
        ),
        T(
            "Switch the user folder off for this environment, and start Jupyter anew from there.",
            "请对该环境禁用用户目录，并从那里重新启动 Jupyter。",
        ),
        (off,),
        tuple(filter(None, (file, "storage.user_site_used", "python.virtual"))),
    )


def _start(what: Sequence[str], facts: Facts) -> Remedy:
    file = what[0]
    name = file.replace("\\", "/").rpartition("/")[2]
    return Remedy(
        "start",
        T(
            "{file}, which runs whenever Python starts,",
            "Python 启动时总会执行的 {file}",
            file=file,
        ),
        T("It works when this file is not run.", "不执行该文件时可以成功。"),
        T(
            "Rename the file, or mend the line in it that changes Python.",
            "请重命名该文件，或修正其中改变 Python 行为的那一行。",
        ),
        (renaming(facts, file, f"{name}.off"),),
        (file,),
    )


def _home(what: Sequence[str], facts: Facts) -> Remedy:
    """What stands in the home folder: the last path of it that the error names, if it does."""
    text = str(lookup(facts, "check.text") or "") or failed_text(facts)
    named = re.findall(r"~/[\w./\-]*\w", text[-2000:])
    named = [path for path in named if "-packages/" not in path and not path.endswith(".py")]
    path = named[-1] if named else ""
    path = file_in_place_of(facts, path) or path
    if path and (commands := put_elsewhere(facts, path)):
        return _closed(path, commands)
    return Remedy(
        "home",
        T("{path}, in the home folder,", "主目录中的 {path}", path=path)
        if path
        else T("Something in the home folder", "主目录中的内容"),
        T(
            "It works with an empty home folder: a settings file or a cache there is damaged, or "
            "cannot be read or written.",
            "使用空的主目录可以成功：其中的某个配置或缓存已损坏，或无法读写。",
        ),
        T("Give it another name; it is made anew.", "请将其改名，程序会重新创建。")
        if path
        else T(
            "Give Python another home folder until it is known which file it is.",
            "在找到具体文件之前，请为 Python 指定另一个主目录。",
        ),
        (renaming(facts, path, f"{PurePath(path).name}.old"),)
        if path
        else ("mkdir -p ~/other-home && export HOME=~/other-home",),
        (path,) if path else (),
    )


def _closed(path: str, commands: tuple[str, ...]) -> Remedy:
    return Remedy(
        "home",
        T("{path}, which may not be written to,", "不可写入的 {path}", path=path),
        T(
            "It works with a home folder that may be written to.",
            "使用可写的主目录可以成功。",
        ),
        T(
            "Let it be written elsewhere; to keep that, put the line in ~/.bashrc or where Jupyter "
            "is started.",
            "请改写到其他位置；若要长期生效，请写入 ~/.bashrc 或启动 Jupyter 的脚本。",
        ),
        commands,
        (path, *ABOUT),
    )


def _gpu(what: Sequence[str], facts: Facts) -> Remedy:
    return Remedy(
        "gpu",
        T("The GPU or its driver", "GPU 或其驱动"),
        T("It works when no GPU is visible.", "不使用 GPU 时可以成功。"),
        T(
            "Until the driver and the wheel fit (the plan tells), work on the CPU.",
            "在驱动与 wheel 匹配之前（见修复计划），可先使用 CPU。",
        ),
        ("export CUDA_VISIBLE_DEVICES=", "paddle-lab env --plan"),
    )


def _utf8(what: Sequence[str], facts: Facts) -> Remedy:
    windows = lookup(facts, "platform.system") == "Windows"
    return Remedy(
        "utf8",
        T("The encoding of this system", "系统编码"),
        T("It works in Python's UTF-8 mode.", "在 Python 的 UTF-8 模式下可以成功。"),
        T("Switch the UTF-8 mode on.", "请启用 UTF-8 模式。"),
        ("$env:PYTHONUTF8 = 1" if windows else "export PYTHONUTF8=1",),
    )


def _bytecode(what: Sequence[str], facts: Facts) -> Remedy:
    file, source = what[0], what[1] if len(what) > 1 else ""
    return Remedy(
        "bytecode",
        T("The damaged compiled file {file}", "已损坏的编译文件 {file}", file=file),
        T(
            "Python reads it in place of the source beside it.",
            "Python 会读取它，而不是旁边的源文件。",
        ),
        T("Compile the source again.", "请重新编译源文件。"),
        (f"{python(facts)} -m compileall -f {shell_word(facts, source)}",) if source else (),
        (file,),
    )


_OF: Mapping[str, Callable[[Sequence[str], Facts], Remedy]] = {
    "file": _file,
    "folder": _folder,
    "variable": _variable,
    "user site": _user_site,
    "start": _start,
    "home": _home,
    "gpu": _gpu,
    "utf8": _utf8,
    "bytecode": _bytecode,
}
