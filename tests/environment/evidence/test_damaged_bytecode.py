"""Damaged compiled files become one finding, mended by compiling their sources again."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment.evidence import evidence_findings


def facts(*names: str) -> dict[str, Any]:
    site = "/my env/lib/python3.11/site-packages"
    rows = [
        {
            "source": f"{site}/paddle/{name}.py",
            "compiled": f"{site}/paddle/__pycache__/{name}.cpython-311.pyc",
            "reason": "ValueError: bad marshal data",
        }
        for name in names
    ]
    return {
        "python": {"executable": "/e/bin/python"},
        "imports": {"results": [{"name": "paddle", "ok": False}], "contents": {"bytecode": rows}},
    }


def test_the_file_and_the_command_are_named() -> None:
    (found,) = evidence_findings(facts("__init__"))
    assert found.title.in_language("en") == (
        "A compiled file is damaged: paddle/__pycache__/__init__.cpython-311.pyc"
    )
    assert "bad marshal data" in found.cause.in_language("zh")
    assert found.commands == (
        "/e/bin/python -m compileall -q -f "
        "'/my env/lib/python3.11/site-packages/paddle/__init__.py'",
    )


def test_several_are_mended_by_one_command() -> None:
    (found,) = evidence_findings(facts("a", "b", "c"))
    assert "(+2)" in found.title.in_language("zh")
    assert found.commands[0].count(".py'") == len(found.evidence) == 3


@pytest.mark.parametrize("imports", [{}, {"imports": {"results": [], "contents": {}}}])
def test_nothing_looked_at_nothing_found(imports: dict[str, Any]) -> None:
    assert evidence_findings(imports) == []
