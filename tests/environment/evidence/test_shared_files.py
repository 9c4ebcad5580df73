"""Two distributions that brought the same files: told, and red when Paddle's are overwritten."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment.evidence import evidence_findings


def facts(names: list[str], kept: list[str], **more: Any) -> dict[str, Any]:
    overlap = {"names": names, "count": 12, "files": [{"path": "pil/core.py", "from": kept}]}
    return {
        "packages": {"paddlepaddle": "3.3.1", "pillow": "11.0", "pillow-simd": "9.0", "x": "1"},
        "requirements": {"paddlepaddle": ["pillow"]},
        "files": {"overlaps": [overlap]},
        "python": {"executable": "/e/bin/python"},
        **more,
    }


def test_files_that_paddle_needs_were_overwritten() -> None:
    (found,) = evidence_findings(facts(["pillow", "pillow-simd"], ["pillow-simd"]))
    assert found.severity == "error"
    assert "pillow 11.0, pillow-simd 9.0 own the same 12 files" in found.title.in_language("en")
    assert "those of pillow," in found.cause.in_language("en")
    assert found.commands == (
        "/e/bin/python -m pip uninstall -y pillow-simd",
        "/e/bin/python -m pip install --force-reinstall --no-deps pillow==11.0",
    )


@pytest.mark.parametrize(
    ("names", "kept"),
    [(["pillow", "pillow-simd"], ["pillow"]), (["pillow-simd", "x"], ["x"])],
    ids=["what paddle needs is whole", "paddle needs neither"],
)
def test_otherwise_it_is_a_note(names: list[str], kept: list[str]) -> None:
    (found,) = evidence_findings(facts(names, kept))
    assert found.severity == "note"
    assert found.commands == ()


def test_imports_that_work_make_it_a_warning() -> None:
    results = [{"name": "paddle", "ok": True}, {"name": "paddlenlp", "ok": True}]
    sheet = facts(["pillow", "pillow-simd"], ["pillow-simd"], imports={"results": results})
    assert evidence_findings(sheet)[0].severity == "warning"


def test_the_two_builds_of_paddle_are_answered_with_their_machine() -> None:
    assert evidence_findings(facts(["paddlepaddle", "paddlepaddle-gpu"], [])) == []
