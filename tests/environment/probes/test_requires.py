"""Which distribution asks what: all of them, with the extras that somebody asks for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from environment.made_site import install

from paddle_lab.environment.probes.requires import needed, requirements


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def test_every_distribution_is_asked(site: Path) -> None:
    install(site, "Any_Name", requires=["numpy<2", 'tomli; python_version < "3.11"'])
    install(site, "silent")
    assert requirements() == {"any-name": ["numpy<2", 'tomli; python_version < "3.11"']}


def test_extras_count_when_somebody_asks_for_them(site: Path) -> None:
    install(site, "app", requires=["lib[net]>=1"])
    install(
        site,
        "lib",
        requires=[
            "plain",
            'sockets; extra == "net"',
            "more[deep] ; extra == 'net'",
            'docs; extra == "doc"',
        ],
    )
    install(site, "more", requires=['depth; extra == "deep"', 'never; extra == "other"'])
    found = requirements()
    assert found["lib"] == ["plain", 'sockets; extra == "net"', "more[deep] ; extra == 'net'"]
    assert found["more"] == ['depth; extra == "deep"']


def test_the_first_on_the_path_counts(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path / "one"), str(tmp_path / "two")])
    install(tmp_path / "one", "lib", "2.0", requires=["new"])
    install(tmp_path / "two", "lib", "1.0", requires=["old"])
    assert requirements() == {"lib": ["new"]}


def test_what_a_root_needs_is_followed_to_the_end() -> None:
    wanted = {"a": ["b>=1", "C.d [x]; python_version > '3'"], "b": ["e"], "c-d": ["a"], "z": ["y"]}
    assert needed(wanted, ["a"]) == ["a", "b", "c-d", "e"]
