"""The smallest set that is enough, with few trials."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from paddle_lab.environment.experiments.narrowing import narrowed


@pytest.mark.parametrize(
    "needed", [{0}, {31}, {13}, {3, 4}, {0, 31}, {1, 8, 20}], ids=lambda needed: str(sorted(needed))
)
def test_exactly_what_is_needed_is_found(needed: set[int]) -> None:
    trials = 0

    def enough(some: Sequence[int]) -> bool:
        nonlocal trials
        trials += 1
        return needed <= set(some)

    assert set(narrowed(range(32), enough)) == needed
    assert trials <= 10 * len(needed) + 4


def test_one_alone_needs_no_trial() -> None:
    assert narrowed(["only"], lambda some: pytest.fail("tried")) == ["only"]
