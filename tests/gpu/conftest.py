"""The fake NVML library, compiled once, and processes that look at it through nvidia-ml-py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_nvml.build import FakeNvml, build, compiler

REPO = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def nvml_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if compiler() is None:
        pytest.skip("no C compiler: the fake NVML library cannot be built")
    return build(tmp_path_factory.mktemp("nvml"))


@pytest.fixture
def fake_nvml(nvml_library: Path, tmp_path: Path) -> Callable[..., FakeNvml]:
    """``fake_nvml(8, "3 lost 1")``: a scenario with eight GPUs, the fourth lost."""

    def make(gpus: int = 1, *lines: str) -> FakeNvml:
        fake = FakeNvml(nvml_library, tmp_path, gpus)
        fake.set(*lines)
        return fake

    return make


@pytest.fixture
def look() -> Callable[..., Any]:
    """Run code in a process that sees the scenario; it prints one JSON value, which is returned."""

    def run(fake: FakeNvml | None, code: str, **environment: str) -> Any:
        prelude = "import json, sys, time\nfrom paddle_lab.gpu.backends.nvml import NvmlBackend\n"
        env = {**os.environ, "PYTHONPATH": str(REPO), **(fake.environment if fake else {})}
        done = subprocess.run(
            [sys.executable, "-c", prelude + code],
            env={**env, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run
