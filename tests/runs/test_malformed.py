"""One bad run never hurts the others: each malformed folder stands beside three good ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import malformed_runs
import pytest
import run_writer

import paddle_lab.runs
from paddle_lab.commands import runs as command
from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.errors import PaddleLabError
from paddle_lab.runs import Registry, RunFolder
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.follower import RunFollower
from paddle_lab.runs.removal import remove_run
from paddle_lab.runs.snapshot import snapshot
from paddle_lab.views import frozen_bundle

GOOD = ("first", "second", "third")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three good runs, and a fourth to be copied and spoilt; made once for all shapes."""
    home = tmp_path_factory.mktemp("malformed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PADDLE_LAB_DATA_DIR", str(home / "data"))
        for name in (*GOOD, "bad"):
            run_writer.write_run(run_writer.new_run(home / "runs", name=name), 20)
        Registry().find("bad").folder.path.rename(home / "whole")
        yield home


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    path = Path(paddle_lab.runs.__file__).with_name("schema.json")
    return {"$ref": "#/$defs/Snapshot", **json.loads(path.read_text(encoding="utf-8"))}


@pytest.fixture
def bad(home: Path, request: pytest.FixtureRequest) -> Iterator[RunFolder]:
    """The fourth run, spoilt as the test's parameter says."""
    (entry,) = (
        entry
        for path in (home / "data" / "runs").glob("*.json")
        if (entry := json.loads(path.read_text(encoding="utf-8")))["name"] == "bad"
    )
    folder = Path(entry["folder"])
    shutil.copytree(home / "whole", folder)
    malformed_runs.spoil(request.param, folder)
    yield RunFolder(folder)
    shutil.rmtree(folder, ignore_errors=True)


def runs(*words: str) -> Result:
    args = command.build_parser("paddle-lab runs").parse_args(list(words))
    return command.execute(args, Context())


SHAPES = sorted(malformed_runs.SHAPES)


def test_there_are_many_shapes() -> None:
    assert len(SHAPES) >= 200


@pytest.mark.parametrize("bad", SHAPES, indirect=True)
def test_the_others_stay_listed_and_the_bad_one_says_what_is_wrong(
    bad: RunFolder,
    request: pytest.FixtureRequest,
    schema: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    shape = malformed_runs.SHAPES[request.node.callspec.params["bad"]]
    listed = runs("list")
    rows = {row["name"]: row for row in listed.json}
    assert rows.keys() == {*GOOD, "bad"}
    assert {rows[name]["state"] for name in GOOD} == {"finished"}
    board = {row.name: row for row in RunsBoard().refresh()}
    json.dumps([row.to_json() for row in board.values()], allow_nan=False)
    assert rows["bad"]["state"] == board["bad"].state
    if shape.readable:
        whole = snapshot(bad)
        jsonschema.Draft202012Validator(schema).validate(whole)
        json.dumps(whole, allow_nan=False)
        assert frozen_bundle(bad, "en", picture=False)["text/plain"]
        message = RunFollower(bad).poll()
        assert message is not None and message["type"] == "snapshot"
        assert rows["bad"]["state"] != "unreadable"
    else:
        assert rows["bad"]["state"] == "unreadable" and rows["bad"]["reason"]
        assert f"unreadable: {rows['bad']['reason']}" in listed.text
        with pytest.raises(PaddleLabError) as caught:
            snapshot(bad)
        assert caught.value.code == "run.unreadable"
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(
    "bad", ["run.json: NaN", "run.json: a FIFO", "events.jsonl: a FIFO"], indirect=True
)
def test_what_cannot_be_read_can_be_removed(bad: RunFolder) -> None:
    registry = Registry()
    (ref,) = (ref for ref in registry.list() if ref.name == "bad")
    entry = registry.root / f"{ref.id}.json"
    content = entry.read_bytes()
    remove_run(registry, ref)
    assert not bad.path.exists() and not entry.exists()
    entry.write_bytes(content)
