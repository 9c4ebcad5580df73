"""The operating system, the processor and the memory."""

from __future__ import annotations

import os
import platform
import re
import sys
from typing import Any

from paddle_lab.cgroup import Cgroup, usable_cores

_FLAGS = ("avx", "avx2", "fma", "sse4_2", "f16c", "avx512f", "avx512_bf16", "amx_tile", "asimd")


def platform_facts() -> dict[str, Any]:
    """System, machine, libc, distribution; container, WSL or hosted notebook."""
    system = platform.system()
    release = platform.release()
    facts: dict[str, Any] = {
        "system": system,
        "release": release,
        "machine": platform.machine(),
        "wsl": system == "Linux" and "microsoft" in release.lower(),
        "container": container(),
        "hosted": _hosted(),
    }
    if system == "Linux":
        name, version = platform.libc_ver()
        facts["libc"] = {"name": name or "musl", "version": version}
        facts["distribution"] = _distribution()
        facts["jetson"] = os.path.exists("/etc/nv_tegra_release")
    elif system == "Darwin":
        facts["macos"] = platform.mac_ver()[0]
        facts["rosetta"] = _rosetta()
    elif system == "Windows":
        facts["windows"] = platform.version()
        facts["long_paths"] = _long_paths()
        facts["vc_runtime"] = _vc_runtime()
    return facts


def container() -> str | None:
    """ "docker", "podman", "kubernetes", another container's name, or None."""
    if os.path.exists("/.dockerenv"):
        return "docker"
    if os.path.exists("/run/.containerenv"):
        return "podman"
    if os.environ.get("KUBERNETES_SERVICE_HOST"):
        return "kubernetes"
    try:
        with open("/proc/1/cgroup", encoding="utf-8", errors="replace") as file:
            found = re.search(r"docker|kubepods|containerd|lxc", file.read(20000))
    except OSError:  # not Linux, or /proc is hidden: nothing says that this is a container
        return None
    return found.group(0) if found else None


def _hosted() -> str | None:
    if os.path.isdir("/home/aistudio"):
        return "aistudio"
    if "COLAB_RELEASE_TAG" in os.environ or os.path.isdir("/content/sample_data"):
        return "colab"
    if "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
        return "kaggle"
    return None


def _distribution() -> dict[str, str]:
    fields: dict[str, str] = {}
    with open("/etc/os-release", encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.strip().partition("=")
            if key in ("ID", "VERSION_ID", "ID_LIKE"):
                fields[key.lower()] = value.strip('"')[:60]
    return fields


def _sysctl(name: str) -> bytes | None:
    import ctypes

    library = ctypes.CDLL(None)
    size = ctypes.c_size_t(0)
    if library.sysctlbyname(name.encode(), None, ctypes.byref(size), None, 0) != 0:
        return None
    buffer = ctypes.create_string_buffer(size.value)
    if library.sysctlbyname(name.encode(), buffer, ctypes.byref(size), None, 0) != 0:
        return None
    return buffer.raw


def _rosetta() -> bool:
    value = _sysctl("sysctl.proc_translated")
    return value is not None and int.from_bytes(value[:4], sys.byteorder) == 1


def _long_paths() -> bool | None:
    import winreg

    key = r"SYSTEM\CurrentControlSet\Control\FileSystem"
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as handle:  # type: ignore[attr-defined]
        return bool(winreg.QueryValueEx(handle, "LongPathsEnabled")[0])  # type: ignore[attr-defined]


def _vc_runtime() -> dict[str, bool]:
    folder = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32")
    names = ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll")
    return {name: os.path.exists(os.path.join(folder, name)) for name in names}


def cpu() -> dict[str, Any]:
    """Model, cores that may be used, and the instruction sets that Paddle asks for."""
    facts: dict[str, Any] = {
        "cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "model": platform.processor(),
        "flags": None,
    }
    system = platform.system()
    if system == "Linux":
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            text = file.read(60000)
        flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.M)
        model = re.search(r"^model name\s*:\s*(.*)$", text, re.M)
        facts["model"] = model.group(1).strip() if model else platform.machine()
        facts["flags"] = _known(flags.group(1).split()) if flags else None
    elif system == "Darwin":
        brand = _sysctl("machdep.cpu.brand_string")
        features = b" ".join(
            _sysctl(f"machdep.cpu.{name}") or b"" for name in ("features", "leaf7_features")
        )
        facts["model"] = (brand or b"").rstrip(b"\0").decode("utf-8", "replace")
        names = features.decode("ascii", "replace").replace("\0", " ").lower().split()
        names = ["avx" if name == "avx1.0" else name.replace("sse4.2", "sse4_2") for name in names]
        facts["flags"] = _known(names) if names else None
    elif system == "Windows":
        import ctypes

        present = ctypes.windll.kernel32.IsProcessorFeaturePresent  # type: ignore[attr-defined]
        # PF_AVX_INSTRUCTIONS_AVAILABLE, PF_AVX2_…, PF_AVX512F_…, PF_SSE4_2_…
        numbers = {"avx": 39, "avx2": 40, "avx512f": 41, "sse4_2": 38}
        facts["flags"] = [name for name, number in numbers.items() if present(number)]
    return facts


def _known(flags: list[str]) -> list[str]:
    return [flag for flag in _FLAGS if flag in flags]


def memory() -> dict[str, Any]:
    """Memory in MB: of the machine, free now, and the container's limit where there is one."""
    facts: dict[str, Any] = {"total_mb": None, "available_mb": None, "limit_mb": None}
    if platform.system() == "Linux":
        with open("/proc/meminfo", encoding="utf-8") as file:
            values = dict(re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M))
        total = int(values["MemTotal"]) // 1024
        facts["total_mb"] = total
        facts["available_mb"] = int(values.get("MemAvailable") or values["MemFree"]) // 1024
        limit = Cgroup().read().memory_limit
        if limit is not None and limit // 2**20 < total:
            facts["limit_mb"] = limit // 2**20
    elif hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        facts["total_mb"] = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return facts
