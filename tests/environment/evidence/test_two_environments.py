"""Packages of another environment become a finding that names them, the folder and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import all_findings
from paddle_lab.environment.evidence import evidence_findings


def site(kind: str, foreign: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "path": "/other/lib/python3.9/site-packages",
        "kind": kind,
        "python": "3.9",
        "foreign": foreign,
        "packages": {"numpy": "2.0.2"},
        **more,
    }


def facts(*sites: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"sites": list(sites), "python": {"version": "3.11.7", "virtual": True}, **more}


@pytest.mark.parametrize(
    ("entry", "command"),
    [
        (site("PYTHONPATH"), "unset PYTHONPATH"),
        (site("pth", file="/env/mine.pth"), "mv -n /env/mine.pth /env/mine.pth.off"),
        (site("user"), "export PYTHONNOUSERSITE=1"),
    ],
)
def test_it_is_named_with_its_packages_and_taken_off(entry: dict[str, Any], command: str) -> None:
    (found,) = evidence_findings(facts(entry))
    assert found.severity == "error"
    title = "numpy 2.0.2 come from another environment: /other/lib/python3.9/site-packages"
    assert found.title.in_language("en") == title
    assert "Python 3.9" in found.cause.in_language("en")
    assert "Python 3.11" in found.cause.in_language("zh")
    assert found.commands == (command,)


def test_a_folder_that_gives_nothing_to_paddle_is_a_warning() -> None:
    (found,) = evidence_findings(facts(site("PYTHONPATH", packages={})))
    assert found.severity == "warning"


@pytest.mark.parametrize("kind", ["environment", "base", "path", "user", "PYTHONPATH", "pth"])
def test_folders_of_this_environment_are_no_finding(kind: str) -> None:
    assert evidence_findings(facts(site(kind, foreign=False))) == []


TWICE = {
    "numpy": [
        {"version": "2.0.2", "site": "/other/lib/python3.9/site-packages"},
        {"version": "1.26.4", "site": "/env/site-packages"},
    ]
}


@pytest.mark.parametrize(
    ("python", "ok", "severity"),
    [
        ({"virtual": True}, None, ["warning"]),
        ({"conda": True}, None, ["warning"]),
        ({"conda": True}, False, ["error"]),
        ({}, None, []),
        ({}, False, ["error"]),
    ],
    ids=["venv", "conda", "conda that fails", "system", "system that fails"],
)
def test_the_users_folder_before_an_environment(
    python: dict[str, Any], ok: bool | None, severity: list[str]
) -> None:
    sheet = facts(site("user", foreign=False), package_problems={"twice": TWICE}, python=python)
    if ok is not None:
        sheet["imports"] = {"results": [{"name": "paddle", "ok": ok}]}
    found = evidence_findings(sheet)
    assert [finding.severity for finding in found] == severity
    assert all(finding.evidence == ("numpy 1.26.4 (2.0.2)",) for finding in found)


def test_no_rule_says_it_again() -> None:
    sheet = facts(
        site("PYTHONPATH"), variables={"PYTHONPATH": "/other/lib/python3.9/site-packages"}
    )
    assert "pythonpath-mixes" not in [found.id for found in all_findings(sheet)]
