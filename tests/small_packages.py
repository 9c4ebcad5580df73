"""A folder of small installed packages, as a wheel leaves them, and the fact sheet of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def install(
    site: Path, name: str, version: str, files: Mapping[str, str], requires: Sequence[str] = ()
) -> None:
    """Write a distribution: its files, ``METADATA`` and ``RECORD``."""
    for path, text in files.items():
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {one}" for one in requires)]
    (info / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    record = [f"{path},," for path in files] + [f"{info.name}/METADATA,,"]
    (info / "RECORD").write_text("\n".join(record) + "\n", encoding="utf-8")


def sheet(
    packages: Mapping[str, str],
    requirements: Mapping[str, Sequence[str]] | None = None,
    folder: Path | str = "/nowhere",
) -> dict[str, Any]:
    """The facts that the mechanisms ask for."""
    return {
        "format": "paddle-lab-facts",
        "version": 1,
        "python": {"version": "3.11.7", "executable": "/x/bin/python", "bits": 64},
        "platform": {"system": "Linux", "machine": "x86_64"},
        "packages": {"pip": "24.0", **packages},
        "requirements": {name: list(lines) for name, lines in (requirements or {}).items()},
        "process": {"working_directory": str(folder)},
    }
