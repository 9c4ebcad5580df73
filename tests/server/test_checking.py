"""Checks of the environment run beside the server, are followed by their id, and can be ended."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tornado.httpclient import HTTPClientError

from paddle_lab.environment.answers import diagnosed
from paddle_lab.errors import ServerError
from paddle_lab.server import checking
from paddle_lab.server.checking import AT_ONCE, KEPT, Checks
from paddle_lab.server.child import Ended

pytest_plugins = ["pytest_jupyter.jupyter_server"]
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "paddle_lab/server/checking.schema.json").read_text("utf-8")
)
FACTS = {
    "packages": {"paddlepaddle": "3.2.0"},
    "imports": {
        "ok": False, "ended": "normally",
        "phases": [{"name": "import paddle", "ok": False}],
        "text": "ImportError: libfoo.so.1: cannot open shared object file",
    },
}  # fmt: skip


def answer(facts: dict[str, Any]) -> bytes:
    return json.dumps(diagnosed(facts, "en", with_plan=False)["json"], default=str).encode()


def conforms(name: str, content: Any) -> None:
    jsonschema.validate(content, {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


class Programs:
    """Programs that end when they are let; what they were asked, and how many were cancelled."""

    def __init__(self, output: bytes) -> None:
        self.output = output
        self.asked: list[list[str]] = []
        self.cancelled = 0
        self.may_end = asyncio.Event()

    async def __call__(self, words: list[str], *, say: Any, **_: Any) -> Ended:
        self.asked.append(list(words))
        say("phase one")
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Ended(0, self.output)


@pytest.fixture
def jp_server_config(monkeypatch: pytest.MonkeyPatch, registry_root: Path) -> dict[str, Any]:
    monkeypatch.setenv("PADDLE_LAB_GPUS", "none")
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    found = Programs(answer(FACTS))
    monkeypatch.setattr(checking, "run_child", found)
    return found


async def ask(jp_fetch: Any, *path: str, method: str = "GET", **body: Any) -> Any:
    sent = json.dumps(body) if method == "POST" else None
    got = await jp_fetch("paddle-lab", "checks", *path, method=method, body=sent)
    return json.loads(got.body)


async def refused(jp_fetch: Any, *path: str, method: str = "GET", **body: Any) -> tuple[int, str]:
    with pytest.raises(HTTPClientError) as error:
        await ask(jp_fetch, *path, method=method, **body)
    assert error.value.response is not None
    return error.value.code, json.loads(error.value.response.body)["error"]["code"]


async def ended(jp_fetch: Any, check_id: str) -> Any:
    while (check := await ask(jp_fetch, check_id))["state"] == "running":
        await asyncio.sleep(0.01)
    return check


async def test_from_the_first_line_to_findings_and_a_report(
    jp_fetch: Any, programs: Programs
) -> None:
    begun = await ask(jp_fetch, method="POST", depth="full", language="zh")
    conforms("Check", begun)
    assert (await ask(jp_fetch, begun["id"]))["said"] == ["phase one"]
    assert await refused(jp_fetch, begun["id"], "report") == (400, "server.bad_request")
    programs.may_end.set()
    done = await ended(jp_fetch, begun["id"])
    conforms("Check", done)
    assert done["state"] == "done"
    assert done["found"]["light"] == "red"
    assert done["found"]["findings"] and "facts" not in done["found"]
    words = programs.asked[0]
    assert "--check" in words and words[words.index("--lang") + 1] == "zh"
    assert "--python" not in words
    report = (await ask(jp_fetch, begun["id"], "report"))["text"]
    assert "paddlepaddle: 3.2.0" in report


@pytest.mark.parametrize("depth", ["look", "imports", "full"])
async def test_each_depth_asks_for_its_own(jp_fetch: Any, programs: Programs, depth: str) -> None:
    programs.may_end.set()
    begun = await ask(jp_fetch, method="POST", depth=depth)
    await ended(jp_fetch, begun["id"])
    wanted = {"look": set(), "imports": {"--imports"}, "full": {"--check"}}[depth]
    assert set(programs.asked[0]) & {"--imports", "--check"} == wanted


async def test_one_is_cancelled_and_its_program_with_it(jp_fetch: Any, programs: Programs) -> None:
    begun = await ask(jp_fetch, method="POST", depth="full")
    await ask(jp_fetch, begun["id"])
    over = await ask(jp_fetch, begun["id"], method="DELETE")
    assert over["state"] == "cancelled" and over["found"] is None
    assert programs.cancelled == 1
    assert (await ask(jp_fetch, begun["id"], method="DELETE"))["state"] == "cancelled"


async def test_a_program_without_an_answer_is_told(jp_fetch: Any, programs: Programs) -> None:
    programs.output = b"Segmentation fault"
    programs.may_end.set()
    begun = await ask(jp_fetch, method="POST")
    over = await ended(jp_fetch, begun["id"])
    assert (over["state"], over["error"]["code"]) == ("failed", "server.check_failed")


@pytest.mark.parametrize(
    "body",
    [
        {"depth": "deep"},
        {"kernel": 3},
        {"kernel": "/bin/sh"},
        {"kernel": "nope"},
        {"language": "fr"},
    ],
)
async def test_no_other_program_can_be_named(
    jp_fetch: Any, programs: Programs, body: dict[str, Any]
) -> None:
    assert await refused(jp_fetch, method="POST", **body) == (400, "server.bad_request")
    assert programs.asked == []


async def test_kernels_are_those_that_are_registered(jp_fetch: Any, jp_data_dir: Path) -> None:
    for name, program in (("other", "/nowhere/bin/python"), ("r", "R")):
        folder = jp_data_dir / "kernels" / name
        folder.mkdir(parents=True)
        spec = {
            "argv": [program],
            "display_name": name,
            "language": "python" if name != "r" else "R",
        }
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    kernels = await ask(jp_fetch)
    conforms("Kernels", kernels)
    found = {one["name"]: one for one in kernels["kernels"]}
    assert "r" not in found
    assert found["other"]["exists"] is False and found["other"]["here"] is False
    assert kernels["kernels"][0]["here"], "the server's own come first"
    assert await refused(jp_fetch, method="POST", kernel="other") == (400, "server.bad_request")


async def test_unknown_ids_and_callers_learn_nothing(jp_fetch: Any, programs: Programs) -> None:
    assert await refused(jp_fetch, "0" * 16) == (404, "server.no_such_check")
    with pytest.raises(HTTPClientError) as error:
        await jp_fetch("paddle-lab", "checks", headers={"Authorization": "token no"})
    assert error.value.code == 403


async def test_few_run_at_once_the_same_one_is_shared_and_few_are_kept(programs: Programs) -> None:
    checks = Checks()
    first = checks.begin("", None, "look", "en")
    assert checks.begin("", None, "look", "en") is first
    for number in range(1, AT_ONCE):
        checks.begin(f"k{number}", None, "look", "en")
    with pytest.raises(ServerError) as many:
        checks.begin("one more", None, "look", "en")
    assert many.value.code == "server.checks_running"
    programs.may_end.set()
    while any(one.state == "running" for one in checks._checks.values()):
        await asyncio.sleep(0)
    for number in range(KEPT + 4):
        check = checks.begin(f"n{number}", None, "look", "en")
        assert check.task is not None
        await check.task
    with pytest.raises(ServerError):
        checks.get(first.id)


@pytest.mark.slow
async def test_a_real_look_at_this_environment(jp_fetch: Any) -> None:
    begun = await ask(jp_fetch, method="POST", depth="look")
    done = await ended(jp_fetch, begun["id"])
    conforms("Check", done)
    assert done["state"] == "done"
    assert done["found"]["light"] != "unknown"
    assert done["found"]["chips"] and done["found"]["boxes"]
