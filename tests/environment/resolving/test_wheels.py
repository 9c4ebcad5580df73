"""Which Python and which platform a release has a wheel for."""

from __future__ import annotations

from typing import Any

import pytest
from environment.local_index import LocalIndex

from paddle_lab.environment.resolving.makers import Uv
from paddle_lab.environment.resolving.wheels import (
    platform_of,
    wanted_release,
    wheel_finding,
    wheels_of,
)

LINUX = "x86_64-unknown-linux-gnu"
ASKED = {"python": {"version": "3.13.1"}, "platform": {"system": "Linux", "machine": "x86_64"}}


@pytest.fixture
def released(index: LocalIndex) -> LocalIndex:
    """A package whose old release has wheels for old Pythons, and for Windows."""
    for tag in ("cp310-cp310-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_17_x86_64",
                "cp311-cp311-win_amd64"):  # fmt: skip
        index.add("deep", "2.0", tag=tag)
    index.add("deep", "3.0", tag="cp313-cp313-manylinux_2_17_x86_64")
    return index


@pytest.mark.slow
def test_the_matrix(released: LocalIndex, uv: str) -> None:
    found = wheels_of(Uv(uv), "deep", "2.0", "3.13", LINUX)
    assert not found.here
    assert found.pythons == ("3.10", "3.11")
    assert found.platforms == (LINUX, "x86_64-pc-windows-msvc")
    assert found.newest == "3.0"


@pytest.mark.slow
def test_the_way_out_stands_first_and_the_other_apart(released: LocalIndex, uv: str) -> None:
    text = "ERROR: No matching distribution found for deep==2.0"
    found = wheel_finding(text, ASKED, Uv(uv))
    assert found is not None
    assert found.commands == (
        "uv venv --python 3.11 .venv-deep",
        "uv pip install --python .venv-deep/bin/python deep==2.0",
    )
    (other,) = found.alternatives
    assert other.commands == ("python -m pip install deep==3.0",)
    assert "3.10, 3.11" in found.cause.in_language("en")
    assert "3.10, 3.11" in found.cause.in_language("zh")


def test_without_a_network_nothing_is_claimed(index: LocalIndex, uv: str) -> None:
    index.close()
    text = "ERROR: No matching distribution found for deep==2.0"
    assert wheel_finding(text, ASKED, Uv(uv)) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ERROR: No matching distribution found for deep==2.0\n", ("deep", "2.0")),
        ("Could not find a version that satisfies the requirement deep==2.0.1 (from versions: 3)",
         ("deep", "2.0.1")),
        ("× No solution found\n  Because deep==2.0 has no wheels with a matching", ("deep", "2.0")),
        ("Because there is no version of deep==2.0 and you require", ("deep", "2.0")),
        ("No matching distribution found for deep", None),
        ("ImportError: deep==2.0", None),
    ],
)  # fmt: skip
def test_which_release_was_not_found(text: str, wanted: Any) -> None:
    assert wanted_release(text) == wanted


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", LINUX),
        ("Linux", "aarch64", "aarch64-unknown-linux-gnu"),
        ("Windows", "AMD64", "x86_64-pc-windows-msvc"),
        ("Darwin", "arm64", "aarch64-apple-darwin"),
        ("Darwin", "x86_64", "x86_64-apple-darwin"),
    ],
)
def test_platforms_by_their_names(system: str, machine: str, name: str) -> None:
    assert platform_of({"platform": {"system": system, "machine": machine}}) == name
