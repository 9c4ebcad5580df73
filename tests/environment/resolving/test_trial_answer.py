"""What ``--try`` and ``--dry-run`` answer: when there is something to try, and when not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from environment.local_index import LocalIndex

from paddle_lab.commands import Context
from paddle_lab.commands.env import build_parser, execute
from paddle_lab.environment.resolving import trial_answer
from paddle_lab.environment.resolving.changes import Change
from paddle_lab.environment.resolving.try_out import Attempt, Proposal, Trials
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T

SHEETS = Path(__file__).parents[1] / "sheets"
PROPOSAL = Proposal(T("pyarrow as of 2025", "2025 年的 pyarrow"), (Change("pyarrow", "2", "1"),))
WORKED = Trials((Attempt(PROPOSAL, True, "", 12.0),), ())
FAILED = Trials((Attempt(PROPOSAL, False, "ImportError: no", 9.0),), (T("no uv", "没有 uv"),))


def sheet(**more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((SHEETS / "cpu-linux.json").read_text("utf-8"))
    return {**facts, **more}


def answer(
    monkeypatch: pytest.MonkeyPatch, trials: Trials, language: str, text: str | None = None
) -> dict[str, Any]:
    monkeypatch.setattr(trial_answer, "try_out", lambda *given, **more: trials)
    facts = sheet(check={"ok": False, "phases": [], "text": "ImportError: no"})
    untried = T("not tried", "未试")
    return trial_answer.tried_answer(facts, language, text, untried, lambda what: None)


@pytest.mark.parametrize("text", [None, "Traceback (most recent call last):\nValueError: no"])
@pytest.mark.parametrize(("language", "label"), [("en", "as of 2025"), ("zh", "2025 年的")])
def test_what_works_becomes_the_plan(
    language: str, label: str, text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answer(monkeypatch, WORKED, language, text)
    assert f"✓ {PROPOSAL.label.in_language(language)}" in found["text"]
    assert label in found["text"]
    assert "pip install pyarrow==1" in found["text"]
    assert "pyarrow==1" in found["json"]["plan"]["commands"][0]
    assert found["json"]["tried"][0]["packages"] == {"pyarrow": "1"}
    assert label in found["html"]


@pytest.mark.parametrize(("language", "way"), [("en", "the surest way"), ("zh", "最稳妥")])
def test_when_nothing_works_a_new_environment_is_named(
    language: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answer(monkeypatch, FAILED, language)
    assert "✗" in found["text"]
    assert "ImportError: no (9 s)" in found["text"] or "ImportError: no（9 秒）" in found["text"]
    assert way in found["text"]
    assert "paddle-lab env --fresh" in found["text"]
    assert FAILED.notes[0].in_language(language) in found["text"]


@pytest.mark.parametrize(
    ("facts", "text", "words"),
    [
        (sheet(check={"ok": True}), None, "Nothing fails here"),
        (sheet(), r'File "C:\\Users\\me\\x.py" on Windows 11: ValueError', "another machine"),
    ],
)
def test_what_need_not_be_tried_is_not(
    facts: dict[str, Any], text: str | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_answer, "try_out", lambda *_, **__: pytest.fail("it was tried"))
    found = trial_answer.tried_answer(facts, "en", text, T("x", "x"), lambda what: None)
    assert words in found["text"]


@pytest.mark.slow
def test_a_release_that_was_not_found_is_looked_up(index: LocalIndex, uv: str) -> None:
    index.add("deep", "3.0")
    text = "ERROR: No matching distribution found for deep==2.0"
    found = trial_answer.tried_answer(sheet(), "en", text, T("x", "x"), lambda what: None)
    assert found["json"]["findings"][0]["id"] == "wheel-matrix"
    assert found["json"]["findings"][0]["commands"][0].endswith("pip install deep==3.0")


@pytest.mark.parametrize("word", ["--try", "--dry-run"])
def test_another_machines_sheet_cannot_be_tried(word: str) -> None:
    words = ["--facts", str(SHEETS / "cpu-linux.json"), word]
    with pytest.raises(UsageError):
        execute(build_parser().parse_args(words), Context())


def test_a_dry_run_shows_the_plan_and_what_it_would_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facts = sheet()
    facts["packages"]["pyarrow"] = "26.0.1"
    monkeypatch.setattr("paddle_lab.environment.collect", lambda: facts)
    told = trial_answer.rehearsed

    def noted(plan: Any, *given: Any) -> Any:
        assert "pyarrow<21" in plan.commands[0]
        return told(plan, {**facts, "installers": {"uv": None}}, "/no/python")

    monkeypatch.setattr(trial_answer, "rehearsed", noted)
    result = execute(build_parser().parse_args(["--dry-run"]), Context())
    assert "it would fail: " in result.text
    assert result.exit_code == 1
