"""What a pasted text says about the machine it came from: versions, system, cards, exit codes.

The text may come from another computer than the one the doctor runs on. What it says goes before
what the probes found here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import Some
from paddle_lab.environment.tables import Tables

Clues = dict[str, Any]

_PACKAGES = (
    r"paddlepaddle-gpu|paddlepaddle|paddlenlp|paddleformers|paddleocr|paddlex|paddle2onnx|paddlehub|paddleslim"
    r"|ppdiffusers|numpy|protobuf|pyarrow|datasets|huggingface[-_]hub|aistudio[-_]sdk|transformers|tokenizers"
    r"|setuptools|torch|tensorflow|scipy|pandas|opencv-python|ipykernel|ipywidgets|jupyterlab|onnx|pip|uv"
    r"|safetensors|visualdl|pydantic|modelscope|langchain"
)
_VERSION = r"(?P<version>\d+(?:\.\d+)+(?:\.?(?:post|rc|a|b|dev)\d*)*(?:\+[\w.]+)?|\d+\.\d+\.x)"
_PACKAGE_VERSION = re.compile(
    rf"(?<![\w\-/.])(?P<name>{_PACKAGES})\s{{0,4}}(?:version|版本)?\s{{0,4}}(?:[=:：]{{1,3}}|-|\s|\bv)\s{{0,4}}v?{_VERSION}"
    # "NumPy 2.0 or newer" tells of versions at large, not of the one that is installed.
    r"(?!\.?\d|\+| (?:or|and) (?:newer|later|above|higher|up)|及以上|以上|以后)",
    re.I | re.A,
)
#: "deprecated in NumPy 1.20" tells when something changed, not what is installed.
_OF_A_HISTORY = re.compile(
    r"(?i)\b(?:deprecated|removed|added|new|changed|introduced|released?|starting|until|since)"
    r"(?: in| with| from| by)? $"
)
_PADDLE_VERSION = re.compile(
    rf"(?<![\w\-])paddle(?P<gpu>[ _-]?gpu)?(?: version)?"
    rf"\s{{0,4}}[=:：]{{0,2}}\s{{0,4}}v?{_VERSION}"
    # "NumPy 2.0 or newer" tells of versions at large, not of the one that is installed.
    r"(?!\.?\d|\+| (?:or|and) (?:newer|later|above|higher|up)|及以上|以上|以后)",
    re.I | re.A,
)
_LISTED_PADDLE = re.compile(r"(?m)^paddle(?:==|[ \t]{2,})(?P<version>\d[\w.]*)\s*$")
_FRAME = re.compile(r"(?:site|dist)-packages[/\\](?P<name>[A-Za-z_]\w*)")
_SYSTEMS = (
    (
        "Windows",
        r"\bwin(?:dows|32|10|11|_amd64)\b|\.pyd\b|\.dll\b|WinError|DLL load failed"
        r"|(?<![A-Za-z])[A-Za-z]:\\|\.whl.{0,40}win_amd64|0x[cC]0000\w{3}\b"
        r"|exit code -10737\d{5}|\bWSL\.EXE\b",
    ),
    (
        "Darwin",
        r"\bmac ?os(?:\b|\d)|\bdarwin\b|\bzsh:|/Users/\w|\.dylib\b|macosx|\bApple (?:M\d|silicon)"
        r"|\bM[1-5] ?(?:mac|chip|芯片|pro|max|air|ultra)|\bmac(?:book)?\b",
    ),
    (
        "Linux",
        r"\blinux\b|ubuntu|centos|debian|\.so(?:\.\d+)*\b|/usr/|/home/|/root/|manylinux|docker|\bWSL",
    ),
)

_APPLE_SILICON = (
    r"(?ia)\bApple M[1-5]\b|\bM[1-5] ?(?:mac|chip|pro|max|air|ultra)\b|\bM[1-5] ?芯片"
    r"|\bapple silicon\b"
    r"|\bmac\w*(?: (?:air|pro|mini|studio))? ?\(?m[1-5]\b"
)


def read(text: str, tables: Tables) -> Clues:
    """The clues in ``text``, shaped like the sections of a fact sheet; only what it really says."""
    clues: Clues = {}
    packages = _packages(text)
    if packages:
        clues["packages"] = Some(packages)
    python = re.search(
        r"(?ia)python ?(?:版本|version)? ?(?:是|为|is)?[ /=:：]{0,3}(3\.\d{1,2}(?:\.\d+)?)"
        r"|\bcp3(\d{1,2})\b|\bpy3\.?(\d{1,2})\b"
        r"|[\\/]python3(\d{1,2})(?:-(?:32|64))?[\\/]",
        text,
    )
    if python:
        version, *minors = python.groups()
        clues["python"] = {"version": version or f"3.{next(filter(None, minors))}"}
    if re.search(r"(?ia)\b(?:ana|mini|micro)?(?:conda|mamba)3?\b", text):
        clues.setdefault("python", {})["conda"] = True
    platform = _platform(text)
    if platform:
        clues["platform"] = platform
    gpu = _gpu(text, tables)
    if gpu:
        clues["gpu"] = gpu
    cuda = _wheel_cuda(text) or _toolkit_cuda(text, packages)
    if cuda:
        clues["paddle"] = {"cuda": cuda}
    clues["importer"] = importer(text)
    return clues


def _wheel_cuda(text: str) -> str | None:
    """The CUDA version of the wheel or image that the text names: cu118, post112, gpu-cuda10.2."""
    found = re.search(
        r"(?ia)\bcu(?:da)?(\d\d)(\d)\b|post(\d\d)(\d)\b|gpu-cuda(\d\d)\.(\d)|wheel[^\n]{0,20}cuda\D{0,4}(\d\d)\.(\d)"
        r"|Runtime API Version: ?(\d\d)\.(\d)",
        text,
    )
    if found is None:
        return None
    major, minor = [part for part in found.groups() if part]
    return f"{major}.{minor}"


def _toolkit_cuda(text: str, packages: dict[str, str]) -> str | None:
    """The CUDA that a text names beside Paddle 2.x, which was chosen to fit it.

    The "CUDA Version:" of nvidia-smi is the driver's and says nothing of the wheel.
    """
    version = packages.get("paddlepaddle-gpu") or packages.get("paddlepaddle") or ""
    found = re.search(
        r"(?ia)\bcuda(?! version:)(?:使用|版本|用的?|是|为|装的?|[ =:：v-]){0,4}(\d\d)\.(\d)\b",
        text,
    )
    if found is None:
        return None
    cuda = f"{found.group(1)}.{found.group(2)}"
    # No wheel of 3.x is older than CUDA 11.8.
    old = version.startswith(("1.", "2.")) or (not version and float(cuda) < 11.8)
    return cuda if old else None


def _packages(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _PACKAGE_VERSION.finditer(text):
        if _OF_A_HISTORY.search(text, max(0, match.start() - 40), match.start()):
            continue
        name = re.sub(r"[-_.]+", "-", match["name"]).lower()
        found.setdefault(name, match["version"].replace(".x", ".0"))
    listed = _LISTED_PADDLE.search(text)
    if listed:  # a list of packages says their names in full
        found["paddle"] = listed["version"]
    plain = None if listed else _PADDLE_VERSION.search(text)
    if plain and "paddlepaddle" not in found and "paddlepaddle-gpu" not in found:
        name = "paddlepaddle-gpu" if plain["gpu"] else "paddlepaddle"
        found[name] = plain["version"].replace(".x", ".0")
    return found


def _platform(text: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for system, pattern in _SYSTEMS:
        if re.search(pattern, text, re.I | re.A if system != "Windows" else re.A) or (
            system == "Windows"
            and re.search(r"(?ia)\bwindows ?(?:server|\d+)?|\bwin ?(?:7|8|1[01])\b", text)
        ):
            facts["system"] = system
            break
    if re.search(
        r"(?ia)\baarch64\b|\barm64\b|\barmv8|\bjetson|\btegra\b|\braspberry|树莓派"
        r"|鲲鹏|飞腾|\bkunpeng\b|\bphytium\b|\bgraviton|\bRK3\d{3}|\bARM ?架构"
        r"|\bARM (?:board|cpu|docker|linux)",
        text,
    ):
        facts["machine"] = "arm64" if facts.get("system") == "Darwin" else "aarch64"
    elif re.search(_APPLE_SILICON, text) and "x86_64" not in text:
        facts["machine"] = "arm64"
    elif re.search(r"(?ia)\bx86_64\b|\bamd64\b|\bintel mac\b", text):
        facts["machine"] = "x86_64"
    if re.search(r"(?ia)\bjetson|\btegra\b|jetpack", text):
        facts["jetson"] = True
        facts.setdefault("system", "Linux")
    if re.search(r"(?ia)\bWSL ?2?\b|/usr/lib/wsl|microsoft-standard", text):
        facts["wsl"] = True
        if re.search(r"\.so\b|/home/|/usr/|~/|(?m:^\s*\$ )|(?i:ubuntu|debian)", text):
            facts["system"] = "Linux"  # Windows is only what it runs on
    if re.search(r"(?ia)\bdocker\b|容器|\bcontainer\b|\bkubernetes\b|\bpod\b", text):
        facts["container"] = "docker"
    if re.search(r"(?ia)\baistudio\b(?![_-]sdk)|ai studio", text):
        facts["hosted"] = "aistudio"
    elif re.search(r"(?ia)\bcolab\b|/content/", text):
        facts["hosted"] = "colab"
    elif re.search(r"(?ia)\bkaggle\b", text):
        facts["hosted"] = "kaggle"
    return facts


def _gpu(text: str, tables: Tables) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    capability = None
    # What a build supports is a list; the card has one.
    text = re.sub(r"(?ia)\bsm_\d{2,3}(?:[ ,]+(?:and )?(?:sm|compute)_\d{2,3})+", "", text)
    current = re.search(
        r"(?ia)current (?:gpu|machine) is (\d{2,3})\b|\bsm_(\d{2,3})\b"
        r"|compute capability\D{0,20}(\d{1,2}\.\d)",
        text,
    )
    if current:
        digits = current.group(1) or current.group(2)
        capability = current.group(3) or f"{digits[:-1]}.{digits[-1]}"
    name = None
    for pattern, value in tables.cards.items():
        card = re.search(pattern, text)
        if card:
            name, capability = card.group(0), capability or value
            break
    if capability:
        facts["devices"] = [
            {"name": name or f"sm_{capability.replace('.', '')}", "compute_capability": capability}
        ]
        facts["available"] = True
    driver = re.search(r"(?ia)driver(?: version)?\D{0,12}(\d{3}\.\d{2,3}(?:\.\d+)?)", text)
    if driver:
        facts["driver"] = driver.group(1)
    return facts


def importer(text: str) -> str | None:
    """The package whose code stood last in the traceback before the error line."""
    error = list(re.finditer(r"(?m)^[ \t]*\w*(?:Error|Exception|Warning)\b", text))
    head = text[: error[-1].start()] if error else text
    frames = [match["name"] for match in _FRAME.finditer(head)]
    return frames[-1] if frames else None


def merge(facts: Mapping[str, Any], clues: Mapping[str, Any]) -> dict[str, Any]:
    """The case: the facts of this machine, overlaid with what the text itself says."""
    case: dict[str, Any] = dict(facts)
    for key, value in clues.items():
        mine = case.get(key)
        if isinstance(value, Mapping) and isinstance(mine, Mapping):
            case[key] = merge(mine, value)
        elif value is not None:
            case[key] = value
    return case
