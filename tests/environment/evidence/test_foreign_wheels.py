"""A wheel of another Python becomes a finding with its tags, mended by the same version."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment.evidence import evidence_findings


def facts(name: str, imports: bool | None = None) -> dict[str, Any]:
    tags = ["cp39-cp39-manylinux2014_x86_64"]
    sheet: dict[str, Any] = {
        "packages": {"paddlepaddle": "3.3.1", "numpy": "1.26.4", "pastel": "0.2"},
        "requirements": {"paddlepaddle": ["numpy"]},
        "python": {"version": "3.11.7", "executable": "/e/bin/python"},
        "platform": {"system": "Linux", "machine": "x86_64"},
        "foreign_wheels": {name: {"version": "1.26.4", "site": "/e/site", "tags": tags}},
    }
    if imports is not None:
        names = ("paddle", "paddlenlp")
        sheet["imports"] = {"results": [{"name": one, "ok": imports} for one in names]}
    return sheet


@pytest.mark.parametrize(
    ("name", "imports", "severity"),
    [
        ("numpy", None, "error"),
        ("numpy", False, "error"),
        ("numpy", True, "warning"),
        ("pastel", None, "warning"),
    ],
)
def test_it_is_red_where_paddle_needs_it(name: str, imports: bool | None, severity: str) -> None:
    (found,) = evidence_findings(facts(name, imports))
    assert found.severity == severity
    assert "cp39-cp39" in found.title.in_language("zh")
    assert "Python 3.11.7 on Linux x86_64" in found.cause.in_language("en")
    assert found.commands[0].endswith(name + ("==1.26.4" if name == "numpy" else "==0.2"))
    assert "--force-reinstall" in found.commands[0]
