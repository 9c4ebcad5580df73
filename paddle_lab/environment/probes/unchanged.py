"""Are all installed files as they were when they were last looked at? Then so is what was found."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from paddle_lab.environment.probes.kept import key_of
from paddle_lab.environment.probes.packages import Distribution


class Seen:
    """Names and sizes of files as they are looked at, for the next time."""

    def __init__(self) -> None:
        self.folders: dict[str, str] = {}
        self._sizes: list[int | None] = []
        self._odd: list[str] = []  # of another size than recorded: their contents decided

    def add(self, folder: str, sizes: dict[str, int | None], odd: list[str]) -> None:
        """The files of ``folder`` with their sizes, and those that were looked into."""
        self.folders[folder] = "\n".join(sizes)
        self._sizes += sizes.values()
        self._odd += [f"{folder}/{name}" for name in odd]

    def memory(self, found: dict[str, Any]) -> dict[str, Any]:
        """What :func:`found_then` compares, with what was found."""
        digest = _digest(self._sizes, self._odd)
        return {"folders": self.folders, "odd": self._odd, "digest": digest, "found": found}


def key_of_files(installed: list[Distribution]) -> str:
    """Changes with the records, and with the names beside the packages."""
    names = []
    for site in sorted({item.site for item in installed}):
        try:
            names += sorted(os.listdir(site))
        except OSError:  # closed meanwhile: its files are looked at one by one
            names.append("-")
    return key_of(installed, *names)


def found_then(known: dict[str, Any] | None) -> dict[str, Any] | None:
    """What was found when ``known`` was made, if it would be found again; else None.

    Sizes of all files are compared, and times of those whose contents were looked into.
    """
    folders, odd, found = ((known or {}).get(name) for name in ("folders", "odd", "found"))
    if not (isinstance(folders, dict) and isinstance(odd, list) and isinstance(found, dict)):
        return None
    if not all(isinstance(text, str) for text in (*folders.values(), *odd)):
        return None
    sizes = [
        size_of(f"{folder}/{name}")
        for folder, names in folders.items()
        for name in names.split("\n")
    ]
    return found if _digest(sizes, odd) == (known or {}).get("digest") else None


def size_of(path: str) -> int | None:
    """Bytes of a file, None when it is not there or a link to what is gone."""
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def _digest(sizes: list[int | None], odd: list[str]) -> str:
    return hashlib.sha256(f"{sizes} {[_time_of(path) for path in odd]}".encode()).hexdigest()


def _time_of(path: str) -> int | None:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None
