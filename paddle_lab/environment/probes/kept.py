"""What was read from thousands of installed files, kept for as long as no record changes.

One file a question in the person's cache folder. A disk that takes nothing, a file that is damaged
or that another user wrote: then all is read anew, as the first time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import uuid
from typing import Any

from paddle_lab.environment.probes.packages import Distribution
from paddle_lab.paths import cache_dir
from paddle_lab.untrusted import MEGABYTE, UnusableFile, parse_json, read_bytes

VERSION = 1  # raise it when what is kept, or how it is found, becomes another
_LARGEST = 16 * MEGABYTE
_MOST = 32  # files


def key_of(distributions: list[Distribution], *parts: str) -> str:
    """A key that changes with every record and its metadata, with Python and with ``parts``."""
    digest = hashlib.sha256(f"{VERSION} {sys.version}\n".encode())
    for part in parts:
        digest.update(part.encode("utf-8", "surrogateescape") + b"\n")
    for item in distributions:
        marks = " ".join(_mark(os.path.join(item.folder, name)) for name in ("RECORD", "METADATA"))
        digest.update(f"{item.folder} {marks}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


def _mark(path: str) -> str:
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # a system's package has none
        return "-"
    return f"{found.st_size} {found.st_mtime_ns}"


def recall(question: str, key: str) -> dict[str, Any] | None:
    """What :func:`keep` was given for this question and key; None when that is not known."""
    path = cache_dir() / "probes" / f"{question}-{key}.json"
    try:
        if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
            return None
        found = parse_json(read_bytes(path, _LARGEST))
    except (OSError, ValueError, UnusableFile):  # not there, cut off, or not ours
        return None
    return found if isinstance(found, dict) else None


def keep(question: str, key: str, content: dict[str, Any]) -> None:
    """Keep ``content`` for the next time, where the disk takes it."""
    folder = cache_dir() / "probes"
    part = folder / f".{uuid.uuid4().hex}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Not forced onto the disk: what a power cut leaves of it is read as nothing.
        part.write_text(json.dumps(content), "utf-8")
        part.replace(folder / f"{question}-{key}.json")
        files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[_MOST:]:
            path.unlink(missing_ok=True)
    except (OSError, ValueError):  # full, read-only, no home: the next time takes as long
        with contextlib.suppress(OSError):
            part.unlink()
