"""What the templates of the rules are filled with, for the case at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment import installing
from paddle_lab.environment.conditions import lookup, version_fits
from paddle_lab.environment.docker import docker_run, image_of
from paddle_lab.environment.new_environment import NEW_FOLDER, as_new, make_new, program_of
from paddle_lab.environment.resolve import Build, best_build, cpu_build, gpu_build
from paddle_lab.environment.tables import Tables
from paddle_lab.i18n import Text


def values(
    facts: Mapping[str, Any],
    case: Mapping[str, Any],
    tables: Tables,
    *,
    foreign: bool = False,
    gpu_asked: bool = False,
) -> dict[str, str | Text]:
    """The rules' placeholders. ``facts`` are this machine's, ``case`` what the text tells.

    With ``foreign`` the commands are for the machine of ``case``, of which only its system may be
    known. ``gpu_asked``: the GPU build is wanted, whether or not a card is seen here.
    """
    where = case if foreign else facts
    build = best_build(case, tables)
    plain = cpu_build(case, tables)
    gpu = build if build.index else gpu_build(case, tables)
    wanted = gpu if gpu_asked else build if build.requirement else plain
    stack = installing.quoted(tables.installs)
    return {
        "install": installing.installs_with(where),
        "uninstall": installing.uninstalls_with(where),
        "python": installing.python(where),
        "paddle_install": _line(where, wanted),
        "gpu_install": _line(where, gpu),
        "gpu_why": gpu.why,
        "cpu_install": _line(where, plain),
        "build_why": wanted.why,
        "paddlenlp": f"paddlenlp=={tables.stack['paddlenlp']}",
        "mirror": tables.stack["mirror"],
        "stack": stack,
        "stack_install": installing.install(
            where, *_first(wanted), *tables.installs, extra_index=wanted.index
        ),
        "paddle2onnx": installing.quoted(_converter(case)),
        "raiser": "the library",
        "raiser_package": "PACKAGE",
        "image": image_of(case, tables),
        "gpu_image": image_of(case, tables, gpu=True),
        "docker_run_gpu": docker_run(case, tables, gpu=True),
        "image_china": image_of(case, tables, china=True),
        "docker_run": docker_run(case, tables),
        "best_python": str(tables.stack["best_python"]),
        **_in_new("new", as_new(where, tables), gpu, tables),
        **_in_new("uv", _made_by_uv(where), gpu, tables),
        "new_environment": " && ".join(make_new(where, tables)),
    }


def _converter(case: Mapping[str, Any]) -> tuple[str, ...]:
    """The paddle2onnx that reads what the case's Paddle writes."""
    old = version_fits(lookup(case, "derived.paddle_version"), "<3.0.0b0")
    return ("paddle2onnx==1.3.1",) if old else ("paddle2onnx==2.1.0", "onnx==1.17.0")


def _made_by_uv(where: Mapping[str, Any]) -> dict[str, Any]:
    """The case as it is after ``uv venv --python X .venv-paddle``: with another Python, no pip."""
    python = {"executable": program_of(where, NEW_FOLDER), "made_by_uv": True}
    return {"platform": where.get("platform"), "python": python, "packages": {}}


def _in_new(name: str, new: Mapping[str, Any], gpu: Build, tables: Tables) -> dict[str, str]:
    """The installs into a new environment, which does not lie where the old one does."""
    plain = cpu_build(new, tables)
    return {
        f"{name}_install": installing.installs_with(new),
        f"{name}_paddle_install": _line(new, plain),
        f"{name}_gpu_install": _line(new, gpu),
        f"{name}_stack_install": installing.install(new, *_first(plain), *tables.installs),
    }


def _first(build: Build) -> list[str]:
    return [build.requirement] if build.requirement else []


def _line(where: Mapping[str, Any], build: Build) -> str:
    return installing.install(where, build.requirement or "paddlepaddle", index=build.index)
