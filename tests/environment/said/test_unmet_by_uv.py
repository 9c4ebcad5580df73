"""uv's reasons, each with its own way out; none of them is a conflict of two packages."""

from __future__ import annotations

import pytest

from paddle_lab.environment import explain

HEAD = "  × No solution found when resolving dependencies:\n  ╰─▶ Because "
TAIL = ", we can\n      conclude that your requirements are unsatisfiable."


@pytest.mark.parametrize(
    ("reason", "name", "words"),
    [
        (
            "the current Python version (3.8.10) does not satisfy\n      Python>=3.10 and all "
            "versions of alpha depend on Python>=3.10",
            "python-out-of-range",
            ("alpha needs Python >=3.10, and this is 3.8.10", "uv venv --python 3.10"),
        ),
        (
            "the requested Python version (>=3.9) does not satisfy Python>=3.10 and your project "
            "depends on alpha[cli]",
            "project-python-range",
            ("allows Python >=3.9, and alpha[cli] needs >=3.10", 'requires-python = ">=3.10"'),
        ),
        (
            "alpha was not found in the package registry and you require alpha==1.3.5",
            "package-not-in-index",
            ("No index has a package alpha", "grep -rn"),
        ),
    ],
)
def test_the_reason_is_read(reason: str, name: str, words: tuple[str, ...]) -> None:
    text = HEAD + reason + TAIL
    finding = explain(text, {"platform": {"system": "Linux"}}, facts_join=False).findings[0]
    assert finding.id == name
    said = " ".join(
        [*(one.in_language("en") for one in (finding.title, finding.fix)), *finding.commands]
    )
    for word in words:
        assert word in said
