"""Unmet requirements become findings: who asks, what is there, and whether it matters to Paddle."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import all_findings
from paddle_lab.environment.evidence import evidence_findings
from paddle_lab.environment.findings import Finding

WORKING = {"results": [{"name": "paddle", "ok": True}, {"name": "paddlenlp", "ok": True}]}
FAILING = {"results": [{"name": "paddle", "ok": True}, {"name": "paddlenlp", "ok": False}]}


def sheet(**packages: str) -> dict[str, Any]:
    versions = {
        "paddlepaddle": "3.3.1",
        "paddlenlp": "3.0.0b4",
        "numpy": "1.26.4",
        "protobuf": "5.29.0",
        "pandas": "2.3.0",
        "notebook": "7.4.0",
        **{name.replace("_", "-"): version for name, version in packages.items()},
    }
    return {
        "packages": {name: version for name, version in versions.items() if version},
        "requirements": {
            "paddlepaddle": ["numpy>=1.21", "protobuf>=3.20.2"],
            "paddlenlp": ["numpy<=1.26.4", "protobuf>=3.20.2", "pandas"],
            "pandas": ["numpy>=1.23.2"],
            "notebook": ["tornado>=6.2"],
        },
        "python": {"version": "3.11.7", "executable": "/env/bin/python"},
    }


def of_stack(facts: dict[str, Any]) -> list[Finding]:
    return [found for found in evidence_findings(facts) if found.id == "requirement-unmet"]


def test_a_version_that_paddle_does_not_accept() -> None:
    (found,) = of_stack(sheet(protobuf="3.19.6"))
    title = "protobuf 3.19.6 is installed; paddlepaddle 3.3.1 requires protobuf>=3.20.2"
    assert found.title.in_language("en") == title
    assert found.severity == "error"
    assert found.evidence == (
        "paddlepaddle 3.3.1 requires protobuf>=3.20.2: protobuf 3.19.6",
        "paddlenlp 3.0.0b4 requires protobuf>=3.20.2: protobuf 3.19.6",
    )
    assert found.commands == ('/env/bin/python -m pip install "protobuf>=3.20.2"',)


def test_what_is_missing_further_down_is_found_too() -> None:
    facts = sheet(numpy="")
    (found,) = of_stack(facts)
    assert "numpy is not installed" in found.title.in_language("en")
    assert len(found.evidence) == 3
    assert "pandas 2.3.0 requires numpy>=1.23.2: numpy -" in found.evidence


def test_a_folder_without_metadata_is_called_so() -> None:
    (found,) = of_stack({**sheet(numpy=""), "files": {"unowned": ["numpy", "other"]}})
    assert found.title.in_language("en").startswith("The folder numpy/ has no metadata")
    assert found.severity == "error"


def test_the_command_asks_for_what_all_of_the_stack_accept() -> None:
    (found,) = of_stack(sheet(numpy="2.2.6"))
    (command,) = found.commands
    assert command.endswith('"numpy>=1.23.2,<=1.26.4"')


@pytest.mark.parametrize(
    ("imports", "severity", "words"),
    [
        (None, "error", "not tried yet"),
        (FAILING, "error", "tried and fail"),
        (WORKING, "warning", "succeed all the same"),
    ],
)
def test_an_import_that_succeeds_makes_it_a_warning(
    imports: dict[str, Any] | None, severity: str, words: str
) -> None:
    facts = sheet(numpy="2.2.6")
    if imports:
        facts["imports"] = imports
    (found,) = of_stack(facts)
    assert found.severity == severity
    assert words in found.cause.in_language("en")


def test_what_paddle_does_not_need_is_a_note() -> None:
    facts = sheet()
    (found,) = evidence_findings(facts)
    assert found.severity == "note"
    assert found.evidence == ("notebook 7.4.0 requires tornado>=6.2: tornado -",)
    assert of_stack(facts) == []


def test_no_rule_repeats_what_evidence_said() -> None:
    """The rule of numpy 2 with an old Paddle speaks of the same two packages."""
    facts = sheet(paddlepaddle="2.6.2", numpy="2.2.6")
    facts["requirements"]["paddlepaddle"] = ["numpy<2"]
    about_numpy = [
        found.id
        for found in all_findings(facts)
        if any(line.startswith("numpy ") for line in found.evidence)
    ]
    assert "numpy-abi" not in about_numpy
    assert any(found.id == "requirement-unmet" for found in all_findings(facts))
