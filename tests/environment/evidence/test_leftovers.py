"""Interrupted upgrades: metadata that stand twice in one folder, with whose files are there."""

from __future__ import annotations

import json
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
    assert [finding.id for finding in all_findings(facts(site))].count("set-aside") == 1


@pytest.mark.parametrize("there", [True, False])
def test_a_link_to_a_folder_that_was_moved(site: Path, tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "Paddle NLP"
    if there:
        folder.mkdir()
    info = next(site.glob("paddlenlp-*.dist-info"))
    given = {"url": folder.as_uri(), "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(given), encoding="utf-8")
    found = [one for one in evidence_findings(facts(site)) if one.id == "link-to-nowhere"]
    assert bool(found) is not there
    for one in found:
        assert str(folder) in one.title.in_language("en")
        assert "--force-reinstall --no-deps paddlenlp==3.0.0b4" in one.commands[0]


@pytest.mark.parametrize("given", ["", "[1]", '{"url": 3, "dir_info": {"editable": true}}', "{"])
def test_an_odd_link_says_nothing(site: Path, given: str) -> None:
    info = next(site.glob("paddlenlp-*.dist-info"))
    (info / "direct_url.json").write_text(given, encoding="utf-8")
    assert facts(site)["package_problems"]["moved"] == {}


def test_an_upgrade_that_was_interrupted_is_installed_over(site: Path) -> None:
    (site / "~umpy").mkdir()
    (next(site.glob("numpy-*.dist-info")) / "RECORD").unlink()
    found = evidence_findings({**facts(site), "packages": {**facts(site)["packages"], "pip": "26"}})
    assert [one.id for one in found] == ["installation-unfinished", "set-aside"]
    assert "--ignore-installed --no-deps numpy==1.26.4" in found[0].commands[0]


def test_a_package_of_the_system_without_a_record_is_no_interrupted_one(site: Path) -> None:
    (site / "~pyarrow").mkdir()
    (next(site.glob("numpy-*.dist-info")) / "RECORD").unlink()
    assert facts(site)["package_problems"]["unfinished"] == []
