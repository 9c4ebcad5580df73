"""The plan, the wheel that fits a machine, the docker line, the constraints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import make_plan
from paddle_lab.environment.docker import docker_run, image_of
from paddle_lab.environment.freeze import constraints
from paddle_lab.environment.resolve import best_build, runs_on
from paddle_lab.environment.tables import load_tables

TABLES = load_tables()
SHEETS = Path(__file__).parent / "sheets"
HEALTHY: dict[str, Any] = json.loads((SHEETS / "cpu-linux.json").read_text("utf-8"))


MUSL = {"system": "Linux", "machine": "x86_64", "libc": {"name": "musl"}}


def machine(
    cards: str = "",
    driver: str | None = None,
    system: str = "Linux",
    arch: str = "x86_64",
    python: str = "3.11.7",
    flags: list[str] | None = None,
) -> dict[str, Any]:
    devices = [{"name": "card", "compute_capability": card} for card in cards.split()]
    return {
        "platform": {"system": system, "machine": arch},
        "python": {"version": python},
        "cpu": {"flags": ["avx"] if flags is None else flags},
        "gpu": {"available": bool(devices), "driver": driver, "devices": devices},
        "packages": {},
    }


@pytest.mark.parametrize(
    ("facts", "build", "requirement"),
    [
        (machine(), "cpu", "paddlepaddle==3.3.1"),
        (machine(arch="aarch64"), "cpu", "paddlepaddle==3.2.2"),
        (machine(system="Darwin", arch="arm64"), "cpu", "paddlepaddle==3.3.1"),
        (machine(system="Darwin", arch="x86_64"), "cpu", "paddlepaddle==3.0.0"),
        (machine(system="Windows", arch="AMD64"), "cpu", "paddlepaddle==3.3.1"),
        (machine(python="3.8.18"), "cpu", "paddlepaddle==3.0.0"),
        (machine("6.1", "535.54.03"), "cu118", "paddlepaddle-gpu==3.2.2"),
        (machine("7.0", "470.57.02"), "cu118", "paddlepaddle-gpu==3.2.2"),
        (machine("8.0", "550.90.07"), "cu126", "paddlepaddle-gpu==3.3.1"),
        (machine("8.0", "520.61.05"), "cu118", "paddlepaddle-gpu==3.2.2"),
        (machine("8.9", "560.35.03"), "cu126", "paddlepaddle-gpu==3.3.1"),
        (machine("9.0", "580.82.07"), "cu130", "paddlepaddle-gpu==3.3.1"),
        (machine("12.0", "576.88"), "cu129", "paddlepaddle-gpu==3.3.1"),
        (machine("8.6 8.9", "550.90.07"), "cu126", "paddlepaddle-gpu==3.3.1"),
        (machine("6.1 8.0", "580.82.07"), "cu118", "paddlepaddle-gpu==3.2.2"),
        (machine("8.0", None), "cu126", "paddlepaddle-gpu==3.3.1"),
        (machine("3.7", "470.57.02"), "cpu", "paddlepaddle==3.3.1"),
        (machine("9.0", "470.57.02"), "cpu", "paddlepaddle==3.3.1"),
        (machine("8.7", "540.4", arch="aarch64"), "cpu", "paddlepaddle==3.2.2"),
    ],
)
def test_the_build_for_a_machine(facts: dict[str, Any], build: str, requirement: str) -> None:
    found = best_build(facts, TABLES)
    assert (found.build, found.requirement) == (build, requirement)
    assert found.why.in_language("zh")
    assert (found.index or "").endswith(f"/{build}/") or build == "cpu"


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (machine(flags=["sse4_2"]), "AVX"),
        (machine("8.0", "550.90.07", flags=["sse4_2"]), "AVX"),
        (machine(python="3.14.0"), "3.14"),
        ({**machine(), "platform": MUSL}, "musl"),
        (machine(arch="riscv64"), "riscv64"),
    ],
)  # fmt: skip
def test_where_no_build_exists_the_reason_is_told(facts: dict[str, Any], word: str) -> None:
    found = best_build(facts, TABLES)
    assert found.requirement is None
    assert word in found.why.in_language("en")
    assert word in found.why.in_language("zh")


def test_binaries_run_on_newer_cards_of_the_same_generation_only() -> None:
    assert runs_on("8.9", ["8.0", "8.6"])
    assert not runs_on("9.0", ["8.0", "8.6"])
    assert not runs_on("8.0", ["8.6"])


def with_packages(**packages: str | None) -> dict[str, Any]:
    facts = json.loads(json.dumps(HEALTHY))
    for name, version in packages.items():
        key = name.replace("_", "-")
        if version is None:
            facts["packages"].pop(key, None)
        else:
            facts["packages"][key] = version
    return dict(facts)


def test_a_chain_is_mended_by_one_command() -> None:
    facts = with_packages(
        paddlenlp="2.8.1", aistudio_sdk="0.3.9", pyarrow="26.0.1", datasets="5.2.0"
    )
    plan = make_plan(facts)
    assert len(plan.steps) == 2
    assert '"aistudio-sdk<0.3"' in plan.commands[0]
    assert '"pyarrow<21"' in plan.commands[0]
    assert "paddlenlp==3.0.0b4" in plan.commands[0]
    assert "paddlepaddle" not in plan.commands[0], "Paddle itself is fine and stays"


def test_packages_that_exclude_the_plan_move_with_it() -> None:
    facts = with_packages(opencv_python="4.13.0", pyarrow="26.0.1")
    facts["requirements"]["opencv-python"] = ["numpy>=2; python_version >= '3.9'"]
    assert plan_line(facts).endswith("opencv-python")
    facts["requirements"]["opencv-python"] = ["numpy>=1.24"]
    assert not plan_line(facts).endswith("opencv-python")


def plan_line(facts: dict[str, Any]) -> str:
    return make_plan(facts).commands[0]


def test_both_builds_are_removed_before_one_is_installed() -> None:
    plan = make_plan(with_packages(paddlepaddle_gpu="3.3.1"))
    assert "uninstall" in plan.commands[0]
    assert "paddlepaddle paddlepaddle-gpu" in plan.commands[0]
    assert "paddlepaddle==3.3.1" in plan.commands[1]


def test_a_gpu_machine_with_the_cpu_build_gets_the_gpu_build_from_its_index() -> None:
    facts = json.loads((SHEETS / "gpu-cu126-a100.json").read_text("utf-8"))
    facts["packages"]["paddlepaddle"] = facts["packages"].pop("paddlepaddle-gpu")
    facts["paddle"].update(cuda=None, distributions=["paddlepaddle"])
    commands = make_plan(facts).commands
    assert "uninstall" in commands[0]
    assert commands[1].endswith("-i https://www.paddlepaddle.org.cn/packages/stable/cu126/")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"python": {"version": "3.14.0"}}, "3.14"),
        ({"python": {"version": "3.11.7", "externally_managed": True}}, "system"),
        ({"storage": {"site_packages": {"writable": False}}}, "written"),
        ({"packages": {"paddlenlp": "3.0.0b4", "paddleocr": "3.4.0"}}, "paddleocr"),
    ],
)
def test_what_cannot_be_mended_in_place_gets_an_environment_of_its_own(
    change: dict[str, Any], word: str
) -> None:
    facts = {**machine(), **change, "installers": {"uv": "uv"}}
    plan = make_plan(facts)
    assert plan.possible
    assert word in plan.steps[0].title.in_language("en")
    assert plan.commands[0] == "uv venv --python 3.11 .venv-paddle"
    target = "--python .venv-paddle/bin/python"
    assert plan.commands[1].startswith(f"uv pip install {target} paddlepaddle==3.3.1 ")
    assert plan.commands[-1] == f"paddle-lab env {target} --check"


@pytest.mark.parametrize(
    ("version", "commands"),
    [
        ("3.12.3", ["/usr/bin/python3 -m venv .venv-paddle"]),
        (
            "3.14.0",
            [
                "/usr/bin/python3 -m venv .venv-uv",
                ".venv-uv/bin/python -m pip install uv",
                ".venv-uv/bin/uv venv --python 3.11 .venv-paddle",
            ],
        ),
    ],
)
def test_without_uv_a_system_python_is_left_alone(version: str, commands: list[str]) -> None:
    python = {"version": version, "externally_managed": True, "executable": "/usr/bin/python3"}
    facts = {**machine(), "python": python, "installers": {"uv": None, "ensurepip": True}}
    found = make_plan(facts).commands
    assert found[: len(commands)] == commands
    assert ". .venv-paddle/bin/activate" in found, "what was made is used from then on"
    for command in found[len(commands) :]:
        assert ".venv-paddle/bin/" in command
        assert "/usr/bin/python3" not in command


def test_no_plan_where_no_build_exists() -> None:
    assert not make_plan(machine(flags=[])).possible
    plan = make_plan(machine(flags=["sse4_2"]))
    assert not plan.possible
    assert plan.commands == []
    assert plan.to_json()["requirement"] is None


def test_files_in_the_way_are_renamed_whatever_their_names() -> None:
    facts = {**HEALTHY, "shadows": [{"module": "paddle", "path": "~/my files; rm -rf x/paddle.py"}]}
    command = make_plan(facts).commands[0]
    assert command == "mv -n ~/'my files; rm -rf x/paddle.py' ~/'my files; rm -rf x/my_paddle.py'"
    facts = {**HEALTHY, "shadows": [{"module": "paddle", "path": "/nb/paddle/__init__.py"}]}
    assert make_plan(facts).commands[0] == "mv -n /nb/paddle /nb/my_paddle"


def test_the_commands_mean_this_environment_and_no_other() -> None:
    facts = with_packages(pyarrow="26.0.1")
    facts["python"]["executable"] = "~/my env/bin/python"
    assert plan_line(facts).startswith("~/'my env/bin/python' -m pip install")
    facts["packages"].pop("pip")
    assert plan_line(facts).startswith("uv pip install --python ~/'my env/bin/python'")


def test_the_docker_line_is_complete() -> None:
    gpu = docker_run(machine("9.0", "580.82.07"), TABLES)
    for part in (
        "--user $(id -u):$(id -g)",
        "--gpus all",
        "--shm-size=8g",
        "/workspace/data",
        "HOME=",
    ):
        assert part in gpu
    assert "3.3.0-gpu-cuda13.0-cudnn9.13" in gpu
    cpu = docker_run(machine(), TABLES)
    assert "--gpus" not in cpu
    assert image_of(machine(), TABLES) == "paddlepaddle/paddle:3.3.0"
    assert "baidubce" in image_of(machine(), TABLES, china=True)


def test_constraints_are_exact_and_hold_nothing_else() -> None:
    text = constraints({"packages": {"numpy": "1.26.4", "a\nb": "1", "x": "1; rm -rf /"}})
    assert "numpy==1.26.4" in text
    assert "rm -rf" not in text
    assert len(text.splitlines()) == 2
    assert constraints({}).startswith("#")
