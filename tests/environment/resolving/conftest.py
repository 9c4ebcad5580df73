"""An index on this machine, the uv that made this environment, and a small broken one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from environment.local_index import LocalIndex

from paddle_lab.environment import collect_from
from paddle_lab.environment.probes.installers import find_uv


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalIndex]:
    """The only index that uv and pip know."""
    made = LocalIndex()
    made.use(monkeypatch, str(tmp_path / "uv-cache"))
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip-cache"))
    yield made
    made.close()


@pytest.fixture
def uv() -> str:
    """The program uv."""
    found = find_uv()
    if found is None:
        pytest.skip("uv is not installed: pip install uv")
    return found


class Small:
    """An environment of tiny packages, in which ``paddlenlp`` is older than what it calls."""

    def __init__(self, folder: Path, index: LocalIndex, uv: str) -> None:
        self.folder = folder
        self.index = index
        self.uv = uv
        self.python = str(folder / "bin" / "python")
        calls = "from helper import old_name\nfrom tool import old_tool\n"
        index.add("paddlenlp", "3.0.0b4", "helper", "tool", date="2025-03-12",
                  modules={"paddlenlp.py": calls})  # fmt: skip
        for name, thing in (("helper", "old_name"), ("tool", "old_tool")):
            index.add(name, "0.9", date="2024-01-01", modules={f"{name}.py": f"{thing} = 0\n"})
            index.add(name, "1.0", date="2025-02-01", modules={f"{name}.py": f"{thing} = 1\n"})
            index.add(name, "2.0", date="2026-01-01", modules={f"{name}.py": "new = 2\n"})
        index.add("bystander", "5.0", "helper>=0.5", date="2026-06-01")
        self.run("venv", "-q", "--python", sys.executable, str(folder))
        self.install("paddlenlp==3.0.0b4", "helper==2.0", "tool==2.0", "bystander==5.0")

    def run(self, *words: str) -> None:
        subprocess.run([self.uv, *words], check=True, capture_output=True)

    def install(self, *packages: str) -> None:
        """Into this environment."""
        self.run("pip", "install", "-q", "--python", self.python, *packages)

    def facts(self) -> dict[str, Any]:
        """Its fact sheet."""
        return collect_from(self.python)

    def check(self, path: str = "") -> dict[str, Any]:
        """Import ``paddlenlp`` there: what the check does, without Paddle."""
        environ = {**os.environ, "PYTHONPATH": path}
        call = [self.python, "-c", "import paddlenlp"]
        done = subprocess.run(call, env=environ, capture_output=True, text=True)
        return {"ok": done.returncode == 0, "text": done.stderr}


@pytest.fixture
def small(tmp_path: Path, index: LocalIndex, uv: str) -> Small:
    """The environment, freshly made."""
    return Small(tmp_path / "small", index, uv)
