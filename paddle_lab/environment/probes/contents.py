"""Installed files of the right size whose contents are not what their record says."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from typing import Any

from paddle_lab.environment.probes.damage import harmless, is_library, state_of
from paddle_lab.environment.probes.packages import Distribution, distributions
from paddle_lab.environment.probes.records import Entry, read_record
from paddle_lab.environment.probes.requires import needed, requirements
from paddle_lab.environment.redact import clean

BUDGET_SECONDS = 12.0  # of the processor; about a gigabyte a second
_MOST_EXAMPLES = 8
_CHUNK = 2**20


def contents(path: list[str] | None = None) -> dict[str, Any]:
    """Read all sources and libraries of what Paddle needs and compare them with their records.

    ``damaged`` and ``changed`` are as in the section ``files``; ``checked``: number of files;
    ``folders``: those of the packages, the nearest to Paddle first; ``complete``: False when the
    time was over before all were read.
    """
    deadline = time.process_time() + BUDGET_SECONDS
    found: dict[str, dict[str, Any]] = {"damaged": {}, "changed": {}}
    folders: dict[str, None] = {}
    checked, complete = 0, True
    for item in _stack(path):
        entries = read_record(item) or []
        packages = [entry[0] for entry in entries if entry[0].endswith("/__init__.py")]
        tops = {package.partition("/")[0] for package in packages}
        folders.update(dict.fromkeys(os.path.join(item.site, top) for top in sorted(tops)))
        for entry in entries:
            if not _worth_reading(entry):
                continue
            if time.process_time() > deadline:
                complete = False
                break
            checked += 1
            state = _state(os.path.join(item.site, entry[0]), entry)
            if state:
                _add(found["changed" if state == "changed" else "damaged"], item, entry, state)
    return {**found, "checked": checked, "complete": complete, "folders": list(folders)}


def _stack(path: list[str] | None) -> list[Distribution]:
    installed: dict[str, Distribution] = {}
    for item in distributions(path):
        installed.setdefault(item.name, item)
    return [installed[name] for name in needed(requirements(path)) if name in installed]


def _worth_reading(entry: Entry) -> bool:
    path, digest, size = entry
    code = path[-3:] == ".py" or is_library(path)
    return code and size > 0 and digest.startswith("sha256=") and not harmless(path)


def _state(path: str, entry: Entry) -> str:
    """What is wrong with a file of the recorded size; "" when nothing is, or `files` tells it."""
    try:
        if os.path.getsize(path) != entry[2]:
            return ""
        if _digest(path) == entry[1]:
            return ""
    except OSError:  # missing or closed: `files` tells it
        return ""
    if is_library(path):
        return "other content"
    state = state_of(path, entry[2], entry[2])
    return "not Python" if state in ("cut off", "not Python") else state


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return "sha256=" + base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def _add(found: dict[str, Any], item: Distribution, entry: Entry, state: str) -> None:
    told = found.setdefault(
        item.name,
        {"version": item.version, "site": clean(item.site), "count": 0, "of": 0, "files": []},
    )
    told["count"] += 1
    if len(told["files"]) < _MOST_EXAMPLES:
        told["files"].append(
            {"path": entry[0][:300], "state": state, "size": entry[2], "recorded": entry[2]}
        )
