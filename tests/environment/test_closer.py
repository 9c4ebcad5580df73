"""The closer look of another interpreter: contents and bytecode, or nothing where it fails."""

from __future__ import annotations

import importlib.util
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest
from environment.made_site import install

from paddle_lab.environment.closer import look_closer

SOURCE = b"value = {'a': [1, 2, 3]}\n"


@pytest.mark.slow
def test_it_reads_the_environment_of_that_interpreter(tmp_path: Path) -> None:
    home = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = next(home.glob("[bS]*/python*"))
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    told = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    site = Path(told.stdout.strip())
    names = {"paddle/__init__.py": SOURCE, "paddle/a.py": SOURCE, "paddle/b.py": SOURCE}
    install(site, "paddlepaddle", "3.3.1", names)
    assert look_closer(python)["damaged"] == {}
    (site / "paddle/a.py").write_bytes(bytes(len(SOURCE)))
    compiled = Path(importlib.util.cache_from_source(str(site / "paddle/b.py")))
    py_compile.compile(str(site / "paddle/b.py"), str(compiled))
    compiled.write_bytes(compiled.read_bytes()[:-9])
    found = look_closer(python)
    assert [file["path"] for file in found["damaged"]["paddlepaddle"]["files"]] == ["paddle/a.py"]
    (row,) = found["bytecode"]
    assert row["source"].endswith("paddle/b.py")
    assert row["compiled"].endswith(".pyc")
    other = b"value = {'a': [1, 2, 4]}\n"
    (site / "paddle/c.py").write_bytes(other)
    compiled = Path(importlib.util.cache_from_source(str(site / "paddle/c.py")))
    py_compile.compile(str(site / "paddle/c.py"), str(compiled))
    compiled.write_bytes(compiled.read_bytes().replace(b"\x04", b"\x05"))
    assert len(look_closer(python)["bytecode"]) == 1, "it can be read"
    text = f'  File "{site}/paddle/c.py", line 1 in <module>'
    assert len(look_closer(python, text)["bytecode"]) == 2, "it is of other code"


def test_an_interpreter_that_does_not_start_tells_nothing(tmp_path: Path) -> None:
    assert look_closer(tmp_path / "none") == {}
