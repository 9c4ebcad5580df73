"""Commands for a system or tool need a sign of it, and are written as that system takes them."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.signs import fitting

LINUX: dict[str, Any] = {"platform": {"system": "Linux", "wsl": False, "container": None}}
WINDOWS: dict[str, Any] = {"platform": {"system": "Windows"}}
MAC: dict[str, Any] = {"platform": {"system": "Darwin"}}
WSL: dict[str, Any] = {"platform": {"system": "Linux", "wsl": True}}
CONTAINER: dict[str, Any] = {"platform": {"system": "Linux", "container": "docker"}}
CONDA: dict[str, Any] = {"platform": {"system": "Linux"}, "python": {"conda": True}}


@pytest.mark.parametrize(
    ("command", "with_sign", "without"),
    [
        ("conda install -y libstdcxx-ng", CONDA, LINUX),
        ("docker run --shm-size=8g ...", CONTAINER, LINUX),
        ("brew install libomp", MAC, LINUX),
        ("wsl --shutdown", WSL, LINUX),
        ("winget install Python.Python.3.11", WINDOWS, MAC),
        ("apt-get update && apt-get install -y libgl1", LINUX, WINDOWS),
        ("sudo reboot", LINUX, WINDOWS),
    ],
)
def test_a_command_needs_a_sign_of_its_system_or_tool(
    command: str, with_sign: dict[str, Any], without: dict[str, Any]
) -> None:
    assert fitting(command, with_sign) == command
    assert fitting(command, without) == ""


def test_a_variable_is_set_as_the_terminals_of_windows_do() -> None:
    assert fitting("export A=1 B=x", WINDOWS) == '$env:A="1"; $env:B="x"'
    assert fitting("export A=1 B=x", LINUX) == "export A=1 B=x"
    assert "Env:A" in fitting("unset A", WINDOWS)


def test_no_finding_for_a_plain_linux_text_speaks_of_other_systems() -> None:
    text = "ImportError: /usr/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found"
    (first, *_) = explain(text, LINUX).findings
    said = " ".join((*first.commands, *(c for one in first.alternatives for c in one.commands)))
    assert said and "conda install" not in said and "docker" not in said


def test_a_container_without_gpu_is_started_with_the_cards_and_their_image() -> None:
    text = "docker: nvidia-smi works on the host, run_check finds no GPU in the container"
    (first, *_) = explain(text, {}).findings
    said = "\n".join(first.commands)
    assert first.id == "container-without-gpu"
    assert "--gpus all" in said and "-gpu-cuda" in said
