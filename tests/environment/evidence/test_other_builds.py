"""Wheels of another Python, system or processor: which fit, what is said of those that do not."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any

import pytest
from environment.made_site import install

from paddle_lab.environment.evidence import other_builds
from paddle_lab.environment.probes.builds import builds, fits
from paddle_lab.environment.probes.packages import versions
from paddle_lab.environment.probes.requires import requirements


@pytest.fixture(autouse=True)
def python_311(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 7, "final", 0))
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


@pytest.mark.parametrize(
    ("tag", "right"),
    [
        ("py3-none-any", True),
        ("py2.py3-none-any", True),
        ("cp311-cp311-manylinux_2_17_x86_64", True),
        ("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", True),
        ("cp38-abi3-manylinux_2_28_x86_64", True),
        ("py3-none-manylinux1_x86_64", True),
        ("cp39-cp39-manylinux_2_17_x86_64", False),
        ("cp312-abi3-manylinux_2_28_x86_64", False),
        ("cp311-cp311-manylinux_2_17_aarch64", False),
        ("cp311-cp311-macosx_11_0_arm64", False),
        ("cp311-cp311-win_amd64", False),
        ("cp27-cp27mu-manylinux1_x86_64", False),
        ("pp310-pypy310_pp73-manylinux_2_17_x86_64", False),
        ("something-else", True),
    ],
)
def test_which_wheels_this_python_takes(tag: str, right: bool) -> None:
    assert fits(tag) == right


@pytest.mark.parametrize(
    ("system", "machine", "tag"),
    [
        ("Windows", "AMD64", "cp311-cp311-win_amd64"),
        ("Darwin", "arm64", "cp311-cp311-macosx_11_0_universal2"),
        ("Darwin", "arm64", "cp311-cp311-macosx_11_0_arm64"),
        ("Linux", "aarch64", "cp311-cp311-manylinux2014_aarch64"),
    ],
)
def test_other_systems(
    system: str, machine: str, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert fits(tag)
    assert fits("py3-none-any")


def site(folder: Path, tag: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    install(folder, "paddlenlp", "3.0.0b4", requires=["numpy<=1.26.4"])
    for name in ("numpy", "pygame"):
        info = install(folder, name, "1.26.4")
        (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n", "utf-8")
    monkeypatch.setattr(sys, "path", [str(folder)])
    return {
        "packages": versions(),
        "requirements": requirements(),
        "builds": builds(),
        "python": {"executable": "/e/bin/python"},
    }


def test_a_package_of_the_stack_is_named_with_its_tag_and_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = site(tmp_path / "site-packages", "cp39-cp39-manylinux2014_x86_64", monkeypatch)
    (found,) = other_builds.findings(facts)
    assert (found.severity, found.certainty, found.about) == ("error", "confirmed", ("numpy",))
    assert "numpy 1.26.4" in found.title.in_language("zh")
    assert "cp39-cp39" in found.evidence[0]
    assert "CPython 3.11, Linux x86_64" in found.cause.in_language("en")
    assert "--force-reinstall --no-deps numpy==1.26.4" in found.commands[0]
    works = {"results": [{"name": "paddle", "ok": True}, {"name": "paddlenlp", "ok": True}]}
    assert other_builds.findings({**facts, "imports": works})[0].severity == "warning"


def test_a_wheel_of_this_python_gives_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = site(tmp_path / "site-packages", "cp311-cp311-manylinux2014_x86_64", monkeypatch)
    assert other_builds.findings(facts) == []
    assert other_builds.findings({}) == []
