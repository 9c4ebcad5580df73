"""The interpreter, its variables and its process."""

from __future__ import annotations

import os
import platform
import site
import sys
import sysconfig
from typing import Any

from paddle_lab.environment.imports.state import state_key
from paddle_lab.environment.redact import allowed_variables, clean


def python() -> dict[str, Any]:
    """Which Python this is, and what kind of environment it lives in."""
    base = getattr(sys, "base_prefix", sys.prefix)
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "executable": clean(sys.executable or ""),
        "prefix": clean(sys.prefix),
        "base_prefix": clean(base),
        "virtual": sys.prefix != base,
        "conda": os.path.isdir(os.path.join(sys.prefix, "conda-meta")),
        "made_by_uv": _made_by_uv(),
        "externally_managed": _externally_managed(),
        "user_site": bool(site.ENABLE_USER_SITE),
        "frozen": bool(getattr(sys, "frozen", False)),
        "encoding": sys.getfilesystemencoding(),
    }


def _made_by_uv() -> bool:
    try:
        with open(os.path.join(sys.prefix, "pyvenv.cfg"), encoding="utf-8") as file:
            return any(line.split("=")[0].strip() == "uv" for line in file)
    except OSError:  # no virtual environment, so not one of uv's
        return False


def _externally_managed() -> bool:
    if sys.prefix != getattr(sys, "base_prefix", sys.prefix):
        return False
    folder: str | None = sysconfig.get_path("stdlib")
    return bool(folder) and os.path.exists(os.path.join(str(folder), "EXTERNALLY-MANAGED"))


def variables() -> dict[str, str]:
    """The environment variables that matter to Paddle, from an allow-list."""
    return allowed_variables(os.environ)


def state() -> dict[str, str]:
    """``key``: changes when what an import would find here changes."""
    return {"key": state_key()}


def _working_directory() -> str | None:
    try:
        return clean(os.getcwd())
    except OSError:  # it was deleted or moved away under this process
        return None


def process() -> dict[str, Any]:
    """Who runs this, and within which limits. No user name."""
    facts: dict[str, Any] = {"working_directory": _working_directory()}
    if hasattr(os, "getuid"):
        import pwd

        facts["root"] = os.getuid() == 0
        try:
            pwd.getpwuid(os.getuid())
            facts["known_user"] = True
        except KeyError:  # docker run --user 1234: no entry, so HOME is "/"
            facts["known_user"] = False
        import resource

        facts["open_files"] = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        locked = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
        facts["locked_memory_kb"] = None if locked < 0 else locked // 1024
    home = os.path.expanduser("~")
    facts["home"] = "/" if home == "/" else "~"
    facts["home_exists"] = os.path.isdir(home)
    return facts
