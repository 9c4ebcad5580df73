"""One interpreter for all experiments; each test fills it with its own packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from small_environment import PADDLE, Environment, remove


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment without pip; each test copies nothing but its packages."""
    folder = tmp_path_factory.mktemp("interpreter") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder


@pytest.fixture
def environment(interpreter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Packages that work, in an interpreter of its own, and an empty working folder."""
    packages = next(interpreter.glob("lib/python3*/site-packages"))
    for old in packages.iterdir():
        remove(old)
    here = tmp_path / "work"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    made = Environment(interpreter / "bin" / "python", packages, here)
    made.write("paddle/__init__.py", PADDLE)
    made.write("helper.py", "value = 1\n")
    return made
