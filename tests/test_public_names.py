"""The few names that people call: all there, all callable, whatever was imported before."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import paddle_lab

PACKAGES = ("api", "bundle", "commands", "data", "runs", "search", "training", "views")


@pytest.mark.parametrize("name", [name for name in paddle_lab.__all__ if name != "LiveCallback"])
def test_a_public_name_is_never_hidden_by_a_package(name: str) -> None:
    for package in PACKAGES:
        importlib.import_module(f"paddle_lab.{package}")
    found = getattr(paddle_lab, name)
    assert callable(found) or name == "__version__"


def test_runs_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path))
    assert paddle_lab.list_runs() == []


def test_another_name_is_an_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="finetun"):
        _ = paddle_lab.finetun
