"""Where `import` would find the modules that matter, and what stands in their way."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

from paddle_lab.environment.redact import clean

MODULES = (
    "aistudio_sdk",
    "cv2",
    "datasets",
    "huggingface_hub",
    "ipykernel",
    "jieba",
    "numpy",
    "paddle",
    "paddlenlp",
    "pip",
    "pkg_resources",
    "pyarrow",
    "setuptools",
    "tokenizers",
    "visualdl",
)
_CWD_LIMIT = 5000


def _stdlib() -> frozenset[str]:
    names = getattr(sys, "stdlib_module_names", None)  # from Python 3.10 on
    if names is None:
        names = (
            "random",
            "types",
            "typing",
            "json",
            "logging",
            "tokenize",
            "queue",
            "signal",
            "code",
        )
    return frozenset(names)


def _locate(name: str, folder: str) -> str | None:
    package = os.path.join(folder, name)
    if os.path.isfile(os.path.join(package, "__init__.py")):
        return os.path.join(package, "__init__.py")
    if os.path.isfile(package + ".py"):
        return package + ".py"
    return None


def modules() -> dict[str, Any]:
    """Module name to the file that an import would run, or None when there is none."""
    found: dict[str, Any] = {}
    for name in MODULES:
        found[name] = None
        for entry in sys.path:
            origin = _locate(name, entry or os.getcwd())
            if origin:
                found[name] = clean(origin)
                break
    return found


def shadows() -> list[dict[str, str]]:
    """Files and packages in the working folder that hide a library or the standard library.

    A folder without ``__init__.py`` hides nothing that is installed, so it is not listed.
    """
    here = os.getcwd()
    if here.endswith(("site-packages", "dist-packages")):
        return []
    hiding = _stdlib() | set(MODULES)
    found = []
    for entry in sorted(os.listdir(here)[:_CWD_LIMIT]):
        name = re.sub(r"\.py$", "", entry)
        origin = _locate(name, here) if name in hiding else None
        if origin and not _is_source_checkout(here, name):
            found.append({"module": name, "path": clean(origin)})
    return found[:50]


def _is_source_checkout(folder: str, name: str) -> bool:
    """Is ``folder`` the repository of ``name`` itself (installed from here on purpose)?"""
    if not any(
        os.path.exists(os.path.join(folder, file)) for file in ("setup.py", "pyproject.toml")
    ):
        return False
    return name not in ("paddle",)  # Paddle's own source folder cannot be imported: that is a fault


def loaded() -> dict[str, Any]:
    """Modules of the stack that this process has already imported (only told in a live kernel)."""
    found: dict[str, Any] = {}
    for name in MODULES:
        module = sys.modules.get(name)
        if module is None or name in ("pip", "setuptools", "pkg_resources"):
            continue
        specification = getattr(module, "__spec__", None)
        found[name] = {
            "version": str(module.__dict__.get("__version__", ""))[:40],
            "complete": not getattr(specification, "_initializing", False),
        }
    return found
