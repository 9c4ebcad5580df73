"""Registries: found by files and entry points, close names, and a plugin that is broken."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paddle_lab.errors import EnvError, UsageError
from paddle_lab.plugins import Plugins
from paddle_lab.tasks import TASKS


def test_entries_are_the_packages_that_are_there() -> None:
    assert "classify" in TASKS.names()
    assert TASKS.get("classify") is TASKS.get("classify")
    assert [task.name for task in TASKS] == TASKS.names()


def test_names_import_nothing() -> None:
    code = (
        "import sys; from paddle_lab.tasks import TASKS; TASKS.names();"
        "print('paddle_lab.tasks.classify' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_unknown_name_names_the_closest_and_all() -> None:
    with pytest.raises(UsageError) as caught:
        TASKS.get("clasify")
    assert "Did you mean classify?" in caught.value.in_language("en")
    assert caught.value.code == "usage.unknown_name"


def test_a_broken_plugin_is_one_clear_error_and_hurts_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built_in = TASKS.names()
    point = importlib.metadata.EntryPoint("odd", "no_such_module:TASK", TASKS.group)
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda group: [point] if group == TASKS.group else []
    )
    assert TASKS.names() == [*built_in, "odd"]
    with pytest.raises(EnvError, match="no_such_module"):
        TASKS.get("odd")
    assert TASKS.get("classify").name == "classify"


def test_a_built_in_entry_goes_before_an_installed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = TASKS.names()
    point = importlib.metadata.EntryPoint("classify", "no_such_module:TASK", TASKS.group)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [point])
    fresh = Plugins[object](TASKS.package, TASKS.group, "TASK", TASKS.kind, packages=True)
    assert fresh.names() == built_in and fresh.get("classify") is TASKS.get("classify")


def test_a_package_that_is_installed_meanwhile_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "late" not in TASKS.names()
    info = tmp_path / "late-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: late\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[paddle_lab.tasks]\nlate = late_task:TASK\n")
    os.utime(tmp_path, (1e9, 1e9))  # file systems may count in whole seconds
    assert "late" in TASKS.names()
    (tmp_path / "late_task.py").write_text("TASK = 'the late one'\n")
    monkeypatch.setattr(TASKS, "_loaded", {})
    assert TASKS.get("late") == "the late one"


def test_installed_packages_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: read.append(group) or [])
    for _ in range(5):
        TASKS.names()
    assert read == [TASKS.group]
