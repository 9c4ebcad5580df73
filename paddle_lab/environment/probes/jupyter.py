"""Which environment Jupyter and its kernels run in."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
from typing import Any

from paddle_lab.environment.redact import clean


def _data_folders() -> list[str]:
    home = os.path.expanduser("~")
    folders = [entry for entry in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if entry]
    system = platform.system()
    if system == "Darwin":
        folders.append(os.path.join(home, "Library", "Jupyter"))
    elif system == "Windows":
        folders.append(os.path.join(os.environ.get("APPDATA", home), "jupyter"))
    else:
        data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
        folders.append(os.path.join(data, "jupyter"))
    folders.append(os.path.join(sys.prefix, "share", "jupyter"))
    if os.name != "nt":
        folders += ["/usr/local/share/jupyter", "/usr/share/jupyter"]
    return folders


def kernels() -> list[dict[str, Any]]:
    """The Python kernels that Jupyter would offer from here, and whether their Python exists."""
    found: dict[str, dict[str, Any]] = {}
    for folder in _data_folders():
        specs = os.path.join(folder, "kernels")
        for name in sorted(os.listdir(specs)) if os.path.isdir(specs) else []:
            spec = _kernel(os.path.join(specs, name, "kernel.json"))
            if spec is not None:
                found.setdefault(name, {"name": name[:80], **spec})
    return list(found.values())[:30]


def _kernel(path: str) -> dict[str, Any] | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            spec = json.load(file)
        command = [str(part) for part in spec["argv"]]
    except (OSError, ValueError, KeyError, TypeError):  # not a kernel, or not ours to read
        return None
    if spec.get("language") != "python" or not command:
        return None
    program = command[0]
    if not os.path.isabs(program):  # "python" means: the server's own interpreter
        return {"python": program, "exists": True, "here": True}
    return {
        "python": clean(program),
        "exists": os.path.exists(program),
        "here": _same_environment(program, sys.executable),
    }


def _same_environment(one: str, other: str) -> bool:
    def home(program: str) -> str:
        return os.path.normcase(os.path.dirname(os.path.abspath(program)))

    return home(one) == home(other)


def _server_python() -> str | None:
    """The interpreter of the process that started this kernel, where it may be seen."""
    parent = os.environ.get("JPY_PARENT_PID", "")
    if not parent.isdigit():
        return None
    try:
        with open(f"/proc/{parent}/cmdline", "rb") as file:
            program = file.read(4000).split(b"\0")[0].decode("utf-8", "replace")
    except OSError:  # another user's process, or no /proc: not known
        return None
    return program if re.search(r"python[\d.]*$", program) else None


def jupyter() -> dict[str, Any]:
    """Kernels, whether this process is one, and the Pythons of the server and of the terminal."""
    server = _server_python()
    command = shutil.which("python") or shutil.which("python3")
    return {
        "kernel": "ipykernel" in sys.modules,
        "kernels": kernels(),
        "server_python": clean(server) if server else None,
        "server_elsewhere": bool(server) and not _same_environment(str(server), sys.executable),
        "terminal_python": clean(command) if command else None,
        "terminal_elsewhere": bool(command) and not _same_environment(str(command), sys.executable),
    }
