"""Wheels of another Python or machine, by the tags that the installer kept."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest
from environment.made_site import install

from paddle_lab.environment.probes.wheels import foreign_wheels


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 7, "final", 0))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def look(site: Path, *tags: str, installer: str = "pip") -> list[str]:
    lines = "".join(f"Tag: {tag}\n" for tag in tags)
    info = install(site, "numpy", "1.26.4", installer=installer)
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\n{lines}", "utf-8")
    found = foreign_wheels([str(site)])
    return [tag for told in found.values() for tag in told["tags"]]


@pytest.mark.parametrize(
    "tag",
    [
        "py3-none-any",
        "py2.py3-none-any",
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp311-cp311-linux_x86_64",
        "cp38-abi3-manylinux_2_28_x86_64",
        "cp37.cp38-abi3-manylinux1_x86_64",
        "py3-none-manylinux2014_x86_64",
        "cp39-none-any",
        "cp311-cp311-musllinux_1_2_x86_64",
        "odd",
    ],
)
def test_wheels_for_this_python(tmp_path: Path, tag: str) -> None:
    assert look(tmp_path, tag) == []


@pytest.mark.parametrize(
    "tag",
    [
        "cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp312-cp312-manylinux_2_28_x86_64",
        "cp312-abi3-manylinux_2_28_x86_64",
        "cp311-cp311-win_amd64",
        "cp311-cp311-macosx_11_0_arm64",
        "cp311-cp311-manylinux_2_17_aarch64",
        "py2-none-any",
    ],
)
def test_wheels_for_others(tmp_path: Path, tag: str) -> None:
    assert look(tmp_path, tag) == [tag]
    assert look(tmp_path, tag, "py3-none-any") == [], "one that fits is enough"
    assert look(tmp_path, tag, installer="conda") == [], "it keeps the tags of another build"


def test_a_mac_with_its_own_chips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    for tag in ("macosx_11_0_arm64", "macosx_10_9_universal2", "macosx_10_9_x86_64"):
        assert look(tmp_path, f"cp311-cp311-{tag}") == []
    assert look(tmp_path, "cp311-cp311-manylinux_2_17_aarch64") != []
