"""Keep what an import trial found, for as long as nothing that it depends on has changed.

One small file a state of an environment, in the person's cache folder. A result holds while its
files hold: each module, bytecode file and library that the trial read still has its size and time.
So a file that is cut short deep inside a package makes the result unknown at once, though no
package was installed or removed. Beyond that a success is believed for a day and a failure for ten
minutes, for drivers, disks and proxies change without any file.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.paths import atomic_write_json, cache_dir
from paddle_lab.untrusted import MEGABYTE, UnusableFile, read_object

LOG = logging.getLogger("paddle_lab.environment")
FORMAT: Final = "paddle-lab-imports"
VERSION: Final = 1
MOST_ENTRIES: Final = 16
MOST_FILES: Final = 40_000
LARGEST_ENTRY: Final = 8 * MEGABYTE
SUCCESS_S: Final = 86_400.0
FAILURE_S: Final = 600.0
#: Where the disk is so slow that the files cannot be looked at in this time ...
LOOK_S: Final = 0.3
#: ... a success is believed unseen for an hour, a failure so long that the page which is read after
#: it says the same.
UNSEEN_S: Final = 3600.0
UNSEEN_FAILURE_S: Final = 120.0
_AHEAD_S: Final = 60.0
#: What this process found, for a disk that takes nothing.
_kept_here: dict[str, dict[str, Any]] = {}
_RESULT: Final[dict[str, tuple[type, ...]]] = {
    "name": (str,),
    "ok": (bool,),
    "seconds": (int, float),
    "version": (str, type(None)),
    "text": (str,),
    "error": (str,),
    "where": (str,),
    "ended": (str,),
    "signal": (str, type(None)),
}


def folder() -> Path:
    """Where the results lie, one file for each state."""
    return cache_dir() / "imports"


def remember(imports: Mapping[str, Any], read: Mapping[str, list[str]]) -> bool:
    """Keep the section ``imports``; ``read`` names by folder the files it depends on.

    False when the disk does not take it, then only this process knows it, or when it has no key.
    """
    key = imports.get("key")
    if not key or sum(map(len, read.values())) > MOST_FILES:
        return False
    entry: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "imports": dict(imports),
        "files": {"by_folder": dict(read), "digest": _digest(_files(read), float("inf"))},
    }
    try:
        atomic_write_json(folder() / f"{key}.json", entry)
        _keep_the_newest()
    except (OSError, ValueError) as error:  # ValueError: half a character in a file's name
        LOG.info("the result of the import trial was not kept: %s", error)
        _kept_here[str(key)] = entry
        return False
    _kept_here.pop(str(key), None)
    return True


def remember_trials(key: str | None, trials: list[dict[str, Any]]) -> bool:
    """Keep what experiments found beside the failed import of this state; False where it is none.

    They hold as long as that result, and the files that they name are as they were.
    """
    entry = _recalled(key)
    if entry is None or all(result["ok"] for result in entry["imports"]["results"]):
        return False
    read = {folder: list(names) for folder, names in entry["files"]["by_folder"].items()}
    for file in _named(trials):
        where, name = os.path.split(file)
        read.setdefault(where, []).append(name)
    files = {"by_folder": read, "digest": _digest(_files(read), float("inf"))}
    try:
        atomic_write_json(folder() / f"{key}.json", {**entry, "files": files, "trials": trials})
    except (OSError, ValueError) as error:
        LOG.info("the experiments were not kept: %s", error)
        return False
    return True


def _named(trials: list[dict[str, Any]]) -> list[str]:
    """The files that the changes of trials are about."""
    parts = {part for trial in trials for change in trial["changes"] for part in change[1:]}
    files = (os.path.expanduser(part) for part in sorted(parts))  # noqa: PTH111
    return [file for file in files if os.path.isabs(file)]  # noqa: PTH117


def recall(key: str | None) -> dict[str, Any] | None:
    """The section ``imports`` of this state, or None when it is not known, or no longer.

    A file that is damaged, or that another user wrote, counts as none.
    """
    return known_sections(key).get("imports")


def known_sections(key: str | None) -> dict[str, Any]:
    """``imports`` of this state when they are known, and ``trials`` when those were made too."""
    entry = _recalled(key)
    return {name: entry[name] for name in ("imports", "trials") if name in entry} if entry else {}


def _recalled(key: str | None) -> dict[str, Any] | None:
    """The entry of this state, while it holds."""
    if not key or not key.isalnum():
        return None
    try:
        entry = _read(folder() / f"{key}.json")
    except (OSError, UnusableFile) as error:
        LOG.debug("no result of an import trial is read: %s", error)
        if key not in _kept_here:
            return None
        entry = _kept_here[key]
    imports: dict[str, Any] = entry["imports"]
    age = time.time() - imports["made"]
    passed = all(result["ok"] for result in imports["results"])
    if imports["key"] != key or not -_AHEAD_S < age < (SUCCESS_S if passed else FAILURE_S):
        return None
    files = entry["files"]
    digest = _digest(_files(files["by_folder"]), LOOK_S)
    if digest is None:
        return entry if age < (UNSEEN_S if passed else UNSEEN_FAILURE_S) else None
    return entry if digest == files["digest"] else None


def _files(by_folder: Mapping[str, list[str]]) -> Iterator[str]:
    for where, names in by_folder.items():
        for name in names:
            yield f"{where}{os.sep}{name}"


def _digest(files: Iterator[str], limit_s: float) -> str | None:
    """Sizes and times of the files in one number; None when it takes longer than ``limit_s``."""
    began = time.monotonic()
    digest = hashlib.sha256()
    for number, name in enumerate(files):
        if number % 100 == 99 and time.monotonic() - began > limit_s:
            return None
        try:
            found = os.stat(name)  # noqa: PTH116  (thousands: a Path of each doubles the time)
        except (OSError, ValueError):
            digest.update(b"-\n")
        else:
            digest.update(b"%d %d\n" % (found.st_size, found.st_mtime_ns))
    return digest.hexdigest()


def _read(path: Path) -> dict[str, Any]:
    """An entry whose every value has its type. Raises OSError and UnusableFile."""
    if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
        raise UnusableFile("another user wrote it")
    entry = read_object(path, LARGEST_ENTRY)
    imports, files = entry.get("imports"), entry.get("files")
    right = (
        entry.get("format") == FORMAT
        and entry.get("version") == VERSION
        and isinstance(imports, dict)
        and isinstance(imports.get("key"), str)
        and isinstance(imports.get("made"), (int, float))
        and isinstance(imports.get("results"), list)
        and 0 < len(imports["results"]) <= 4
        and all(map(_is_result, imports["results"]))
        and isinstance(files, dict)
        and isinstance(files.get("digest"), str)
        and _is_by_folder(files.get("by_folder"))
        and isinstance(entry.get("trials", []), list)
    )
    if not right:
        raise UnusableFile("it is not a result of an import trial")
    return entry


def _is_result(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(_RESULT)
        and all(isinstance(value[name], kinds) for name, kinds in _RESULT.items())
        and all(len(part) < 20_000 for part in value.values() if isinstance(part, str))
    )


def _is_by_folder(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(names, list) for names in value.values())
        and sum(map(len, value.values())) <= MOST_FILES
        and all(isinstance(name, str) for names in value.values() for name in names)
    )


def _keep_the_newest() -> None:
    """Remove the oldest results beyond ``MOST_ENTRIES``. Raises OSError."""
    entries = sorted(folder().glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[MOST_ENTRIES:]:
        path.unlink(missing_ok=True)
