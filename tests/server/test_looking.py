"""``paddle-lab/look``: only files below the server's folder, only known options, read once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from paddle_lab.server import looking
from paddle_lab.server.child import Ended

pytest_plugins = ["pytest_jupyter.jupyter_server"]
ANSWER = {"table": None, "task": "classify", "tasks": [], "roles": [], "plan": None, "error": None}


@pytest.fixture
def jp_server_config(monkeypatch: pytest.MonkeyPatch, registry_root: Path) -> dict[str, Any]:
    monkeypatch.setenv("PADDLE_LAB_GPUS", "none")
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What processes were asked for; none is started."""
    requests: list[dict[str, Any]] = []

    async def run_child(words: list[str], *, limit_s: float, request: bytes) -> Ended:
        requests.append(json.loads(request))
        return Ended(0, json.dumps(ANSWER).encode())

    monkeypatch.setattr(looking, "run_child", run_child)
    return requests


async def look(jp_fetch: Any, path: Any, **options: Any) -> Any:
    body = json.dumps({"path": path, "options": options})
    return await jp_fetch("paddle-lab", "look", method="POST", body=body, request_timeout=90)


async def refused(jp_fetch: Any, path: Any, **options: Any) -> tuple[int, str]:
    with pytest.raises(HTTPClientError) as error:
        await look(jp_fetch, path, **options)
    assert error.value.response is not None
    return error.value.code, json.loads(error.value.response.body)["error"]["code"]


async def test_a_file_is_read_once_until_it_changes(
    jp_fetch: Any, jp_root_dir: Path, asked: list[Any]
) -> None:
    file = jp_root_dir / "a.csv"
    file.write_text("x", encoding="utf-8")
    for _ in range(3):
        assert json.loads((await look(jp_fetch, "a.csv")).body) == ANSWER
    await look(jp_fetch, "a.csv", limit=20)
    assert [one["options"] for one in asked] == [{}, {"limit": 20}]
    assert asked[0]["file"] == str(file.resolve())
    file.write_text("other", encoding="utf-8")
    await look(jp_fetch, "a.csv")
    assert len(asked) == 3


async def test_only_regular_files_below_the_servers_folder(
    jp_fetch: Any, jp_root_dir: Path, tmp_path: Path, asked: list[Any]
) -> None:
    secret = tmp_path / "outside.csv"
    secret.write_text("text,label\n", encoding="utf-8")
    (jp_root_dir / "link.csv").symlink_to(secret)
    (jp_root_dir / ".hidden.csv").write_text("x", encoding="utf-8")
    (jp_root_dir / "folder.csv").mkdir()
    outside = [str(secret), "../outside.csv", "a/../../outside.csv", "link.csv", "nothing.csv"]
    for path in [*outside, ".hidden.csv", "folder.csv", "x" * 5000]:
        assert await refused(jp_fetch, path) == (404, "server.no_such_file"), path
    for path in ["", 3, None, ["a.csv"], "a\0.csv", "a\ud800.csv"]:
        assert await refused(jp_fetch, path) == (400, "server.bad_request"), path
    assert asked == []


async def test_a_large_file_is_not_read(
    jp_fetch: Any, jp_root_dir: Path, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "LARGEST_FILE", 10)
    (jp_root_dir / "a.csv").write_text("x" * 11, encoding="utf-8")
    assert await refused(jp_fetch, "a.csv") == (413, "server.file_too_large")
    assert asked == []


@pytest.mark.parametrize(
    "options",
    [
        {"trust": True}, {"resume": "last"}, {"config": "x"}, {"out": "/tmp/x"}, {"dev": "b.csv"},
        {"model": "../evil"}, {"model": "org/name"}, {"model": ""}, {"epochs": 0},
        {"epochs": "3"}, {"limit": True}, {"limit": 1}, {"limit": 2.5}, {"max_len": 10**6},
        {"text": "x" * 300}, {"text": ["a"]}, {"column": {"text2": 1}}, {"column": "text2=a"},
    ],
)  # fmt: skip
async def test_nothing_else_of_the_command_can_be_asked_for(
    jp_fetch: Any, jp_root_dir: Path, asked: list[Any], options: dict[str, Any]
) -> None:
    (jp_root_dir / "a.csv").write_text("x", encoding="utf-8")
    assert await refused(jp_fetch, "a.csv", **options) == (400, "server.bad_request")
    assert asked == []


async def test_who_has_no_token_learns_nothing(jp_fetch: Any, asked: list[Any]) -> None:
    with pytest.raises(HTTPClientError) as error:
        await jp_fetch(
            "paddle-lab", "look", method="POST", body="{}", headers={"Authorization": "token no"}
        )
    assert error.value.code == 403
    assert asked == []


async def test_a_process_that_dies_is_told(
    jp_fetch: Any, jp_root_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run_child(words: list[str], **_: Any) -> Ended:
        return Ended(-9, b'{"table"')

    monkeypatch.setattr(looking, "run_child", run_child)
    (jp_root_dir / "a.csv").write_text("x", encoding="utf-8")
    assert await refused(jp_fetch, "a.csv") == (500, "server.look_failed")


async def test_few_files_are_read_at_a_time(
    jp_root_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = most = 0

    async def run_child(words: list[str], **_: Any) -> Ended:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return Ended(0, b"{}")

    monkeypatch.setattr(looking, "run_child", run_child)
    (jp_root_dir / "a.csv").write_text("x", encoding="utf-8")
    found = (jp_root_dir / "a.csv").stat()
    looks = looking.Looks()
    wanted = [looks.look(jp_root_dir / "a.csv", found, {"limit": n}) for n in range(2, 10)]
    await asyncio.gather(*wanted)
    assert most == looking.AT_ONCE


@pytest.mark.slow
async def test_a_real_file_is_really_read(jp_fetch: Any, jp_root_dir: Path) -> None:
    rows = "\n".join(f"第{n}条评论的文字,{'好' if n % 2 else '差'}" for n in range(40))
    (jp_root_dir / "评论 1.csv").write_text(f"review,stars\n{rows}\n", encoding="utf-8")
    answer = json.loads((await look(jp_fetch, "评论 1.csv", epochs=2)).body)
    assert answer["error"] is None
    assert answer["plan"]["spec"]["epochs"] == 2
    wrong = json.loads((await look(jp_fetch, "评论 1.csv", label="nope")).body)
    assert wrong["plan"] is None and wrong["error"]["what"]["zh"]
