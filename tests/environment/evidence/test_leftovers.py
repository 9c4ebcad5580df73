"""Interrupted upgrades: metadata that stand twice in one folder, with whose files are there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from environment.made_site import install

from paddle_lab.environment import all_findings
from paddle_lab.environment.evidence import evidence_findings
from paddle_lab.environment.probes.files import files
from paddle_lab.environment.probes.packages import problems, versions
from paddle_lab.environment.probes.requires import requirements

OLD = {"numpy/__init__.py": b"version = '1.26.4'\n", "numpy/core.py": b"old = 1\n"}
NEW = {"numpy/__init__.py": b"version = '2.2'\n", "numpy/_core.py": b"new = 22\n"}


def facts(site: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(site)])
        return {
            "packages": versions(),
            "requirements": requirements(),
            "files": files(),
            "package_problems": problems(),
            "python": {"executable": "/e/bin/python"},
        }


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site-packages"
    install(folder, "paddlenlp", "3.0.0b4", requires=["numpy<=1.26.4"])
    install(folder, "numpy", "1.26.4", OLD)
    return folder


def test_one_installation_leaves_nothing(site: Path) -> None:
    assert evidence_findings(facts(site)) == []


def test_whose_files_are_there_is_said(site: Path) -> None:
    install(site, "numpy", "2.2", NEW)
    install(site, "numpy", "1.26.4", OLD)
    (found,) = evidence_findings(facts(site))
    assert (found.id, found.severity) == ("installed-twice", "warning")
    assert "the files are those of 1.26.4" in found.title.in_language("en")
    assert found.commands == (
        "/e/bin/python -m pip uninstall -y numpy",
        "/e/bin/python -m pip uninstall -y numpy",
        "/e/bin/python -m pip install numpy==1.26.4",
    )


def test_files_of_both_are_an_error(site: Path) -> None:
    install(site, "numpy", "2.2", NEW)
    found = next(f for f in evidence_findings(facts(site)) if f.id == "installed-twice")
    assert "2.2" in found.title.in_language("zh")
    (site / "numpy/_core.py").write_bytes(b"")
    mixed = next(f for f in evidence_findings(facts(site)) if f.id == "installed-twice")
    assert mixed.severity == "error"
    assert "its files are mixed" in mixed.title.in_language("en")
    assert mixed.commands[-1] == '/e/bin/python -m pip install "numpy<=1.26.4"'


def test_what_pip_set_aside_is_told_once(site: Path) -> None:
    (site / "~umpy").mkdir()
    (found,) = evidence_findings(facts(site))
    assert (found.id, found.severity, found.evidence) == ("set-aside", "warning", ("~umpy",))
    assert "pip-remains" not in [finding.id for finding in all_findings(facts(site))]
