"""What the run pages ask of a Jupyter server: the table, runs side by side, changes, removal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import run_writer
from tornado.httpclient import HTTPClientError

from paddle_lab.runs import RunFolder

pytest_plugins = ["pytest_jupyter.jupyter_server"]
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "paddle_lab" / "server" / "page.schema.json").read_text("utf-8")
)
MakeRun = Callable[..., RunFolder]


@pytest.fixture
def jp_server_config(registry_root: Path) -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def ask(jp_fetch: Any) -> Any:
    """An answer's JSON, as the schema's ``name`` has it."""

    async def asked(name: str, *parts: str, **options: Any) -> Any:
        answer = json.loads((await jp_fetch("paddle-lab", *parts, **options)).body)
        schema = {
            "$ref": f"#/$defs/{name}",
            "$defs": SCHEMA["$defs"],
            "unevaluatedProperties": False,
        }
        jsonschema.Draft202012Validator(schema).validate(answer)
        return answer

    return asked


@pytest.fixture
def refused(jp_fetch: Any) -> Any:
    """The status and the code of a refusal."""

    async def asked(*parts: str, **options: Any) -> tuple[int, str]:
        with pytest.raises(HTTPClientError) as error:
            await jp_fetch("paddle-lab", *parts, **options)
        return error.value.code, json.loads(error.value.response.body)["error"]["code"]

    return asked


async def test_the_table_a_person_works_in(make_run: MakeRun, ask: Any) -> None:
    for name in ("one", "two", "three"):
        run_writer.write_run(make_run(name=name, model="nano" if name == "two" else "mini"), 8)
    table = await ask("RunTable", "run-table")
    while table["unread"]:
        table = await ask("RunTable", "run-table")
    assert [row["name"] for row in table["rows"]] == ["three", "two", "one"]
    assert (table["total"], table["all"], table["models"]) == (3, 3, ["mini", "nano"])
    assert table["rows"][0]["result"] == ["accuracy", 0.826]
    assert table["rows"][0]["best"][0] == "accuracy"
    query = {"words": "t", "sort": "name", "down": "0", "limit": "1", "offset": "1"}
    table = await ask("RunTable", "run-table", params=query)
    assert ([row["name"] for row in table["rows"]], table["total"]) == (["two"], 2)


async def test_a_failed_run_says_why(make_run: MakeRun, ask: Any) -> None:
    folder = make_run()
    with folder.open_log() as log:
        error = {
            "type": "RunError",
            "code": "run.diverged",
            "what": {"en": "Lost.", "zh": "丢失。"},
        }
        log.append("end", state="failed", step=3, error=error)
    damaged = make_run(name="bad")
    damaged.info_path.write_text("{", encoding="utf-8")
    bad, failed = (await ask("RunTable", "run-table"))["rows"]
    assert failed["reason"] == {"en": "Lost.", "zh": "丢失。"}
    assert bad["state"] == "unreadable" and "run.json" in bad["reason"]["en"]


@pytest.mark.parametrize(
    "query",
    [{"sort": "folder"}, {"limit": "0"}, {"limit": "1000"}, {"offset": "-1"}, {"down": "yes"}],
)
async def test_what_the_table_does_not_know_is_refused(refused: Any, query: Any) -> None:
    assert await refused("run-table", params=query) == (400, "server.bad_request")


async def test_two_runs_side_by_side_and_their_points(
    make_run: MakeRun, ask: Any, jp_fetch: Any
) -> None:
    one, two = make_run(name="one", lr=1e-4), make_run(name="two", lr=3e-4)
    for folder in (one, two):
        run_writer.write_run(folder, 8)
    runs = {"runs": f"{one.id},{two.id}"}
    found = await ask("Comparison", "compare", params=runs)
    assert [run["name"] for run in found["runs"]] == ["one", "two"]
    assert {"name": "lr", "values": ["0.0001", "0.0003"]} in found["options"]
    assert found["metrics"] == [{"name": "accuracy", "values": [0.826, 0.826]}]
    assert (found["comparable"], found["warning"]) == (True, None)
    for folder, seen in ((one, "a"), (two, "b")):
        facts = {"fingerprint": seen, "evaluated": seen}
        (folder.path / "data.json").write_text(json.dumps(facts), encoding="utf-8")
    found = await ask("Comparison", "compare", params=runs)
    assert not found["comparable"] and "different data" in found["warning"]["en"]
    answer = await jp_fetch("paddle-lab", "points", params=runs)
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert len([row for row in rows if row["kind"] == "step"]) == 16


@pytest.mark.parametrize("route", ["compare", "points"])
async def test_runs_are_named_by_ids_alone(make_run: MakeRun, refused: Any, route: str) -> None:
    known = make_run().id
    for runs in ("", ",", known + ",", ",".join(f"r{n}" for n in range(9))):
        assert (await refused(route, params={"runs": runs}))[0] == 400, runs
    for runs in (f"{known},../../etc", f"{known},nobody"):
        assert await refused(route, params={"runs": runs}) == (404, "run.unknown")


async def test_a_run_is_renamed_and_noted(make_run: MakeRun, ask: Any) -> None:
    folder = make_run(name="own")
    run_writer.write_run(folder, 8)
    put = {"method": "PUT", "body": json.dumps({"name": "新名字", "note": "good"})}
    assert await ask("About", "runs", folder.id, "about", **put) == {
        "name": "新名字",
        "note": "good",
    }
    page = await ask("RunPage", "runs", folder.id, "page")
    assert (page["name"], page["note"], page["live"]) == ("新名字", "good", False)
    assert page["resume"] is None
    assert page["export"] == f"%ernie_export {folder.id}"
    assert (
        page["more"].startswith("%ernie_finetune reviews")
        and f"--model {folder.id}" in page["more"]
    )
    (row,) = (await ask("RunTable", "run-table", params={"words": "good"}))["rows"]
    assert row["name"] == "新名字"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"name": 3}', '{"note": null}', '{"x": "y"}'])
async def test_an_odd_change_is_refused(make_run: MakeRun, refused: Any, body: str) -> None:
    run_id = make_run().id
    answer = await refused("runs", run_id, "about", method="PUT", body=body)
    assert answer == (400, "server.bad_request")


async def test_a_run_is_removed_but_no_live_one_and_no_others_files(
    make_run: MakeRun, refused: Any, jp_fetch: Any
) -> None:
    live, mixed, old = make_run(name="live"), make_run(name="mixed"), make_run(name="old")
    run_writer.write_run(live, 8, end=False)
    run_writer.write_run(mixed, 8)
    run_writer.write_run(old, 8)
    (mixed.path / "notes.txt").write_text("mine", encoding="utf-8")
    assert await refused("runs", live.id, method="DELETE") == (409, "run.active")
    assert await refused("runs", mixed.id, method="DELETE") == (409, "run.foreign_files")
    assert await refused("runs", "..%2F..%2Fetc", method="DELETE") == (404, "run.unknown")
    gone = old.id
    answer = await jp_fetch("paddle-lab", "runs", gone, method="DELETE")
    assert json.loads(answer.body) == {"removed": gone}
    assert live.path.exists() and mixed.path.exists() and not old.path.exists()
    assert await refused("runs", gone, method="DELETE") == (404, "run.unknown")


async def test_the_logs_of_a_run_of_several_processes(
    make_run: MakeRun, ask: Any, refused: Any
) -> None:
    folder = make_run()
    logs = "runs", folder.info()["id"], "logs"
    assert await ask("RunLogs", *logs) == {"names": [], "lines": []}
    (folder.path / "logs").mkdir()
    for rank in (2, 1):
        (folder.path / "logs" / f"rank-{rank}.txt").write_text(f"started\nof {rank}\n", "utf-8")
    assert await ask("RunLogs", *logs) == {"names": ["rank-1", "rank-2"], "lines": []}
    second = await ask("RunLogs", *logs, params={"name": "rank-2"})
    assert second["lines"] == ["started", "of 2"]
    assert (await refused(*logs, params={"name": "../log"}))[0] == 400
