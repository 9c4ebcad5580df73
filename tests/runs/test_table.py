"""The table of runs: filtered by what people remember, sorted by any column, a page at a time."""

from __future__ import annotations

import pytest

from paddle_lab.runs.summary import RunSummary
from paddle_lab.runs.table import SORTS, TableQuery, select


def row(number: int, **facts: object) -> RunSummary:
    given = {
        "id": f"r{number}", "name": f"run {number}", "folder": "/x", "created": float(number),
        "notebook": None, "kernel": None, "task": "classify", "model": "mini", "device": "cpu",
        "state": "finished",
    }  # fmt: skip
    return RunSummary(**{**given, **facts})  # type: ignore[arg-type]


ROWS = [
    row(1, note="lr too high", result=("accuracy", 0.8), started=0.0, ended=50.0),
    row(2, state="failed", model="nano"),
    row(3, task="tag", result=("f1", 0.9), best=("f1", 0.95), started=0.0, ended=9.0, step=7),
    row(4, name="Reviews", notebook="Lesson.ipynb", result=("accuracy", 0.7)),
]


def ids(**query: object) -> list[str]:
    return [run.id for run in select(ROWS, TableQuery(**query)).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"words": "HIGH lr"}, ["r1"]),
        ({"words": "lesson"}, ["r4"]),
        ({"words": "lesson high"}, []),
        ({"state": "failed"}, ["r2"]),
        ({"task": "tag"}, ["r3"]),
        ({"model": "mini", "task": "classify"}, ["r4", "r1"]),
        ({"words": "r2"}, ["r2"]),
    ],
)
def test_filters(query, expected):
    assert ids(**query) == expected


@pytest.mark.parametrize(
    ("sort", "down", "expected"),
    [
        ("created", True, ["r4", "r3", "r2", "r1"]),
        ("created", False, ["r1", "r2", "r3", "r4"]),
        ("result", True, ["r3", "r1", "r4", "r2"]),
        ("result", False, ["r4", "r1", "r3", "r2"]),
        ("took", False, ["r3", "r1", "r2", "r4"]),
        ("name", False, ["r4", "r1", "r2", "r3"]),
    ],
)
def test_what_is_missing_comes_last_in_both_directions(sort, down, expected):
    assert ids(sort=sort, down=down) == expected


@pytest.mark.parametrize("sort", sorted(SORTS))
@pytest.mark.parametrize("down", [True, False])
def test_every_column_sorts_runs_that_lack_it(sort, down):
    bare = row(9, task="", model="")
    assert len(select([*ROWS, bare], TableQuery(sort=sort, down=down)).rows) == 5


def test_a_page_counts_what_matches_and_names_what_can_be_chosen():
    page = select(ROWS, TableQuery(model="mini", offset=1, limit=1))
    assert ([run.id for run in page.rows], page.total) == (["r3"], 3)
    assert page.states == ("failed", "finished")
    assert page.tasks == ("classify", "tag")
    assert page.models == ("mini", "nano")
