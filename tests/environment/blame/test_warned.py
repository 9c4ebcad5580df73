"""A warning that is raised is no fault of the library that warns."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain

TEXT = (
    "Traceback (most recent call last):\n"
    '  File "train.py", line 1, in <module>\n    import alpha\n'
    '  File "/env/lib/python3.11/site-packages/alpha/tools.py", line 9, in find\n'
    "    warnings.warn(message)\nUserWarning: No compiler was found."
)


@pytest.mark.parametrize(("value", "certainty"), [("error", "confirmed"), (None, "likely")])
def test_the_variable_is_named_and_taken_away(value: str | None, certainty: str) -> None:
    facts: dict[str, Any] = {
        "platform": {"system": "Linux"},
        "variables": {"PYTHONWARNINGS": value} if value else {},
    }
    finding = explain(TEXT, facts, from_here=True).findings[0]
    assert finding.id == "warnings-are-errors"
    assert finding.certainty == certainty
    assert "PYTHONWARNINGS" in finding.title.in_language("en")
    assert finding.commands == ("unset PYTHONWARNINGS",)


def test_a_warning_that_is_only_printed_is_none_of_it() -> None:
    text = "/env/lib/python3.11/site-packages/alpha/tools.py:9: UserWarning: No compiler was found."
    found = explain(text, {"platform": {"system": "Linux"}}).findings
    assert not any(one.id == "warnings-are-errors" for one in found)
