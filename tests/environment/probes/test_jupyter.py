"""Kernels in Jupyter's own order, and what the Python of each holds."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment.probes import jupyter as probe
from paddle_lab.environment.probes.jupyter import has_paddle, kernels


class Places:
    """A home, an environment with Jupyter, and others."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.home, self.env = root / "home", root / "env"
        for name in ("JUPYTER_PATH", "JUPYTER_DATA_DIR", "XDG_DATA_HOME", "CONDA_PREFIX"):
            patch.delenv(name, raising=False)
        patch.delenv("JUPYTER_PREFER_ENV_PATH", raising=False)
        patch.setenv("HOME", str(self.home))
        patch.setattr(sys, "prefix", str(self.env))
        patch.setattr(sys, "base_prefix", str(root / "base"))
        patch.setattr(probe, "_here", lambda: str(self.env / "bin/python"))
        patch.setattr(probe.platform, "system", lambda: "Linux")
        self.python(self.env, paddle=True)

    def python(self, prefix: Path, *, paddle: bool, settings: str | None = "") -> str:
        site = prefix / "lib/python3.11/site-packages"
        (site / "paddle" if paddle else site).mkdir(parents=True)
        (prefix / "bin").mkdir()
        (prefix / "bin/python").touch()
        if settings is not None:
            (prefix / "pyvenv.cfg").write_text(settings, "utf-8")
        return str(prefix / "bin/python")

    def kernel(self, folder: Path, python: str, name: str = "python3", **more: Any) -> None:
        at = folder / "kernels" / name
        at.mkdir(parents=True)
        spec = {"argv": [python, "-m", "ipykernel_launcher"], "language": "python", **more}
        (at / "kernel.json").write_text(json.dumps(spec), "utf-8")

    @property
    def users(self) -> Path:
        return self.home / ".local/share/jupyter"

    @property
    def own(self) -> Path:
        return self.env / "share/jupyter"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    if os.name == "nt":
        pytest.skip("the folders are those of Linux")
    return Places(tmp_path, monkeypatch)


def found(name: str = "python3") -> dict[str, Any]:
    return next(entry for entry in kernels() if entry["name"] == name)


@pytest.mark.parametrize(
    ("wish", "virtual", "own_first"),
    [
        (None, True, True),
        (None, False, False),
        ("0", True, False),
        ("no", True, False),
        ("1", False, True),
    ],
)
def test_whose_kernel_is_taken(
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
    wish: str | None,
    virtual: bool,
    own_first: bool,
) -> None:
    other = places.python(places.home / "other", paddle=False)
    places.kernel(places.users, other)
    places.kernel(places.own, "python")
    if wish is not None:
        monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", wish)
    if not virtual:
        monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    entry = found()
    assert (entry["here"], entry["paddle"], entry["user"]) == (own_first, own_first, not own_first)


def test_jupyter_path_goes_before_all(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.kernel(places.own, "python")
    places.kernel(tmp_path / "course", str(tmp_path / "gone/bin/python"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "course"))
    assert found()["exists"] is False


def test_kernels_of_other_languages_and_odd_files_are_passed_over(places: Places) -> None:
    places.kernel(places.users, "R", "ir", language="R")
    places.kernel(places.users, "python", "odd", argv=[])
    (places.users / "kernels/broken").mkdir()
    (places.users / "kernels/broken/kernel.json").write_text("{", "utf-8")
    names = [entry["name"] for entry in kernels()]
    assert not {"ir", "odd", "broken"} & set(names)


@pytest.mark.parametrize(
    ("settings", "paddle", "answer"),
    [
        ("include-system-site-packages = false\n", True, True),
        ("include-system-site-packages = false\n", False, False),
        ("include-system-site-packages = true\n", False, None),
        (None, True, True),
        (None, False, False),
    ],
)
def test_has_that_python_paddle(
    places: Places, tmp_path: Path, settings: str | None, paddle: bool, answer: bool | None
) -> None:
    assert has_paddle(places.python(tmp_path / "o", paddle=paddle, settings=settings)) is answer


@pytest.mark.parametrize("program", ["/no/such/bin/python", "/usr/bin/env", "/shims/pip"])
def test_what_cannot_be_known_is_not_said(places: Places, program: str) -> None:
    assert has_paddle(program) is None


def test_the_users_folder_counts_for_a_python_that_is_no_environment(
    places: Places, tmp_path: Path
) -> None:
    python = places.python(tmp_path / "o", paddle=False, settings=None)
    (places.home / ".local/lib/python3.11/site-packages/paddle").mkdir(parents=True)
    assert has_paddle(python) is True
