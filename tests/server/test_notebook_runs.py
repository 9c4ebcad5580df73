"""A page asks for the runs of its notebook: only those that its cells show, wherever it is now."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import run_writer

from paddle_lab.cell import Cell
from paddle_lab.runs import RunFolder
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.registry import Registry
from paddle_lab.server.gpu_runs import RunsWatch
from paddle_lab.server.notebook_runs import MOST_RUNS, runs_of
from paddle_lab.views.frozen import MIME


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The server's folder, with a notebook in it."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.ipynb").write_text("{}")
    return root


def shown_in(folder: RunFolder, notebook: str | None, cell: str | None = "c1", **more: Any) -> str:
    fields: dict[str, Any] = {"kernel": "k1", "execution": "e1", "count": 3, **more}
    folder.keep_cell(Cell(notebook=notebook, cell=cell, **fields), "zh")
    return folder.id


def asked(
    root: Path, registry_root: Path, path: str, notebooks: dict[str, str] | None = None
) -> list[str]:
    watch = RunsWatch(root)
    found = runs_of(path, RunsBoard(Registry(registry_root)).refresh(), notebooks or {}, watch)
    return [run["id"] for run in found]


def test_a_notebook_has_its_runs_in_their_order(
    make_run: Any, registry_root: Path, root: Path
) -> None:
    ids = [shown_in(make_run(), str(root / "a.ipynb")) for _ in range(3)]
    shown_in(make_run(), str(root / "a.ipynb"), cell=None)  # VS Code, a console
    make_run()  # a terminal
    (root / "b.ipynb").write_text("{}")
    shown_in(make_run(), str(root / "b.ipynb"))
    assert asked(root, registry_root, "a.ipynb") == ids


def test_a_renamed_notebook_has_them_too(make_run: Any, registry_root: Path, root: Path) -> None:
    run = shown_in(make_run(), str(root / "a.ipynb"))
    (root / "a.ipynb").rename(root / "new.ipynb")
    assert asked(root, registry_root, "new.ipynb") == [run]
    # While its kernel lives, Jupyter knows where it is: no other notebook is asked to look.
    assert asked(root, registry_root, "new.ipynb", {"k1": "new.ipynb"}) == [run]
    assert asked(root, registry_root, "other.ipynb", {"k1": "new.ipynb"}) == []


def test_a_copy_of_a_notebook_has_none(make_run: Any, registry_root: Path, root: Path) -> None:
    shown_in(make_run(), str(root / "a.ipynb"))
    (root / "copy.ipynb").write_text("{}")
    assert asked(root, registry_root, "copy.ipynb") == []


def test_a_link_leads_to_the_same_notebook(
    make_run: Any, registry_root: Path, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "linked").symlink_to(root, target_is_directory=True)
    run = shown_in(make_run(), str(tmp_path / "linked" / "a.ipynb"))
    assert asked(root, registry_root, "a.ipynb") == [run]


def test_the_newest_are_told_when_there_are_many(
    make_run: Any, registry_root: Path, root: Path
) -> None:
    ids = [shown_in(make_run(), str(root / "a.ipynb")) for _ in range(MOST_RUNS + 3)]
    assert asked(root, registry_root, "a.ipynb") == ids[3:]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        json.dumps({"cell": "c1"}),
        json.dumps({"notebook": None, "kernel": None, "cell": "../../x", "execution": None,
                    "count": None, "shown": 1.0, "language": None}),
        json.dumps({"notebook": "a.ipynb", "kernel": None, "cell": "c1", "execution": None,
                    "count": "three", "shown": 1.0, "language": "<script>"}),
        "x" * 100_000,
    ],
)  # fmt: skip
def test_a_file_from_anybody_is_passed_over(
    make_run: Any, registry_root: Path, root: Path, content: str
) -> None:
    (make_run().path / "cell.json").write_text(content)
    good = shown_in(make_run(), str(root / "a.ipynb"))
    assert asked(root, registry_root, "a.ipynb") == [good]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_pipe_in_its_place_holds_nobody_up(
    make_run: Any, registry_root: Path, root: Path
) -> None:
    os.mkfifo(make_run().path / "cell.json")
    assert asked(root, registry_root, "a.ipynb") == []


def test_what_is_told_of_a_run(make_run: Any, registry_root: Path, root: Path) -> None:
    live, over = make_run(), make_run()
    run_writer.write_run(live, 3, end=False)
    run_writer.write_run(over, 3)
    for folder in (live, over):
        shown_in(folder, str(root / "a.ipynb"))
    watch = RunsWatch(root)
    found = runs_of("a.ipynb", RunsBoard(Registry(registry_root)).refresh(), {}, watch)
    assert [run["live"] for run in found] == [True, False]
    assert found[0]["ended"] is None
    assert found[1]["ended"] == over.state().ended
    assert {run["cell"] for run in found} == {"c1"}
    card = found[0]["data"][MIME]
    assert (card["run_id"], card["live"], card["language"]) == (live.id, True, "zh")
