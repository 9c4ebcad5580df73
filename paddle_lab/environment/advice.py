"""What the templates of the rules are filled with, for the case at hand."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.docker import docker_run, image_of
from paddle_lab.environment.resolve import INDEX, Build, best_build, cpu_build
from paddle_lab.environment.tables import Tables
from paddle_lab.i18n import Text


def quoted(requirements: list[str]) -> str:
    """Requirements as every shell takes them: ``"pyarrow<21"`` in double quotes."""
    return " ".join(
        f'"{item}"' if any(c in item for c in "<>!=*~; ,[") and "==" not in item else item
        for item in requirements
    )


def uses_uv(facts: Mapping[str, Any]) -> bool:
    """Is there no pip in this environment, as in those that uv makes?"""
    packages = facts.get("packages")
    return (
        isinstance(packages, Mapping)
        and "pip" not in packages
        and bool(lookup(facts, "python.made_by_uv"))
    )


@dataclass(frozen=True)
class Installer:
    """How packages are installed into, and removed from, exactly one environment."""

    install: str
    uninstall: str


NEW_ENVIRONMENT = Installer("uv pip install", "uv pip uninstall")


def installer(facts: Mapping[str, Any]) -> Installer:
    """The commands for this environment, whatever other Python is first on the PATH."""
    program = str(lookup(facts, "python.executable") or "")
    elsewhere = bool(program) and lookup(facts, "jupyter.terminal_elsewhere") is True
    if uses_uv(facts):
        where = f" --python {_program(program)}" if elsewhere else ""
        return Installer(f"uv pip install{where}", f"uv pip uninstall{where}")
    python = _program(program) if elsewhere else "python"
    return Installer(f"{python} -m pip install", f"{python} -m pip uninstall -y")


def _program(path: str) -> str:
    if path.startswith("~/"):
        return "~/" + shlex.quote(path[2:])
    return f'"{path}"' if " " in path else path


def stack(tables: Tables, paddle: Build | None = None) -> str:
    """The known-good set of requirements, for a shell."""
    return quoted([*(paddle.arguments[:1] if paddle else []), *tables.installs])


def values(
    facts: Mapping[str, Any], case: Mapping[str, Any], tables: Tables
) -> dict[str, str | Text]:
    """The rules' placeholders. ``facts`` are this machine's, ``case`` what the text tells."""
    tool = installer(facts)
    install = tool.install
    build = best_build(case, tables)
    plain = cpu_build(case, tables)
    gpu = (
        build
        if build.index
        else Build(
            f"paddlepaddle-gpu=={tables.stack['paddle']}",
            INDEX.format(build="cu126"),
            "cu126",
            build.why,
        )
    )
    wanted = build if build.requirement else plain
    return {
        "install": install,
        "uninstall": tool.uninstall,
        "python": "python",
        "paddle_install": _line(install, wanted),
        "gpu_install": _line(install, gpu),
        "cpu_install": _line(install, plain),
        "build_why": build.why,
        "paddlenlp": f"paddlenlp=={tables.stack['paddlenlp']}",
        "mirror": tables.stack["mirror"],
        "stack": stack(tables),
        "stack_install": f"{install} {stack(tables, plain if build.index else wanted)}",
        "image": image_of(case, tables),
        "image_china": image_of(case, tables, china=True),
        "docker_run": docker_run(case, tables),
        "best_python": str(tables.stack["best_python"]),
    }


def _line(install: str, build: Build) -> str:
    if build.requirement is None:
        return f"{install} paddlepaddle"
    return " ".join([install, *(shlex.quote(part) for part in build.arguments)])
