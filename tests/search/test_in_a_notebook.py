"""``%ernie_search`` in a real kernel, with real runs of the shipped model."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel import Kernel, write_reviews

from paddle_lab.search.folder import SearchFolder


@pytest.mark.slow
def test_a_cell_shows_the_search_and_the_best_ends_with_a_report(tmp_path: Path) -> None:
    rows = write_reviews(tmp_path / "rows.tsv", 120)
    options = "--epochs 1 --max-len 32 --no-baseline --no-export --trials 2"
    with Kernel(tmp_path / "home") as kernel:
        kernel.run("%load_ext paddle_lab")
        cell = kernel.run(f"%ernie_search {rows} --lr 1e-5..1e-3 {options} -o found", 240)
        assert cell.status == "ok", cell.error + cell.text
        assert len(cell.outputs) > 4, "the same output again and again, as trials go on"
        shown = cell.outputs[-2]["text/html"]
        assert "<svg" in shown and "%ernie_finetune" in shown
        told = kernel.run(
            "print(found['folder'], found['trials'][found['best']]['run'], found['state'])"
        ).text
    folder, name, state = told.split()
    run = SearchFolder(Path(folder)).run(name)
    assert state == "finished" and run.report_data() is not None
    assert not run.has_bundle() and run.state().state == "finished"
