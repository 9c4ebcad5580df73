"""kill -9 in some phases; ``benchmarks/kill_phases.py`` does it in all of them, twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import killed_run
import pytest
from kill_trial import Trial
from killed_run import Terminal, outcome

from paddle_lab.runs import Registry

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, lab_cache: Path, reviews_tsv: Path
) -> dict[str, Any]:
    """What a run that nobody disturbs has made."""
    home = tmp_path_factory.mktemp("undisturbed")
    terminal = Terminal(home, lab_cache, reviews_tsv)
    terminal.run(*terminal.finetune())
    (run,) = Registry(home / "data" / "runs").list()
    return outcome(run.folder.path)


def test_every_phase_is_a_moment_of_the_product_as_it_is(tmp_path: Path) -> None:
    subprocess.run([sys.executable, killed_run.__file__, "--check"], cwd=tmp_path, check=True)


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
    tmp_path: Path, reviews_tsv: Path, undisturbed: dict[str, Any], lab_cache: Path,
    phase: str, kill: int,
) -> None:  # fmt: skip
    cache = tmp_path / "cache" if phase == "model conversion" else lab_cache
    trial = Trial(tmp_path / "home", cache, reviews_tsv, undisturbed)
    trial.run(phase, kill)
    assert trial.problems == []
