"""A small part of ``benchmarks/fuzz_pickles.py``: the first cases, the same every time."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz_pickles.py"


@pytest.mark.parametrize("files", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_files_made_at_random_are_read_or_refused(files: int, tmp_path: Path) -> None:
    specification = importlib.util.spec_from_file_location("fuzz_pickles", SCRIPT)
    assert specification is not None and specification.loader is not None
    fuzz = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(fuzz)
    watching, ran = True, []

    def watch(event: str, _: object) -> None:
        if watching and event in ("pickle.find_class", "os.system", "subprocess.Popen"):
            ran.append(event)

    sys.addaudithook(watch)
    try:
        found = Counter(fuzz.read_case(tmp_path, seed) for seed in range(files))
    finally:
        watching = False
    assert found.keys() == {"loaded", "refused"}
    assert found["loaded"] > files // 100, "the cases are not so broken that nothing is reached"
    assert ran == []
