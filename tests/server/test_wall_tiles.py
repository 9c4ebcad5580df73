"""What a teacher reads from the tiles: whose run, how it goes, what is in trouble."""

from __future__ import annotations

import time
from typing import Any

import pytest

from paddle_lab.i18n import T
from paddle_lab.runs.summary import RunSummary
from paddle_lab.server import wall_tiles
from paddle_lab.server.wall_tiles import GONE_S, MOST_TILES, RECENT_S, Wall


def run(number: int, **facts: Any) -> RunSummary:
    now = time.time()
    given = {
        "id": f"r{number}", "name": "reviews", "folder": f"/r{number}",
        "created": now - 900 + number,
        "notebook": f"p{number}.ipynb", "kernel": None, "task": "classify", "model": "ernie",
        "device": "cpu", "state": "training", "heard": now, "pid": 100, "share": 0.5,
    }  # fmt: skip
    return RunSummary(**{**given, **facts})


def ended(number: int, state: str = "finished", ago: float = 60.0, **facts: Any) -> RunSummary:
    return run(number, **({"state": state, "ended": time.time() - ago, "pid": None} | facts))


@pytest.fixture
def wall() -> Wall:
    return Wall(person=lambda run: None, notebook=lambda run: run.notebook)


def ids(wall: Wall, *runs: RunSummary) -> list[str]:
    return [tile["id"] for tile in wall.tiles(runs, {})[0]]


def trouble(wall: Wall, summary: RunSummary) -> str | None:
    said = wall.tiles([summary], {})[0][0]["trouble"]
    return said and said["en"]


def test_tiles_keep_their_places(wall: Wall) -> None:
    assert ids(wall, run(2), run(1)) == ["r1", "r2"], "the older first"
    assert ids(wall, run(1), run(2), run(0)) == ["r1", "r2", "r0"], "a new one comes last"
    again = run(7, notebook="p1.ipynb")
    assert ids(wall, ended(1), run(2), run(0), again) == ["r7", "r2", "r0"], "the cell again"
    assert ids(wall, run(1), run(2), again) == ["r1", "r7", "r2"], "two that live are two tiles"
    assert ids(wall, run(0), run(2)) == ["r2", "r0"]


def test_what_is_over_for_long_goes(wall: Wall) -> None:
    now = time.time()
    unseen = {"pid": None, "heard": now - GONE_S - 9}
    assert ids(wall, ended(1), ended(2, ago=RECENT_S + 9)) == ["r1"]
    assert ids(wall, run(3, heard=now - GONE_S - 9)) == ["r3"], "its process lives"
    assert ids(wall, run(4, **unseen)) == [], "nobody can see a process of another machine"
    assert ids(wall, ended(5, "crashed", ended=None, heard=now - 60)) == ["r5"]


def test_more_than_can_be_read_begin_with_those_that_live(wall: Wall) -> None:
    many = [ended(n) for n in range(MOST_TILES)] + [run(500), ended(501, "failed")]
    tiles, more = wall.tiles(many, {})
    assert more == 2 and len(tiles) == MOST_TILES
    assert [tile["id"] for tile in tiles[-2:]] == ["r500", "r501"]


def test_whose_run_it_is() -> None:
    people = {"/r1": "ann"}
    wall = Wall(lambda run: people.get(run.folder), lambda run: run.notebook)
    first, second, third = wall.tiles(
        [run(1), run(2, notebook="class/ben/lesson.ipynb"), run(3, notebook=None)], {"r2": 1}
    )[0]
    assert (first["title"], first["line"]) == ("ann", "p1 · reviews · classify")
    assert (second["title"], second["line"]) == ("ben/lesson", "reviews · classify")
    assert (third["title"], third["line"]) == ("reviews", "classify")
    assert [tile["own"] for tile in (first, second, third)] == [False, True, False]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, None),
        ({"loss_flat": True}, "the loss does not fall"),
        ({"loss_lost": True}, "the loss is no longer a number"),
        ({"heard": -400.0}, "nothing new for 6 min"),
        ({"heard": -400.0, "state": "starting"}, "nothing new for 6 min"),
        ({"heard": -400.0, "state": "paused"}, None),
        ({"heard": -400.0, "state": "queued"}, None),
        ({"state": "crashed"}, "its process is gone"),
        ({"state": "stopped"}, None),
        ({"state": "aborted"}, None),
        ({"state": "failed", "error": {"what": {"en": "Too\nlong.", "zh": "太长"}}}, "Too long."),
        ({"state": "unreadable", "reason": T("no log", "没有日志")}, "no log"),
        ({"state": "finished", "no_bundle": True}, "its export failed"),
    ],
)  # fmt: skip
def test_trouble_is_said(wall: Wall, facts: dict[str, Any], said: str | None) -> None:
    if "heard" in facts:
        facts = {**facts, "heard": time.time() + facts["heard"]}
    assert trouble(wall, run(1, **facts)) == said


def test_a_run_that_falls_silent_while_watched(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    summary, steady = run(1), time.monotonic()
    assert trouble(wall, summary) is None
    monkeypatch.setattr(time, "monotonic", lambda: steady + 300)
    assert trouble(wall, summary) == "nothing new for 5 min"
    assert trouble(wall, run(1, heard=time.time())) is None, "and comes back"


def test_figures_and_bar(wall: Wall) -> None:
    best: dict[str, Any] = {"best": ("accuracy", 0.8)}
    tiles = wall.tiles(
        [
            run(1, left_s=125.0, spark=(0.9, None, 0.5, 0.1)),
            run(2, left_s=43.0, **best),
            run(3, share=None, step=30, total_steps=40),
            ended(4, result=("accuracy", 0.75), **best),
            ended(5, "stopped", share=0.31, **best),
        ],
        {},
    )[0]
    assert [tile["percent"] for tile in tiles] == [50, 50, 75, 100, 31]
    assert [tile["left"] for tile in tiles] == [120, 45, None, None, None]
    test, dev = ["", "accuracy", 0.75], ["dev", "accuracy", 0.8]
    assert [tile["figure"] for tile in tiles] == [None, dev, None, test, dev]
    assert tiles[0]["loss"] == [0.9, 0.1]


@pytest.mark.parametrize(
    "losses", [(), (None,), (0.0, 0.0), (1.0, 0.99), (-5.0, -6.0), (1e99, 0.0)]
)
def test_no_curve_breaks_a_tile(wall: Wall, losses: tuple[float | None, ...]) -> None:
    (tile,) = wall.tiles([run(1, spark=losses)], {})[0]
    assert all(0 <= height <= wall_tiles.HIGHEST for height in tile["curve"])
    if losses == (1.0, 0.99):
        assert tile["curve"][1] > 90, "noise is no fall"
