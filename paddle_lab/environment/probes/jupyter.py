"""Which environment Jupyter and its kernels run in."""

from __future__ import annotations

import glob
import json
import os
import platform
import re
import shutil
import sys
from typing import Any

from paddle_lab.environment.probes.packages import distributions
from paddle_lab.environment.redact import clean


def _data_folders() -> list[str]:
    """Where Jupyter looks for kernels, in its order."""
    home = os.path.expanduser("~")
    folders = [entry for entry in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if entry]
    system = platform.system()
    if system == "Darwin":
        user = os.path.join(home, "Library", "Jupyter")
    elif system == "Windows":
        user = os.path.join(os.environ.get("APPDATA", home), "jupyter")
    else:
        data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
        user = os.path.join(data, "jupyter")
    user = os.environ.get("JUPYTER_DATA_DIR") or user
    own = os.path.join(sys.prefix, "share", "jupyter")
    folders += [own, user] if _environment_first() else [user, own]
    if os.name != "nt":
        folders += ["/usr/local/share/jupyter", "/usr/share/jupyter"]
    return list(dict.fromkeys(folders))


def _environment_first() -> bool:
    """Does Jupyter take this environment's kernels before the user's? As jupyter_core decides."""
    wish = os.environ.get("JUPYTER_PREFER_ENV_PATH")
    if wish is not None:
        return wish.lower() not in ("no", "n", "false", "off", "0", "0.0")
    version = next((item.version for item in distributions() if item.name == "jupyter-core"), "5")
    if version.partition(".")[0] in ("3", "4") or not os.access(sys.prefix, os.W_OK):
        return False
    conda = os.environ.get("CONDA_PREFIX", "")
    named = os.environ.get("CONDA_DEFAULT_ENV", "base") != "base"
    return sys.prefix != sys.base_prefix or bool(conda and sys.prefix.startswith(conda) and named)


def kernels() -> list[dict[str, Any]]:
    """The Python kernels that Jupyter would offer from here, and whether their Python exists.

    ``here``: it is the Python of this environment; ``paddle``: whether Paddle is installed beside
    that Python, None where its packages are not found; ``user``: the kernel is the user's own.
    """
    found: dict[str, dict[str, Any]] = {}
    for folder in _data_folders():
        specs = os.path.join(folder, "kernels")
        for name in sorted(os.listdir(specs)) if os.path.isdir(specs) else []:
            spec = _kernel(os.path.join(specs, name, "kernel.json"))
            if spec is not None:
                user = folder.startswith(os.path.expanduser("~") + os.sep)
                own = folder.startswith(sys.prefix + os.sep)
                entry = {"name": name[:80], "user": user and not own, "file": clean(specs), **spec}
                found.setdefault(name.lower(), entry)
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
        return {"python": program, "exists": True, "here": True, "paddle": has_paddle(_here())}
    return {
        "python": clean(program),
        "exists": os.path.exists(program),
        "here": _same_environment(program, _here()),
        "paddle": has_paddle(program),
    }


def _here() -> str:
    return sys.executable or ""


def has_paddle(program: str) -> bool | None:
    """Is Paddle among the packages of the Python at ``program``? None when they are not found."""
    if not re.search(r"python[\d.]*(\.exe)?$", program.lower()):
        return None
    prefix = os.path.dirname(os.path.dirname(os.path.abspath(program)))
    try:
        with open(os.path.join(prefix, "pyvenv.cfg"), encoding="utf-8") as file:
            if re.search(r"(?mi)^include-system-site-packages *= *true", file.read(10_000)):
                return None
        own = True
    except OSError:  # no virtual environment
        own = False
    folders = glob.glob(os.path.join(glob.escape(prefix), "lib", "python3*", "*-packages"))
    folders += glob.glob(os.path.join(glob.escape(prefix), "Lib", "site-packages"))
    if not own:
        home = glob.escape(os.path.expanduser("~"))
        folders += glob.glob(os.path.join(home, ".local", "lib", "python3*", "site-packages"))
    if prefix == "/usr":
        folders += glob.glob("/usr/local/lib/python3*/dist-packages")
    if not folders:
        return None
    return any(os.path.isdir(os.path.join(folder, "paddle")) for folder in folders)


def _pip() -> dict[str, Any] | None:
    """The ``pip`` that a terminal finds first: into which Python it installs."""
    command = shutil.which("pip") or shutil.which("pip3")
    if not command:
        return None
    program = command
    try:
        with open(command, "rb") as file:
            first = file.read(400).split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    except OSError:  # not to be read, so not known
        first = ""
    if first.startswith("#!/") and "python" in first:
        program = first[2:].split(" ")[0]
    return {
        "python": clean(program),
        "here": _same_environment(program, _here()),
        "paddle": has_paddle(program),
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
        "pip": _pip(),
        "terminal_python": clean(command) if command else None,
        "terminal_elsewhere": bool(command) and not _same_environment(str(command), sys.executable),
    }
