"""GPUs, driver and shared libraries: asked in a subprocess, because a driver can hang or crash."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
from typing import Any

from paddle_lab.environment.redact import clean

TIMEOUT_SECONDS = 8.0


def native(timeout: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """The sections ``gpu`` and ``libraries``; a crash or a hang becomes a problem of both."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", _script(), _nvml_binding()],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        return _failed(f"no answer within {timeout:g} s (a hanging driver?)")
    if done.returncode != 0:
        tail = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return _failed(f"ended with {done.returncode}: {' '.join(tail)}")
    facts: dict[str, Any] = json.loads(done.stdout.decode("utf-8", "replace"))
    facts.setdefault("gpu", {})["device_files"] = _device_files()
    return facts


def _script() -> str:
    return os.path.join(os.path.dirname(os.path.dirname(__file__)), "native.py")


def _failed(reason: str) -> dict[str, Any]:
    gpu = {
        "available": False,
        "reason": clean(reason),
        "devices": [],
        "device_files": _device_files(),
    }
    return {"gpu": gpu, "problems": {"native": clean(reason)}}


def _nvml_binding() -> str:
    """The file of nvidia-ml-py, when it is installed here; the script can do without."""
    specification = importlib.util.find_spec("pynvml")
    return (specification.origin or "") if specification else ""


def _device_files() -> list[str]:
    if platform.system() != "Linux":
        return []
    names = sorted(name for name in os.listdir("/dev") if name.startswith("nvidia"))
    return names[:40] + (["dxg"] if os.path.exists("/dev/dxg") else [])
