"""The commands that make a new environment beside the old one, and the case as it is after them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment import installing
from paddle_lab.environment.conditions import lookup, version_fits
from paddle_lab.environment.derive import derive
from paddle_lab.environment.tables import Tables

NEW_FOLDER = ".venv-paddle"
_UV_FOLDER = ".venv-uv"

Case = Mapping[str, Any]


def wrong_python(case: Case, tables: Tables) -> bool:
    """Can the known set not run on this Python? False where the Python is not known."""
    version = lookup(case, "python.version")
    unfit = bool(version) and version_fits(version, str(tables.stack["python"])) is False
    return unfit or lookup(case, "python.free_threaded") is True


def make_new(case: Case, tables: Tables) -> tuple[str, ...]:
    """Commands that make the folder of a new environment, and change no other."""
    best = str(tables.stack["best_python"])
    if _with_uv(case):
        return (f"{installing.uv(case)} venv --python {best} {NEW_FOLDER}",)
    if not wrong_python(case, tables):
        return (f"{installing.python(case)} -m venv {NEW_FOLDER}",)
    # Only uv brings a Python of its own; it gets a folder of its own too.
    program = program_of(case, _UV_FOLDER)
    return (
        f"{installing.python(case)} -m venv {_UV_FOLDER}",
        f"{program} -m pip install uv",
        f"{_own_uv(case)} venv --python {best} {NEW_FOLDER}",
    )


def activate(case: Case) -> str:
    """The line that lets a terminal use the new environment from now on."""
    if lookup(case, "platform.system") == "Windows":
        return f"{NEW_FOLDER}\\Scripts\\activate"
    return f". {NEW_FOLDER}/bin/activate"


def as_new(case: Case, tables: Tables) -> dict[str, Any]:
    """The case as it is after the new environment was made: empty, with a Python that fits."""
    old = ("paddle", "requirements", "shadows", "installers", "files")
    new = {key: value for key, value in case.items() if key not in old}
    best = str(tables.stack["best_python"])
    wrong = wrong_python(case, tables)
    by_uv = wrong or _with_uv(case)
    new["python"] = {
        "version": f"{best}.0" if by_uv else lookup(case, "python.version") or f"{best}.0",
        "executable": program_of(case, NEW_FOLDER),
        "made_by_uv": by_uv,
    }
    new["packages"] = {} if by_uv else {"pip": "0"}
    if by_uv:
        known = lookup(case, "installers.uv") or "uv"
        new["installers"] = {"uv": known if _with_uv(case) else _own_uv(case)}
    return derive(new, tables)


def program_of(case: Case, folder: str) -> str:
    """The interpreter of an environment in a folder, as that system lays it out."""
    if lookup(case, "platform.system") == "Windows":
        return f"{folder}\\Scripts\\python.exe"
    return f"{folder}/bin/python"


def _own_uv(case: Case) -> str:
    return program_of(case, _UV_FOLDER).replace("python", "uv")


def _with_uv(case: Case) -> bool:
    if "installers" in case:
        return lookup(case, "installers.uv") is not None
    return bool(lookup(case, "python.made_by_uv"))
