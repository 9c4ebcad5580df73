"""uv and pip, each able to resolve a set, to make an environment, and to fill it."""

from __future__ import annotations

import json
import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from paddle_lab.environment.conditions import version_fits
from paddle_lab.environment.probes.installers import find_uv
from paddle_lab.environment.resolving.tools import Done, run

RESOLVE_SECONDS = 180.0
INSTALL_SECONDS = 3600.0  # a GPU build is 2 GB, and lines are slow
_ASK_VERSION = "import platform; print(platform.python_version())"


@dataclass(frozen=True)
class Pins:
    """Exact versions of a whole set, or why there are none (``done`` says it)."""

    lines: tuple[str, ...]
    done: Done


class Maker(ABC):
    """One of the two programs. ``python`` are paths of interpreters."""

    name: str

    @abstractmethod
    def resolve(
        self, python: str, requirements: Sequence[str], index: str | None, *, offline: bool = False
    ) -> Pins:
        """What a set comes to for an interpreter. Installs nothing."""

    @abstractmethod
    def make(self, python: str, folder: Path) -> Done:
        """An empty environment in ``folder``, which exists and is empty."""

    @abstractmethod
    def fill(
        self, folder: Path, pins: Sequence[str], index: str | None, *, offline: bool = False
    ) -> Done:
        """Install exactly these versions into it."""


class Uv(Maker):
    """The program uv: it keeps what it once fetched, so it also works without a network."""

    name = "uv"

    def __init__(self, program: str) -> None:
        self.program = program

    def resolve(
        self, python: str, requirements: Sequence[str], index: str | None, *, offline: bool = False
    ) -> Pins:
        """See :meth:`Maker.resolve`."""
        words = ["pip", "compile", "-", "-q", "--no-header", "--no-annotate", "--python", python]
        done = self.run(
            [*words, *_uv_index(index), *_offline(offline)],
            RESOLVE_SECONDS,
            "\n".join(requirements),
        )
        return Pins(pins_of(done.out) if done.ok else (), done)

    def make(self, python: str, folder: Path) -> Done:
        """See :meth:`Maker.make`."""
        words = ["venv", "-q", "--allow-existing", "--python", python, str(folder)]
        return self.run(words, RESOLVE_SECONDS)

    def fill(
        self, folder: Path, pins: Sequence[str], index: str | None, *, offline: bool = False
    ) -> Done:
        """See :meth:`Maker.fill`."""
        words = [
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--python",
            str(program_in(folder)),
            "-r",
            "-",
        ]
        return self.run(
            [*words, *_uv_index(index), *_offline(offline)], INSTALL_SECONDS, "\n".join(pins)
        )

    def find_python(self, version: str) -> str | None:
        """A Python of that version on this machine."""
        done = self.run(["python", "find", version], 60)
        return done.out.strip() or None if done.ok else None

    def get_python(self, version: str) -> str | None:
        """That Python fetched into uv's own folder, when the network gives it."""
        done = run([self.program, "python", "install", "-q", version], INSTALL_SECONDS)
        return self.find_python(version) if done.ok else None

    def run(self, words: Sequence[str], seconds: float, given: str | None = None) -> Done:
        """One call, in which uv fetches no Python: without a network that takes minutes."""
        return run([self.program, *words], seconds, given=given, environ=_NO_DOWNLOADS)


_NO_DOWNLOADS = {"UV_PYTHON_DOWNLOADS": "never"}


class Pip(Maker):
    """The pip of an interpreter."""

    name = "pip"

    def resolve(
        self, python: str, requirements: Sequence[str], index: str | None, *, offline: bool = False
    ) -> Pins:
        """See :meth:`Maker.resolve`."""
        words = ["--dry-run", "--ignore-installed", "-q", "--report", "-", *_pip_index(index)]
        done = run(_pip(python, *words, *requirements), INSTALL_SECONDS)
        return Pins(tuple(sorted(reported_pins(done.out))) if done.ok else (), done)

    def make(self, python: str, folder: Path) -> Done:
        """See :meth:`Maker.make`."""
        return run([python, "-m", "venv", str(folder)], RESOLVE_SECONDS)

    def fill(
        self, folder: Path, pins: Sequence[str], index: str | None, *, offline: bool = False
    ) -> Done:
        """See :meth:`Maker.fill`."""
        words = ["-q", "--no-deps", *_pip_index(index), *pins]
        return run(_pip(str(program_in(folder)), *words), INSTALL_SECONDS)


def maker() -> Maker:
    """uv where it is found, else pip."""
    program = find_uv()
    return Uv(program) if program else Pip()


def program_in(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fitting_python(own: str, specifier: str, versions: Sequence[str], by: Maker) -> str | None:
    """An interpreter that fits: this environment's own, another one here, one that uv fetches."""
    if version_fits(_version(own), specifier):
        return own
    if isinstance(by, Uv):
        here = next((found for one in versions if (found := by.find_python(one))), None)
        return here or by.get_python(versions[0])
    for one in versions:
        found = shutil.which(f"python{one}")
        if found and version_fits(_version(found), specifier):
            return found
    return None


def _version(python: str) -> str:
    done = run([python, "-I", "-c", _ASK_VERSION], 30)
    return done.out.strip() if done.ok else ""


def pins_of(text: str) -> tuple[str, ...]:
    """The ``name==version`` lines of a resolution."""
    found = re.findall(r"(?m)^([\w.\-]+)(?:\[[\w,\-]+\])?==([\w.+!\-]+)", text)
    return tuple(f"{canonicalize_name(name)}=={version}" for name, version in found)


def reported_pins(text: str) -> list[str]:
    """The ``name==version`` lines of a report of pip, as JSON; none when it is not one."""
    try:
        report: Any = json.loads(text)
        items = [item["metadata"] for item in report["install"]]
        return [f"{canonicalize_name(item['name'])}=={item['version']}" for item in items]
    except (ValueError, KeyError, TypeError):  # a pip of before 22.2 has no report
        return []


def _pip(python: str, *words: str) -> list[str]:
    return [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *words]


def _uv_index(index: str | None) -> list[str]:
    return ["--index", index, "--index-strategy", "unsafe-best-match"] if index else []


def _pip_index(index: str | None) -> list[str]:
    return ["--extra-index-url", index] if index else []


def _offline(offline: bool) -> list[str]:
    return ["--offline"] if offline else []
