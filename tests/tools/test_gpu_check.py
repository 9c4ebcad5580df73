"""The device check, over a fake driver and an nvidia-smi that prints in the real one's form."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_nvml.build import FakeNvml, build, compiler

REPOSITORY = Path(__file__).resolve().parents[2]
CHECK = REPOSITORY / "tools" / "gpu_check.py"
#: As the fake driver names them.
UUID = "GPU-fa4e0000-0000-0000-0000-{:012d}"
NVIDIA_SMI = """#!{python}
import sys
rows = {{{rows}}}
asked = sys.argv[1].partition("=")[2].split(",")
for row in rows[sys.argv[1].partition("=")[0]]:
    print(", ".join(row.get(name, "[N/A]") for name in asked))
"""
Check = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.slow


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Run parts of the check; nvidia-smi says ``used`` MiB of both GPUs."""
    if compiler() is None:
        pytest.skip("no C compiler: the fake NVML library cannot be built")
    fake = FakeNvml(build(tmp_path), tmp_path, gpus=2)
    fake.set("* used 2048", "* total 81920", "* util 40", "* temp 55", "* watts 200")
    environment = {**os.environ, **fake.environment, "PYTHONPATH": str(REPOSITORY)}

    def run(*parts: str, used: int) -> subprocess.CompletedProcess[str]:
        rows = [
            {"index": str(number), "uuid": UUID.format(number), "name": "a GPU",
             "memory.total": "81920", "memory.used": str(used), "utilization.gpu": "40",
             "temperature.gpu": "55", "power.draw": "200.00", "driver_version": "550.1",
             "mig.mode.current": "Disabled"}
            for number in range(2)
        ]  # fmt: skip
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir(exist_ok=True)
        content = NVIDIA_SMI.format(python=sys.executable, rows=f"'--query-gpu': {rows!r}")
        program.write_text(content, encoding="utf-8")
        program.chmod(0o755)
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [sys.executable, str(CHECK), "--parts", *parts],
            capture_output=True, text=True, env={**environment, "PATH": path},
        )  # fmt: skip

    return run


def test_readings_that_are_the_drivers_pass(check: Check) -> None:
    done = check("Readings beside nvidia-smi", "MIG", used=2048)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("| equal |") == 2 * 5
    assert "GPU 1: MIG Disabled" in done.stdout and "slices that we see: none" in done.stdout


def test_one_that_is_not_is_marked(check: Check) -> None:
    done = check("Readings beside nvidia-smi", used=4096)
    assert done.returncode == 1
    assert done.stdout.count("| memory.used | 4096 | 2048 | **differs** |") == 2


def test_what_cannot_be_tried_here_is_said_to_be_left_out(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(CHECK), "--parts", "Owners of a real process"],
        capture_output=True, text=True, env={**os.environ, "PATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0
    assert "Left out: nvidia-smi is not on this machine." in done.stdout
