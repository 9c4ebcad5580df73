"""A notebook executed without any front end ends with the frozen output, and nothing dead."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from paddle_lab.views.frozen import MIME

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nbclient_saves_the_frozen_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    from nbclient import NotebookClient

    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'tests'}")
    source = f"import live_cells\nawait live_cells.show(steps=20, language={language!r})"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(book, timeout=120, resources=resources).execute()
    nbformat.validate(book)
    [output] = book.cells[0].outputs
    assert output.data[MIME]["snapshot"]["points"] == 20
    assert "application/vnd.jupyter.widget-view+json" not in output.data
    assert ("Finished" if language == "en" else "已完成") in output.data["text/plain"]
    assert len(json.dumps(book.metadata.get("widgets", {}))) < 8_000
