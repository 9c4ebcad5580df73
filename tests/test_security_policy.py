"""SECURITY.md promises what a test holds: every line of its threats names one that exists."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_threat_names_a_test_that_there_is() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")
    threats = [
        line
        for table in text.split("| threat |")[1:]
        for line in table.split("\n\n")[0].splitlines()[2:]
    ]
    assert len(threats) >= 25
    for line in threats:
        found = NAMED.search(line)
        assert found, f"no test is named: {line}"
        path = REPOSITORY / found[1]
        assert path.is_file(), found[1]
        assert f"def {found[2]}(" in path.read_text(encoding="utf-8"), found[0]
