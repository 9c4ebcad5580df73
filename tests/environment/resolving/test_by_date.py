"""Versions of a date: only what must go back does, and what cannot be known is said."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from environment.local_index import LocalIndex

from paddle_lab.environment.resolving.by_date import by_date, release_day
from paddle_lab.environment.resolving.makers import Uv
from paddle_lab.environment.resolving.tools import Done


class OldUv(Uv):
    """A uv of before the hints: it says no date."""

    def run(self, words: Any, seconds: float, given: str | None = None) -> Done:
        done = super().run(words, seconds, given)
        return Done(done.code, done.out, done.said.split("hint:")[0])


@pytest.mark.parametrize("kind", [Uv, OldUv])
def test_the_day_of_a_release(kind: type[Uv], small: Any, uv: str) -> None:
    found = release_day(kind(uv), "paddlenlp", "3.0.0b4", small.python)
    assert found == (date(2025, 3, 12), "found")


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("no dates", "no dates"), ("unknown release", "not released"), ("closed", "no network")],
)
def test_what_cannot_be_known_is_said(state: str, outcome: str, small: Any, uv: str) -> None:
    facts = small.facts()
    if state == "no dates":
        small.index.dates = False
    elif state == "closed":
        small.index.close()
    else:
        facts["packages"]["paddlenlp"] = "9.9"
    found = by_date(Uv(uv), facts, small.python, "paddlenlp")
    assert found.outcome == outcome
    assert found.changes == ()


def moves(found: Any) -> dict[str, str]:
    return {change.name: f"{change.old} {change.new}" for change in found.changes}


def test_all_that_the_older_package_needs_goes_back(small: Any, uv: str) -> None:
    found = by_date(Uv(uv), small.facts(), small.python, "paddlenlp")
    assert found.day == date(2025, 3, 12)
    assert moves(found) == {"helper": "2.0 1.0", "tool": "2.0 1.0"}


def test_only_the_named_package_goes_back_and_what_must_move_with_it(small: Any, uv: str) -> None:
    found = by_date(Uv(uv), small.facts(), small.python, "paddlenlp", provider="helper")
    assert moves(found) == {"helper": "2.0 1.0"}
    found = by_date(
        Uv(uv), small.facts(), small.python, "paddlenlp", provider="helper", moved={"helper": "1.0"}
    )
    assert found.outcome == "same"


def test_what_others_need_stays(small: Any, uv: str) -> None:
    small.index.add("newcomer", "1.0", "tool>=2", date="2026-06-01")
    small.install("newcomer")
    found = by_date(Uv(uv), small.facts(), small.python, "paddlenlp")
    assert moves(found) == {"helper": "2.0 1.0"}


def test_what_a_held_package_needs_anew_keeps_its_date(
    index: LocalIndex, small: Any, uv: str
) -> None:
    index.add("paddlepaddle", "3.3.1", "helper>=1.5", date="2026-02-01")
    index.add("helper", "1.6", date="2025-09-01", modules={"helper.py": "old_name = 1.6\n"})
    small.install("paddlepaddle")
    found = by_date(Uv(uv), small.facts(), small.python, "paddlenlp")
    assert moves(found) == {"tool": "2.0 1.0"}, "helper >= 1.5 is newer than paddlenlp"
