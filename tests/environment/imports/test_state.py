"""The key of an environment changes with all that an import depends on, and with nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from paddle_lab.environment.imports import state
from paddle_lab.environment.imports.state import state_key


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Site-packages of the test's own with one package, and an empty working folder."""
    folder = tmp_path / "site-packages"
    (folder / "numbers_of_mine-1.0.dist-info").mkdir(parents=True)
    (folder / "numbers_of_mine").mkdir()
    (folder / "numbers_of_mine" / "__init__.py").write_text("")
    (folder / "paddle" / "base").mkdir(parents=True)
    (folder / "paddle" / "base" / "libpaddle.so").write_bytes(b"1234")
    (folder / "one.pth").write_text("")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(state, "site_folders", lambda: [str(folder)])
    return folder


def shadow_of_the_standard_library(site: Path) -> None:
    Path("random.py").write_text("")


def shadow_of_an_installed_package(site: Path) -> None:
    Path("numbers_of_mine").mkdir()
    Path("numbers_of_mine/__init__.py").write_text("")


def shadow_on_the_path(site: Path) -> None:
    folder = site.parent / "mine"
    folder.mkdir()
    (folder / "numbers_of_mine.py").write_text("")
    os.environ["PYTHONPATH"] = str(folder)


CHANGES: list[Callable[[Path], object]] = [
    lambda site: (site / "other-2.0.dist-info").mkdir(),
    lambda site: (site / "numbers_of_mine-1.0.dist-info" / "RECORD").write_text(""),
    lambda site: (site / "numbers_of_mine").rename(site / "~umbers_of_mine"),
    lambda site: (site / "one.pth").write_text("/elsewhere"),
    lambda site: (site / "loose.py").write_text("x = 1"),
    lambda site: (site / "paddle" / "base" / "libpaddle.so").write_bytes(b"12"),
    lambda site: os.environ.__setitem__("LD_LIBRARY_PATH", "/elsewhere"),
    lambda site: os.environ.__setitem__("PYTHONNOUSERSITE", "1"),
    shadow_of_the_standard_library,
    shadow_of_an_installed_package,
    shadow_on_the_path,
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_an_import_depends_on_changes_the_key(
    change: Callable[[Path], object], site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LD_LIBRARY_PATH", "PYTHONNOUSERSITE", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "")  # taken back afterwards
    before = state_key()
    change(site)
    assert state_key() != before


def test_what_an_import_itself_writes_does_not(site: Path) -> None:
    before = state_key()
    (site / "numbers_of_mine" / "__pycache__").mkdir()
    (site / "numbers_of_mine" / "__pycache__" / "__init__.cpython-311.pyc").write_bytes(b"1")
    assert state_key() == before


def test_a_persons_own_scripts_and_other_folders_do_not(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_key()
    Path("train.py").write_text("import paddle")
    Path("random").mkdir()  # without __init__.py it hides nothing
    assert state_key() == before
    monkeypatch.chdir(site.parent)
    assert state_key() == before
    monkeypatch.setenv("MPLBACKEND", "agg")  # a kernel has variables that its server has not
    assert state_key() == before


def test_the_file_alone_tells_the_key_of_another_interpreter() -> None:
    told = subprocess.run(
        [sys.executable, state.__file__], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == state_key()


def test_a_folder_that_cannot_be_read_is_passed_over(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "site_folders", lambda: [str(site), "/nowhere"])
    assert len(state_key()) == 32
