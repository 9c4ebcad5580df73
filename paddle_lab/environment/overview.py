"""What the page shows besides the findings: versions, devices and paths, as rows of text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.i18n import T, Text

SHOWN_PACKAGES = (
    "paddlepaddle",
    "paddlepaddle-gpu",
    "paddlenlp",
    "aistudio-sdk",
    "numpy",
    "pyarrow",
    "datasets",
    "huggingface-hub",
    "tokenizers",
    "protobuf",
    "setuptools",
    "pip",
    "jupyterlab",
    "ipykernel",
    "ipywidgets",
    "paddle2onnx",
    "torch",
)


@dataclass(frozen=True)
class Box:
    """A titled list of name and value."""

    title: Text
    rows: list[tuple[str, str]]


def boxes(facts: Mapping[str, Any], language: str) -> list[Box]:
    """Versions, devices and paths of a fact sheet; an empty one is left out."""
    found = [
        Box(T("Versions", "版本"), _versions(facts)),
        Box(T("Devices", "设备"), _devices(facts, language)),
        Box(T("Paths", "路径"), _paths(facts, language)),
        Box(T("Check", "检查"), _check(facts) or _imports(facts)),
    ]
    return [box for box in found if box.rows]


def chips(facts: Mapping[str, Any]) -> list[str]:
    """The machine in a few words: Python, system, Paddle, cards."""
    packages = facts.get("packages") or {}
    paddle = next(
        (
            f"{name} {packages[name]}"
            for name in ("paddlepaddle-gpu", "paddlepaddle")
            if name in packages
        ),
        None,
    )
    devices = lookup(facts, "gpu.devices") or []
    parts = [
        f"Python {lookup(facts, 'python.version')}" if lookup(facts, "python.version") else None,
        " ".join(
            str(lookup(facts, f"platform.{key}") or "") for key in ("system", "machine")
        ).strip(),
        "WSL" if lookup(facts, "platform.wsl") else None,
        str(lookup(facts, "platform.container") or "") or None,
        paddle,
        _card_names(devices) if devices else "CPU",
    ]
    return [part for part in parts if part]


def _card_names(devices: list[Any]) -> str:
    name = str(devices[0].get("name"))
    return name if len(devices) == 1 else f"{len(devices)} × {name}"


def _versions(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    packages = facts.get("packages") or {}
    python = lookup(facts, "python.version")
    rows = [("Python", str(python))] if python else []
    return rows + [(name, str(packages[name])) for name in SHOWN_PACKAGES if name in packages]


def _size(megabytes: Any) -> str:
    if not isinstance(megabytes, (int, float)):
        return "?"
    return f"{megabytes / 1024:.1f} GB" if megabytes >= 1024 else f"{megabytes} MB"


def _devices(facts: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    if lookup(facts, "cpu.model"):
        rows.append(("CPU", _processor(facts, language)))
    if lookup(facts, "memory.total_mb"):
        rows.append(
            (T("Memory", "内存").in_language(language), _size(lookup(facts, "memory.total_mb")))
        )
    if facts.get("shm"):
        rows.append(("/dev/shm", _size(lookup(facts, "shm.total_mb"))))
    rows += _cards(lookup(facts, "gpu.devices") or [], language)
    if lookup(facts, "gpu.driver"):
        rows.append((T("Driver", "驱动").in_language(language), str(lookup(facts, "gpu.driver"))))
    elif lookup(facts, "gpu.reason"):
        rows.append(("GPU", _no_card(str(lookup(facts, "gpu.reason"))).in_language(language)))
    if lookup(facts, "paddle.cuda"):
        rows.append(("CUDA (wheel)", str(lookup(facts, "paddle.cuda"))))
    return rows


def _processor(facts: Mapping[str, Any], language: str) -> str:
    flags = lookup(facts, "cpu.flags") or []
    cores = lookup(facts, "cpu.cores")
    vectors = next((name for name in ("avx512f", "avx2", "avx") if name in flags), None)
    parts = [
        str(lookup(facts, "cpu.model")),
        T("{n} cores", "{n} 核", n=cores).in_language(language) if cores else None,
        vectors.upper().removesuffix("F") if vectors else None,
    ]
    return ", ".join(part for part in parts if part)


# What NVML and nvidia-smi answer, in words; the first that fits.
_NO_CARD = (
    ("LibraryNotFound|are both absent", T("none: no NVIDIA driver", "无：没有 NVIDIA 驱动")),
    (
        "DriverNotLoaded|couldn't communicate",
        T("the NVIDIA driver is not loaded", "NVIDIA 驱动未加载"),
    ),
    (
        "version mismatch|LibRmVersionMismatch",
        T("the parts of the driver differ in version", "驱动各部分版本不一致"),
    ),
    ("NoPermission", T("no permission to ask the driver", "没有访问驱动的权限")),
    ("NotFound|No devices", T("none: the driver sees no card", "无：驱动未发现显卡")),
    (
        "GpuIsLost|lost",
        T("the card was lost (power, PCIe or overheating)", "显卡掉线（供电、PCIe 或过热）"),
    ),
    ("Timeout|timed out", T("the driver does not answer", "驱动无响应")),
)


def _no_card(reason: str) -> Text:
    for pattern, text in _NO_CARD:
        if re.search(pattern, reason, re.I):
            return text
    rest = re.sub(r"^NVMLError_?\w*: ?", "", reason)[:100]
    return T("not usable: {reason}", "不可用：{reason}", reason=rest)


def _cards(devices: list[Any], language: str) -> list[tuple[str, str]]:
    """Equal cards share a row: "GPU 0-7"."""
    groups: list[tuple[str, list[int]]] = []
    for index, device in enumerate(devices):
        size = _size(device.get("memory_total_mb"))
        capability = T("capability {n}", "计算能力 {n}", n=device.get("compute_capability"))
        text = f"{device.get('name')}, {size}, {capability.in_language(language)}"
        if groups and groups[-1][0] == text:
            groups[-1][1].append(index)
        else:
            groups.append((text, [index]))
    return [(f"GPU {_range(numbers)}", text) for text, numbers in groups]


def _range(numbers: list[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"


def _paths(facts: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    names = {
        "python.executable": T("Interpreter", "解释器"),
        "process.working_directory": T("Working folder", "工作目录"),
        "paddle.folder": T("paddle", "paddle"),
        "storage.paddlenlp_cache.path": T("Model cache", "模型缓存"),
        "jupyter.server_python": T("Jupyter server", "Jupyter 服务器"),
    }
    rows = [
        (label.in_language(language), str(lookup(facts, path)))
        for path, label in names.items()
        if lookup(facts, path)
    ]
    free = lookup(facts, "storage.working.free_mb")
    if free is not None:
        rows.append((T("Free disk", "可用磁盘").in_language(language), _size(free)))
    return rows


def _check(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    phases = lookup(facts, "check.phases")
    return [
        (str(phase.get("name")), f"{phase.get('seconds')} s" if phase.get("ok") else "✗")
        for phase in (phases if isinstance(phases, list) else [])
        if isinstance(phase, Mapping)
    ]


def _imports(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    results = lookup(facts, "imports.results")
    return [
        (f"import {result.get('name')}", f"{result.get('seconds')} s" if result.get("ok") else "✗")
        for result in (results if isinstance(results, list) else [])
        if isinstance(result, Mapping)
    ]
