"""A new environment beside the old one: the known set for this machine, proven by training a step.

The old environment is never written to. Whatever goes wrong, and an interrupt, leave no folder.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddle_lab.environment.check import run_check
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.resolve import Build, best_build
from paddle_lab.environment.resolving.makers import (
    Maker,
    Pins,
    fitting_python,
    maker,
    program_in,
)
from paddle_lab.environment.resolving.tools import Done, run
from paddle_lab.environment.tables import Tables, load_tables
from paddle_lab.errors import EnvError
from paddle_lab.i18n import T, Text

FOLDER = ".venv-paddle"
_VERSIONS = ("3.11", "3.12", "3.10")
# Measured: 1.6 GB with the CPU build; the GPU builds bring CUDA and cuDNN.
_NEEDED_MB = {"cpu": 2500, "gpu": 12000}

Say = Callable[[Text], None]


@dataclass(frozen=True)
class Fresh:
    """What was made. ``kernel`` is the name it has in Jupyter, None where it is not registered."""

    folder: Path
    python: Path
    version: str
    pins: tuple[str, ...]
    check: Mapping[str, Any]
    seconds: float
    offline: bool
    kernel: str | None


def make_fresh(
    folder: Path, facts: Mapping[str, Any], *, kernel: bool = False, say: Say = lambda text: None
) -> Fresh:
    """Make the environment in ``folder``, prove it, and with ``kernel`` show it to Jupyter.

    ``facts`` are of this machine. Raises EnvError: the folder exists, there is no room, no network,
    no Python that fits, no build for this machine; the installation or its proof failed.
    """
    began = time.monotonic()
    tables = load_tables()
    folder = folder.absolute()
    if os.path.lexists(folder):
        raise EnvError(
            T("{folder} exists already.", "{folder} 已存在。", folder=str(folder)),
            T("Nothing that exists is changed.", "不会改动任何已有内容。"),
            T(
                "Give another name: paddle-lab env --fresh NAME",
                "请换一个名称：paddle-lab env --fresh 名称",
            ),
            code="env.fresh_exists",
        )
    by = maker()
    python = _python(facts, tables, by)
    version = run([str(python), "-c", "import platform; print(platform.python_version())"], 30)
    build = best_build({**facts, "python": {"version": version.out.strip()}}, tables)
    _room(folder, build)
    say(T("looking for the versions that work together ...", "正在解析互相兼容的版本……"))
    pins, offline = _resolved(by, python, build, tables)
    _begin(folder)
    try:
        say(
            T(
                "making {folder} with {n} packages ...",
                "正在创建 {folder}，共 {n} 个包……",
                folder=str(folder),
                n=len(pins.lines),
            )
        )
        _demand(by.make(python, folder), folder)
        _demand(by.fill(folder, pins.lines, build.index, offline=offline), folder)
        say(T("training one step in it ...", "正在其中训练一步……"))
        check = _proven(folder)
    except BaseException:  # an interrupt, too, leaves nothing half made
        shutil.rmtree(folder, ignore_errors=True)
        raise
    name = _kernel(folder, facts) if kernel else None
    seconds = round(time.monotonic() - began, 1)
    return Fresh(
        folder,
        program_in(folder),
        version.out.strip(),
        pins.lines,
        check,
        seconds,
        offline,
        name,
    )


def _python(facts: Mapping[str, Any], tables: Tables, by: Maker) -> str:
    own = str(Path(str(lookup(facts, "python.executable") or "")).expanduser())
    specifier = str(tables.stack["python"])
    found = fitting_python(own, specifier, _VERSIONS, by)
    if found is None:
        raise EnvError(
            T(
                "No Python that the known set runs on ({specifier}) is on this machine.",
                "本机没有可用于整套版本的 Python（{specifier}）。",
                specifier=specifier,
            ),
            T(
                "This one is {version}; nothing was made.",
                "当前为 {version}；没有创建任何内容。",
                version=lookup(facts, "python.version"),
            ),
            T(
                "Install uv, which fetches one: https://docs.astral.sh/uv - then try again.",
                "请安装 uv（可自动获取 Python）：https://docs.astral.sh/uv，然后重试。",
            ),
            code="env.fresh_no_python",
        )
    return found


def _room(folder: Path, build: Build) -> None:
    if build.requirement is None:
        raise EnvError(
            T("No Paddle build can run on this machine.", "本机没有可运行的飞桨。"),
            T("{why}.", "{why}。", why=build.why),
            T("Nothing was made.", "没有创建任何内容。"),
            code="env.fresh_no_build",
        )
    needed = _NEEDED_MB["gpu" if build.index else "cpu"]
    try:
        free = shutil.disk_usage(folder.parent).free // 2**20
    except OSError as error:
        raise _not_made(folder, str(error.strerror or error)) from error
    if free < needed:
        raise EnvError(
            T(
                "There is too little room for a new environment in {folder}.",
                "{folder} 所在磁盘空间不足，无法新建环境。",
                folder=str(folder.parent),
            ),
            T(
                "It needs about {needed} MB; {free} MB are free. Nothing was made.",
                "约需 {needed} MB，剩余 {free} MB。没有创建任何内容。",
                needed=needed,
                free=free,
            ),
            T(
                "Give a folder on another disk: paddle-lab env --fresh /data/paddle",
                "请指定其他磁盘上的目录：paddle-lab env --fresh /data/paddle",
            ),
            code="env.fresh_no_room",
        )


def _resolved(by: Maker, python: str, build: Build, tables: Tables) -> tuple[Pins, bool]:
    """Exact versions, and whether they come from uv's cache alone."""
    wanted = [str(build.requirement), *tables.installs, "ipykernel"]
    pins = by.resolve(python, wanted, build.index)
    if pins.lines:
        return pins, False
    if pins.done.no_network:
        kept = by.resolve(python, wanted, build.index, offline=True)
        if by.name == "uv" and kept.lines:
            return kept, True
        raise EnvError(
            T("The package index was not reached.", "无法访问软件包索引。"),
            T("{reason}", "{reason}", reason=pins.done.reason),
            T(
                "Nothing was made. Mend the network or the proxy (paddle-lab env shows it), "
                "then try again.",
                "没有创建任何内容。请检查网络或代理（paddle-lab env 可查看）后重试。",
            ),
            code="env.fresh_no_network",
        )
    raise EnvError(
        T("The set of versions could not be resolved.", "无法解析整套版本。"),
        T("{reason}", "{reason}", reason=pins.done.reason),
        T(
            "Nothing was made. Is the index that pip uses complete and up to date?",
            "没有创建任何内容。请检查所用的 pip 源是否完整、及时更新。",
        ),
        code="env.fresh_not_resolved",
    )


