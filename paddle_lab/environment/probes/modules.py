"""Where `import` would find the modules that matter, and which are loaded."""

from __future__ import annotations

import os
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
            origin = _locate(name, entry)
            if origin:
                found[name] = clean(os.path.abspath(origin))
                break
    return found


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
