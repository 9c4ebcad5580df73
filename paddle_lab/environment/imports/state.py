"""The state of an environment as far as an import depends on it, in one short key.

Only the standard library, and old Pythons too: ``python state.py`` prints the key of the
interpreter that runs it, and the probes read it in the interpreter that is diagnosed.

The key holds what a fresh ``python`` in this folder would find: the interpreter, the names in
site-packages with the times of metadata, the variables that change an import, and which files of
the working folder and of PYTHONPATH have the name of an installed module or one of Python's own.
It holds no times of package folders: an import itself changes those when it writes bytecode. What
lies deeper is seen by ``imports/cache.py``, which looks at every file that the trial read.
"""

from __future__ import annotations

import hashlib
import os
import site
import sys
import sysconfig

_MOST_NAMES = 20_000
_PREFIXES = ("LD_", "DYLD_")
_VARIABLES = frozenset(
    [
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONNOUSERSITE",
        "PYTHONUSERBASE",
        "PYTHONSAFEPATH",
        "PYTHONOPTIMIZE",
        "PYTHONPYCACHEPREFIX",
        "PYTHONUTF8",
        "PYTHONWARNINGS",
        "PYTHONSTARTUP",
        "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
        "HF_HOME",
        "PPNLP_HOME",
        "XDG_CACHE_HOME",
        "LANG",
        "LC_ALL",
    ]
)
# Where a damaged install shows first; all else that the trial read is looked at file by file.
_CORES = (
    "paddle/__init__.py",
    "paddle/base/libpaddle.so",
    "paddle/base/libpaddle.pyd",
    "paddlenlp/__init__.py",
)


def site_folders() -> list[str]:
    """The folders of installed packages that a fresh interpreter has on its path."""
    folders = list(site.getsitepackages())
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    return [folder for folder in dict.fromkeys(folders) if os.path.isdir(folder)]


def state_key() -> str:
    """The key, 32 hexadecimal digits. Raises nothing for what cannot be read: it is left out."""
    lines = [sys.version, os.path.realpath(sys.executable or ""), sys.prefix]
    lines += [f"{name}={os.environ[name]}" for name in sorted(os.environ) if _matters(name)]
    lines.append(_mark(sysconfig.get_path("stdlib") or ""))
    modules = set(getattr(sys, "stdlib_module_names", ()))  # from Python 3.10 on
    modules.update(sys.builtin_module_names, ("sitecustomize", "usercustomize"))
    for folder in site_folders():
        lines.append(folder)
        for entry in _entries(folder):
            lines.append(_line(entry))
            modules.add(_module(entry) or "")
        lines += [_mark(os.path.join(folder, core)) for core in _CORES]
    for folder in ["", *os.environ.get("PYTHONPATH", "").split(os.pathsep)]:
        lines += sorted(modules.intersection(map(_module, _entries(folder or os.curdir))) - {""})
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


def _matters(name: str) -> bool:
    return name in _VARIABLES or name.startswith(_PREFIXES)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)[:_MOST_NAMES]
    except OSError:  # not there, or not to be read: an import finds nothing in it either
        return []


def _line(entry: os.DirEntry[str]) -> str:
    """A name, with the time of files and metadata; a package folder's own time tells nothing."""
    name = entry.name
    if name.endswith((".dist-info", ".egg-info")) or not entry.is_dir():
        return f"{name} {_mark(entry.path)}"
    return name


def _mark(path: str) -> str:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return "-"
    return f"{found.st_size if os.path.isfile(path) else ''} {found.st_mtime_ns}"


def _module(entry: os.DirEntry[str]) -> str | None:
    """The module that an import would make of this entry, if any."""
    name = entry.name
    if name.endswith((".py", ".so", ".pyd")):
        return name.split(".")[0]
    if os.path.isfile(os.path.join(entry.path, "__init__.py")):
        return name
    return None


if __name__ == "__main__":
    print(state_key())
