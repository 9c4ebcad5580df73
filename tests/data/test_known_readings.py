"""Files whose right reading is known: read so, refused, or told; the benchmark reads more."""

from __future__ import annotations

from pathlib import Path

import pytest
from known_readings import judge, known_files


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))]
)
def test_files_of_known_rows(seed: int, tmp_path: Path) -> None:
    silent = []
    for known in known_files(seed, 60):
        how, detail = judge(known, tmp_path)
        if known.whole:
            assert how in ("right", "refused"), f"{known.name} {known.made}: {detail}"
        elif how == "wrong":
            silent.append(f"{known.made}: {detail}")
    # A text that a cut shortened, in the last column, looks like any other text.
    assert len(silent) <= 1, silent
