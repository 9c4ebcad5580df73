"""The light is what was tried: grey before, green after a success, red with the failing line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import all_findings, summary, summary_json
from paddle_lab.environment.imports.verdict import imports_work
from paddle_lab.environment.page import html_page, text_page

SHEET = Path(__file__).parents[1] / "sheets" / "cpu-linux.json"
ERROR = "ImportError: cannot import name 'download' from 'aistudio_sdk.hub'"
TRACEBACK = (
    "Traceback (most recent call last):\n"
    + "".join(f'  File "/lib/{name}.py", line 3, in <module>\n    import x\n' for name in "abcd")
    + ERROR
)


def tried(*results: dict[str, Any]) -> dict[str, Any]:
    sheet = json.loads(SHEET.read_text("utf-8"))
    return {**sheet, "imports": {"key": "a", "made": 1.0, "results": list(results)}}


def result(name: str, **told: Any) -> dict[str, Any]:
    good = {"name": name, "ok": True, "seconds": 2.5, "version": "1", "text": "", "error": ""}
    return {**good, "where": "", "ended": "normally", "signal": None, **told}


def failed(name: str = "paddlenlp", **told: Any) -> dict[str, Any]:
    bad = {"ok": False, "text": TRACEBACK, "error": ERROR, "where": "/lib/d.py:3: import x"}
    return result(name, **{**bad, **told})


def test_before_it_was_tried_the_light_is_grey_and_says_how_to_try() -> None:
    facts = json.loads(SHEET.read_text("utf-8"))
    assert imports_work(facts) is None
    assert summary(facts)["light"] == "grey"
    for page in (text_page, html_page):
        assert "--imports" in page(facts, [], language="en")
        assert "尚未" in page(facts, [], language="zh")


@pytest.mark.parametrize("results", [[], [result("paddle")]])
def test_half_of_a_trial_is_none(results: list[dict[str, Any]]) -> None:
    assert summary(tried(*results))["light"] == "grey"


def test_both_imported_is_green() -> None:
    facts = tried(result("paddle"), result("paddlenlp"))
    state = summary(facts)
    assert (state["light"], state["imports"], state["first"]) == ("green", True, None)
    text = text_page(facts, all_findings(facts), language="en")
    assert "--imports" not in text
    assert "import paddlenlp  2.5 s" in text


def test_a_failed_import_is_red_with_its_line_and_the_end_of_its_traceback() -> None:
    facts = tried(result("paddle"), failed())
    findings = all_findings(facts)
    first = findings[0]
    assert (first.id, first.certainty, first.severity) == ("import-fails", "proven", "error")
    assert ERROR in first.title.in_language("zh")
    assert "/lib/d.py:3" in first.cause.in_language("en")
    assert first.evidence == (
        *(f"/lib/{name}.py:3: import x" for name in "bcd"),
        ERROR,
    )
    state = summary_json(facts, findings)
    assert state["light"] == "red"
    assert ERROR in state["headline"]["en"]


def test_its_cause_stands_first_and_the_headline_says_what_fails() -> None:
    facts = tried(result("paddle"), failed())
    facts["packages"]["aistudio-sdk"] = "0.3.9"
    assert [finding.id for finding in all_findings(facts)][:2] == [
        "aistudio-download",
        "import-fails",
    ]
    state = summary_json(facts)
    assert state["first"]["id"] == "aistudio-download"
    assert ERROR in state["headline"]["en"]


def test_without_a_known_cause_it_says_how_to_go_on() -> None:
    unknown = "KeyError: 'nobody knows this'"
    facts = tried(failed("paddle", text=unknown, error=unknown, where=""))
    (first,) = all_findings(facts)
    assert summary(facts)["first"] == first
    assert first.commands


@pytest.mark.parametrize(
    ("told", "id", "words"),
    [
        ({"ended": "by signal", "signal": "SIGILL", "error": "SIGILL"}, "import-fails", "SIGILL"),
        ({"ended": "timeout", "error": "no end after 120 s", "seconds": 120}, "import-hangs",
         "120 s"),
    ],
)  # fmt: skip
def test_a_crash_and_a_hang_are_told_as_such(told: dict[str, Any], id: str, words: str) -> None:
    facts = tried(failed("paddle", text="", **told))
    first = all_findings(facts)[0]
    assert first.id == id
    assert words in first.cause.in_language("en")
    assert words.split(maxsplit=1)[0] in first.cause.in_language("zh")
    assert summary(facts)["light"] == "red"


def test_a_crash_is_explained_by_its_signal() -> None:
    facts = tried(failed("paddle", text="", error="SIGILL", ended="by signal", signal="SIGILL"))
    assert "sigill" in {finding.id for finding in all_findings(facts)}


def test_warnings_do_not_say_that_it_works_before_it_was_tried() -> None:
    facts = json.loads(SHEET.read_text("utf-8"))
    facts["libraries"]["libGL.so.1"] = "missing"
    facts["packages"]["opencv-python"] = "4.10"
    findings = all_findings(facts)
    assert summary(facts)["light"] == "yellow"
    assert "not tried yet" in text_page(facts, findings, language="en")
    facts["imports"] = tried(result("paddle"), result("paddlenlp"))["imports"]
    assert "works, with warnings" in text_page(facts, findings, language="en")


def test_an_import_that_failed_in_a_check_is_told_once() -> None:
    facts = tried(result("paddle"), failed())
    facts["check"] = {
        "ok": False,
        "ended": "normally",
        "phases": [{"name": "import paddlenlp", "ok": False}],
        "text": "KeyError: 'nobody knows this'",
    }
    assert "check-failed" not in {finding.id for finding in all_findings(facts)}
