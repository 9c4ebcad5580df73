"""Disk, caches and shared memory: is there room, and may we write?"""

from __future__ import annotations

import os
import re
import shutil
import site
import sys
import tempfile
from typing import Any

from paddle_lab.environment.redact import clean

_PERSON = re.compile(r"(?i)^((?:[a-z]:)?[\\/](?:home|users)[\\/])[^\\/]+")


def _existing(path: str) -> str:
    """The nearest folder above ``path`` that exists: where it would be made."""
    while path and not os.path.exists(path):
        parent = os.path.dirname(path)
        if parent == path:
            break
        path = parent
    return path


def _storage_of(path: str) -> dict[str, Any]:
    at = _existing(os.path.abspath(path))
    facts: dict[str, Any] = {
        "path": clean(path),
        "exists": os.path.exists(path),
        "folder": os.path.isdir(at),
        "writable": os.access(at, os.W_OK | os.X_OK),
    }
    if hasattr(os, "statvfs"):
        facts["read_only"] = bool(os.statvfs(at).f_flag & os.ST_RDONLY)
    if hasattr(os, "getuid"):
        facts["mine"] = os.stat(at).st_uid == os.getuid()
    usage = shutil.disk_usage(at)
    if usage.total:  # those that the kernel makes up, such as /proc, hold no files of anybody
        facts["free_mb"] = usage.free // 2**20
    else:
        facts["writable"] = False
    return facts


def _site_packages() -> str | None:
    for entry in sys.path:
        if entry.endswith(("site-packages", "dist-packages")) and os.path.isdir(entry):
            return entry
    return None


def _temporary() -> str:
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:  # no folder on the whole list can be written: that is the fact
        return os.environ.get("TMPDIR") or "/tmp"


def _working() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was deleted: `process` says so
        return None


def storage() -> dict[str, Any]:
    """Free space in MB and the right to write, where an installation or a run needs them."""
    home = os.path.expanduser("~")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    folders = {
        "home": home,
        "working": _working(),
        "temporary": _temporary(),
        "site_packages": _site_packages(),
        "cache": cache,
        "paddlenlp_cache": os.environ.get("PPNLP_HOME") or os.path.join(home, ".paddlenlp"),
        "huggingface_cache": os.environ.get("HF_HOME") or os.path.join(cache, "huggingface"),
    }
    facts: dict[str, Any] = {name: _storage_of(path) for name, path in folders.items() if path}
    facts["home"].update(_home_facts(home))
    facts["user_site_used"] = _user_site_packages()
    return facts


def _home_facts(home: str) -> dict[str, Any]:
    """``known``: is there a home at all? ``named``: what HOME says, where that is no folder.

    The name of a person in it is left out.
    """
    if not home.startswith("~"):
        named = "" if os.path.isdir(home) else _PERSON.sub(r"\1...", home)
        return {"known": True, "named": named[:300]}
    return {"known": False, "named": ""}


def _user_site_packages() -> list[str]:
    """Parts of the stack that come from the user's own folder, into every environment."""
    folder = site.getusersitepackages() if site.ENABLE_USER_SITE else ""
    if not os.path.isdir(folder) or folder not in sys.path:
        return []
    watched = ("paddle", "paddlenlp", "numpy", "google", "datasets", "huggingface_hub", "pyarrow")
    return [name for name in watched if os.path.isdir(os.path.join(folder, name))]


def shared_memory() -> dict[str, Any] | None:
    """Size of /dev/shm in MB: DataLoader workers and NCCL pass data through it. None elsewhere."""
    if not os.path.isdir("/dev/shm"):
        return None
    usage = shutil.disk_usage("/dev/shm")
    return {
        "total_mb": usage.total // 2**20,
        "free_mb": usage.free // 2**20,
        "writable": os.access("/dev/shm", os.W_OK),
    }
