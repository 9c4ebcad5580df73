"""kill -9 in some phases; ``benchmarks/kill_phases.py`` does it in all of them, twice."""

from __future__ import annotations

import os
from pathlib import Path

import killed_run
import pytest
from forks import Forks
from kill_trial import Trial
from killed_run import Terminal, outcome

from paddle_lab.runs import Registry

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory,
    lab_cache: Path,
    reviews_tsv: Path,
    small_model: str,
    forks: Forks,
) -> Path:
    """A run that nobody disturbs."""
    home = tmp_path_factory.mktemp("undisturbed")
    terminal = Terminal(home, lab_cache, reviews_tsv, forks, small_model)
    terminal.run(*terminal.finetune())
    (run,) = Registry(home / "data" / "runs").list()
    return run.folder.path


def test_every_phase_is_a_moment_of_the_product_as_it_is(tmp_path: Path, forks: Forks) -> None:
    done = forks.run((killed_run.__file__, "--check"), os.environ, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("phase", "kill"),
    [
        ("folder made", 0),
        ("model conversion", 0),
        ("before a checkpoint's rename", 1),
        ("proof in a fresh process", 0),
        ("between the two renamings", 0),
        ("removal", 0),
    ],
)
def test_nothing_is_lost_and_nothing_half_is_taken_for_whole(
    tmp_path: Path, reviews_tsv: Path, small_model: str, undisturbed: Path, lab_cache: Path,
    forks: Forks, *, phase: str, kill: int,
) -> None:  # fmt: skip
    cache = tmp_path / "cache" if phase == "model conversion" else lab_cache
    expected = outcome(undisturbed)
    trial = Trial(tmp_path / "home", cache, reviews_tsv, expected, forks, undisturbed, small_model)
    trial.run(phase, kill)
    assert trial.problems == []
