"""What another package requires cannot be replaced by an older version of it."""

from __future__ import annotations

from paddle_lab.environment import explain


def test_the_package_that_asks_is_named_and_keeps_its_range() -> None:
    text = (
        "Could not find a version that satisfies the requirement beta>=1.1.0 (from alpha==0.0.0) "
        "(from versions: 0.2.0, 1.0.1, 1.0.2)\nNo matching distribution found for beta>=1.1.0"
    )
    finding = explain(text, {"platform": {"system": "Linux"}}, facts_join=False).findings[0]
    assert finding.id == "version-not-offered"
    assert finding.title.in_language("en").startswith("alpha requires beta>=1.1.0")
    assert '"beta>=1.1.0" -i ' in finding.commands[0]
    assert "beta==1.0.2" in finding.alternatives[0].commands[0]
