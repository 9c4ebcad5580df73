"""Run on its own, in the interpreter that is diagnosed: load libraries, ask NVML, print JSON.

``python -I -S native.py [file of pynvml]``. Nothing of Paddle Lab is imported here; a crash ends
this process only.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from typing import Any

LINUX_LIBRARIES = (
    "libcuda.so.1",
    "libcuda.so",
    "libnvidia-ml.so.1",
    "libcudart.so.11.0",
    "libcudart.so.12",
    "libcudnn.so.8",
    "libcudnn.so.9",
    "libcublas.so.11",
    "libcublas.so.12",
    "libnccl.so.2",
    "libgomp.so.1",
    "libstdc++.so.6",
    "libGL.so.1",
    "libgthread-2.0.so.0",
    "libglib-2.0.so.0",
    "libSM.so.6",
    "libXext.so.6",
    "libsndfile.so.1",
    "libssl.so.1.1",
    "libssl.so.3",
)
WINDOWS_LIBRARIES = (
    "nvcuda.dll",
    "vcruntime140.dll",
    "vcruntime140_1.dll",
    "msvcp140.dll",
    "cudnn64_8.dll",
)


def _why(error: OSError) -> str:
    text = str(error)
    return "missing" if "No such file" in text or "not find" in text.lower() else text[:300]


def libraries() -> dict[str, str]:
    """Library name to "loads", "missing", or the loader's words."""
    names = {"linux": LINUX_LIBRARIES, "win32": WINDOWS_LIBRARIES}.get(sys.platform, ())
    found: dict[str, str] = {}
    for name in names:
        try:
            ctypes.CDLL(name)
            found[name] = "loads"
        except OSError as error:
            found[name] = _why(error)
    return found


def libstdcxx() -> dict[str, str | None]:
    """Which libstdc++ this interpreter gets, and the newest GLIBCXX version in it."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
        path = next(
            (line.split(None, 5)[5].strip() for line in file if "libstdc++.so" in line), None
        )
    if path is None:
        return {"path": None, "glibcxx": None}
    with open(path, "rb") as library:
        numbers = [int(part) for part in re.findall(rb"GLIBCXX_3\.4\.(\d+)", library.read())]
    return {"path": path, "glibcxx": f"3.4.{max(numbers)}" if numbers else None}


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def nvml(binding: str) -> dict[str, Any]:
    """Driver and devices through NVML."""
    specification = importlib.util.spec_from_file_location("pynvml", binding)
    if specification is None or specification.loader is None:
        raise ImportError(binding)
    pynvml = importlib.util.module_from_spec(specification)
    sys.modules["pynvml"] = pynvml  # it looks itself up by this name
    specification.loader.exec_module(pynvml)
    pynvml.nvmlInit()
    try:
        cuda = pynvml.nvmlSystemGetCudaDriverVersion_v2()
        devices = [_device(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount())]
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
    finally:
        pynvml.nvmlShutdown()
    return {
        "available": bool(devices),
        "driver": driver,
        "driver_cuda": f"{cuda // 1000}.{cuda % 1000 // 10}",
        "devices": devices,
    }


def _device(pynvml: Any, index: int) -> dict[str, Any]:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    facts: dict[str, Any] = {"name": _text(pynvml.nvmlDeviceGetName(handle))}
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
    facts["compute_capability"] = f"{major}.{minor}"
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        facts["memory_total_mb"] = memory.total // 2**20
        facts["memory_free_mb"] = memory.free // 2**20
    except pynvml.NVMLError as error:  # a MIG parent or a vGPU hides its memory
        facts["memory_error"] = str(error)
    return facts


def smi() -> dict[str, Any]:
    """The same through nvidia-smi, where NVML's binding is absent."""
    fields = "name,compute_cap,driver_version,memory.total,memory.free"
    done = subprocess.run(
        ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=5,
    )
    text = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode != 0:
        raise OSError(text[:300] or f"nvidia-smi ended with {done.returncode}")
    devices: list[dict[str, Any]] = []
    driver = ""
    for line in text.splitlines():
        name, capability, driver, total, free = [part.strip() for part in line.split(",")]
        devices.append(
            {
                "name": name,
                "compute_capability": capability,
                "memory_total_mb": int(total) if total.isdigit() else None,
                "memory_free_mb": int(free) if free.isdigit() else None,
            }
        )
    return {"available": bool(devices), "driver": driver, "driver_cuda": None, "devices": devices}


def gpu(binding: str) -> dict[str, Any]:
    """The driver and the devices, or the reason why there are none."""
    try:
        if binding:
            return nvml(binding)
        if shutil.which("nvidia-smi"):
            return smi()
        reason = "no NVIDIA driver: nvidia-smi and nvidia-ml-py are both absent"
    except Exception as error:  # NVML's own error classes are not known before it is loaded
        reason = f"{type(error).__name__}: {error}"
    return {
        "available": False,
        "driver": None,
        "driver_cuda": None,
        "devices": [],
        "reason": reason[:300],
    }


def main() -> None:
    """Print the facts as one JSON object."""
    facts: dict[str, Any] = {"libraries": libraries(), "problems": {}}
    facts["gpu"] = gpu(sys.argv[1] if len(sys.argv) > 1 else "")
    if sys.platform == "linux":
        try:
            facts["libstdcxx"] = libstdcxx()
        except OSError as error:
            facts["problems"]["libstdcxx"] = str(error)
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main()
