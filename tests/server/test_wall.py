"""The wall as a page gets it: over a real Jupyter server, in few and small messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import run_writer
from tab_socket import hear, say

from paddle_lab.runs import ProcessMark, Registry, RunFolder
from paddle_lab.runs.board import RunsBoard
from paddle_lab.server.gpu_runs import RunsWatch
from paddle_lab.server.readers import Readers
from paddle_lab.server.wall import WallRuns, WallTopic

pytest_plugins = ["pytest_jupyter.jupyter_server"]
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "paddle_lab/server/wall.schema.json").read_text("utf-8")
)


def conforms(message: dict[str, Any]) -> dict[str, Any]:
    name = {"snapshot": "WallSnapshot", "delta": "WallDelta"}[message["type"]]
    schema = {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"], "unevaluatedProperties": False}
    content = {key: value for key, value in message.items() if key not in ("topic", "bytes")}
    jsonschema.Draft202012Validator(schema).validate(content)
    return message


class Page:
    """Holds the tiles as a page does."""

    def __init__(self) -> None:
        self.tiles: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []

    def take(self, message: dict[str, Any]) -> None:
        conforms(message)
        if message["type"] == "snapshot":
            self.tiles = {}
            self.order = [tile["id"] for tile in message["tiles"]]
        for news in message.get("tiles", ()):
            self.tiles[news["id"]] = {**self.tiles.get(news["id"], {}), **news}
        self.order = message.get("order", self.order)
        for place, percent, left in message.get("moved", ()):
            self.tiles[self.order[place]].update(percent=percent, left=left)


@pytest.fixture
def jp_server_config(
    monkeypatch: pytest.MonkeyPatch, registry_root: Path, tmp_path: Path
) -> dict[str, Any]:
    monkeypatch.setenv("PADDLE_LAB_GPUS", "none")
    extensions = {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}
    return {**extensions, "PaddleLab": {"wall_dir": str(tmp_path / "class")}}


@pytest.mark.slow
async def test_own_and_shared_runs_reach_a_page(
    jp_ws_fetch: Any, registry_root: Path, tmp_path: Path
) -> None:
    own = run_writer.new_run(tmp_path / "own", registry_root)
    run_writer.write_run(own, 10)
    theirs = run_writer.new_run(tmp_path / "class/ann/paddle_runs", tmp_path / "theirs")
    run_writer.write_run(theirs, 10, end=False)
    socket = await jp_ws_fetch("paddle-lab", "stream")
    await say(socket, op="subscribe", topic="wall")
    page = Page()
    page.take((await hear(socket, "wall"))[0])
    titles = {tile["title"]: tile for tile in page.tiles.values()}
    assert titles["ann"]["live"] and not titles["ann"]["own"]
    assert titles["lesson"]["state"] == "finished" and titles["lesson"]["own"]

    with theirs.open_log() as log:
        log.append("step", **run_writer.step_fields(11, 200))
        log.append("end", state="failed", step=11, error={
            "type": "X", "code": "run.diverged", "what": {"en": "Lost.", "zh": "丢失。"},
        })  # fmt: skip
    while page.tiles[titles["ann"]["id"]]["state"] != "failed":
        page.take((await hear(socket, "wall"))[0])
    assert page.tiles[titles["ann"]["id"]]["trouble"] == {"en": "Lost.", "zh": "丢失。"}
    socket.close()


@pytest.mark.slow
async def test_a_page_that_comes_later_holds_the_same_tiles(make_run: Any) -> None:
    """However many run: small messages, one curve in each, and nobody's tiles differ."""
    mark = ProcessMark.of_this_process().to_json()
    logs = [make_run(name=f"n{number}").open_log() for number in range(30)]
    for number, log in enumerate(logs):
        log.append("phase", phase="train", process=mark, total_steps=400)
        for step in range(1, 4 + number):
            log.append("step", **run_writer.step_fields(step, 400))
    readers = Readers()
    heard: list[dict[str, Any]] = []
    wall = WallRuns(RunsWatch(Path("/"), readers, RunsBoard(Registry())), readers, None)
    topic = WallTopic(wall, heard.append, period_s=3600.0)
    await topic.start()
    first, late = Page(), Page()
    first.take((await topic.initial_messages(None))[0])
    for step in (40, 80, 120):
        for log in logs:
            log.append("step", **run_writer.step_fields(step, 400))
        wall.watch._began_at = float("-inf")
        await topic._look()
    late.take((await topic.initial_messages(None))[0])
    assert len(heard) == 3
    for message in heard:
        first.take(message)
        assert len(json.dumps(message, separators=(",", ":"))) < 1024
        assert len(message["moved"]) + len(message["tiles"]) == 30
        assert sum("curve" in tile for tile in message["tiles"]) == 1
    assert (first.tiles, first.order) == (late.tiles, late.order)
    assert [tile["percent"] for tile in first.tiles.values()] == [34] * 30
    await topic.stop()
    for log in logs:
        log.close()


@pytest.mark.parametrize("gone", ["folder", "run"])
async def test_what_goes_leaves_the_wall(make_run: Any, tmp_path: Path, gone: str) -> None:
    run: RunFolder = make_run()
    run_writer.write_run(run, 4)
    readers = Readers()
    watch = RunsWatch(Path("/"), readers, RunsBoard(Registry()))
    wall = WallRuns(watch, readers, tmp_path / "nowhere" if gone == "folder" else None)
    assert len((await wall.look())[0]) == 1
    assert (wall.note is not None) == (gone == "folder")
    if gone == "run":
        run.info_path.unlink()
        run.path.rename(tmp_path / "elsewhere")
        watch._began_at = float("-inf")
        assert (await wall.look())[0] == []
    await watch.close()
