"""Healthy environments of many kinds get no finding of severity error, and a plan of no steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import all_findings, make_plan, read_facts, summary

SHEETS = sorted((Path(__file__).parent / "sheets").glob("*.json"))


def test_there_are_enough_kinds() -> None:
    names = {path.stem for path in SHEETS}
    assert len(names) >= 8
    for kind in ("cpu", "cu118", "cu126", "cu129", "cu130", "container", "wsl", "macos"):
        assert any(kind in name for name in names), kind


@pytest.mark.parametrize("path", SHEETS, ids=[path.stem for path in SHEETS])
def test_no_false_finding(path: Path) -> None:
    facts = read_facts(path)
    found = [(finding.severity, finding.id) for finding in all_findings(facts)]
    assert [entry for entry in found if entry[0] == "error"] == []
    assert [entry for entry in found if entry[0] == "warning"] == []
    state = summary(facts)
    assert state["light"] == "grey"
    assert state["headline"].in_language("en") != state["headline"].in_language("zh")
    tried = {**facts, "imports": {"results": [imported("paddle"), imported("paddlenlp")]}}
    assert summary(tried)["light"] == "green"


def imported(name: str) -> dict[str, Any]:
    return {"name": name, "ok": True, "seconds": 1.0, "version": "1", "text": ""}


@pytest.mark.parametrize("path", SHEETS, ids=[path.stem for path in SHEETS])
def test_nothing_to_do(path: Path) -> None:
    plan = make_plan(read_facts(path))
    assert plan.possible
    assert plan.commands == []


def test_a_sheet_that_is_healthy_turns_red_when_it_breaks() -> None:
    facts: dict[str, Any] = json.loads(SHEETS[0].read_text("utf-8"))
    facts["packages"]["aistudio-sdk"] = "0.3.9"
    state = summary(facts)
    assert state["light"] == "red"
    assert state["first"].id == "aistudio-download"
    assert state["errors"] == 1
