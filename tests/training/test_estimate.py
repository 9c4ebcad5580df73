"""What a run will cost, told before anything is loaded: its order of magnitude and direction."""

from __future__ import annotations

import pytest

from paddle_lab.training.estimate import Shape, cpu_share, estimate, matrix_speed

NANO = Shape.of_known("ernie-3.0-nano-zh")
BASE = Shape.of_known("ernie-3.0-base-zh")


def test_the_sizes_of_known_models_are_those_their_authors_give() -> None:
    assert NANO is not None and BASE is not None
    # PaddleNLP's model zoo: 18 million and 118 million parameters.
    assert NANO.parameters == pytest.approx(18e6, rel=0.1)
    assert BASE.parameters == pytest.approx(118e6, rel=0.1)
    assert Shape.of_known("somebody/else") is None


def test_time_grows_with_tokens_and_shrinks_with_speed() -> None:
    once = estimate(NANO, 100_000, 32, 128, 1e11)
    assert estimate(NANO, 300_000, 32, 128, 1e11).seconds == pytest.approx(3 * once.seconds)
    assert estimate(NANO, 100_000, 32, 128, 2e11).seconds == pytest.approx(once.seconds / 2)
    assert estimate(BASE, 100_000, 32, 128, 1e11).seconds > 10 * once.seconds
    every = estimate(NANO, 100_000, 32, 128, 1e11, every_token=True)
    assert once.seconds < every.seconds < 1.5 * once.seconds and every.memory_mb == once.memory_mb


def test_memory_grows_with_the_batch_and_holds_four_copies_of_the_weights() -> None:
    small, large = (estimate(BASE, 1000, rows, 128, 1e11).memory_mb for rows in (8, 32))
    assert large > small > 16 * BASE.parameters / 2**20


@pytest.mark.parametrize(
    ("system", "machine", "fast"),
    [("linux", "x86_64", True), ("linux", "aarch64", False), ("darwin", "arm64", False)],
)
def test_the_fast_layers_are_expected_only_where_they_are(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, fast: bool
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert (cpu_share() > 1) is fast


def test_this_machine_multiplies() -> None:
    assert matrix_speed(1) > 1e8
