"""oneDNN keeps as many compiled operations as texts of all lengths need."""

from __future__ import annotations

import pytest
from cpu.fresh_process import answer

from paddle_lab.cpu import primitives
from paddle_lab.cpu.onednn_core import OneDnnError
from paddle_lab.cpu.primitives import KEPT, keep_primitives

TWICE = (
    "from paddle_lab.cpu.primitives import keep_primitives\n"
    "print([keep_primitives(count) for count in ({first}, {second})])"
)


@pytest.mark.slow
def test_more_are_kept_and_never_fewer() -> None:
    assert answer(TWICE.format(first=5000, second=100)) == "[5000, 5000]"
    kept = keep_primitives()
    assert kept is not None and kept >= KEPT


def test_without_onednn_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise OneDnnError("this build of Paddle brings no oneDNN library")

    monkeypatch.setattr(primitives, "find", none)
    assert keep_primitives() is None