def _begin(folder: Path) -> None:
    try:
        folder.mkdir()
    except OSError as error:
        raise _not_made(folder, str(error.strerror or error)) from error


def _demand(done: Done, folder: Path) -> None:
    if not done.ok:
        raise _not_made(folder, done.reason)


def _not_made(folder: Path, reason: str) -> EnvError:
    return EnvError(
        T(
            "The environment could not be made in {folder}.",
            "无法在 {folder} 创建环境。",
            folder=str(folder),
        ),
        T("{reason}", "{reason}", reason=reason),
        T(
            "Nothing is left of it; the environment you use is unchanged.",
            "没有留下任何内容；正在使用的环境未被改动。",
        ),
        code="env.fresh_not_made",
    )


def _proven(folder: Path) -> dict[str, Any]:
    """The real check, in an empty folder: files in the working folder are not its fault."""
    with tempfile.TemporaryDirectory() as empty:
        check = run_check(program_in(folder), where=Path(empty))
    if not check["ok"]:
        failed = next((p["name"] for p in check["phases"] if not p["ok"]), "start")
        last = str(check.get("text") or check.get("signal") or "").strip().splitlines()[-1:]
        raise EnvError(
            T(
                "The known set does not work here either: {phase} failed.",
                "整套版本在本机也无法工作：{phase} 失败。",
                phase=failed,
            ),
            T("{last}", "{last}", last=" ".join(last)[:300]),
            T(
                "So the cause is the machine, not the packages: paddle-lab env --check tells more. "
                "The new folder was removed again.",
                "可见原因在机器而不在软件包：paddle-lab env --check 可给出更多信息。新目录已删除。",
            ),
            code="env.fresh_not_proven",
        )
    return check


def kernel_name(folder: Path, facts: Mapping[str, Any]) -> str:
    """A name that no kernel here has yet."""
    kernels = lookup(facts, "jupyter.kernels") or []
    taken = {str(one.get("name")) for one in kernels if isinstance(one, Mapping)}
    name = re.sub(r"[^a-z0-9_.-]+", "-", folder.name.lower()).strip(".-") or "paddle"
    name = name if "paddle" in name else f"paddle-{name}"
    number = 2
    found = name
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def kernel_words(folder: Path, name: str) -> list[str]:
    """The command that registers the environment for this user."""
    words = ["-m", "ipykernel", "install", "--user", "--name", name]
    return [str(program_in(folder)), *words, "--display-name", f"Paddle ({folder.name})"]


def _kernel(folder: Path, facts: Mapping[str, Any]) -> str | None:
    name = kernel_name(folder, facts)
    return name if run(kernel_words(folder, name), 60).ok else None
