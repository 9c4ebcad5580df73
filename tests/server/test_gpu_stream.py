"""The sidebar's topics and routes on a Jupyter server of the test's own, with simulated GPUs."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import Any

import pytest
import run_writer
from tab_socket import hear, say, silence
from tornado.httpclient import HTTPClientError

from paddle_lab.server import gpu_runs
from paddle_lab.server.gpu_doctor import Look
from paddle_lab.server.gpu_routes import SERVICE

pytest_plugins = ["pytest_jupyter.jupyter_server"]


@pytest.fixture
def jp_server_config(monkeypatch, registry_root) -> dict[str, Any]:
    monkeypatch.setenv("PADDLE_LAB_GPUS", "simulated:8xA100")
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.fixture
def service(jp_serverapp, monkeypatch):
    """The sidebar's service, ten times as quick as people need it."""
    monkeypatch.setattr(gpu_runs, "PERIOD_S", 0.1)
    monkeypatch.setattr(gpu_runs, "QUIET_PERIOD_S", 0.3)
    found = jp_serverapp.web_app.settings[SERVICE]
    found.sampler.period_s = 0.1
    yield found
    found.sampler.close()


async def test_a_snapshot_with_the_past_then_small_deltas(jp_ws_fetch, service):
    socket = await jp_ws_fetch("paddle-lab", "stream")
    await say(socket, op="subscribe", topic="gpu")
    (first,) = await hear(socket, "gpu")
    deltas = [m for m in await hear(socket, "gpu", 4) if m["seq"] > first["seq"]][:3]
    assert first["type"] == "snapshot"
    assert len(first["gpus"]) == len(first["f"]) == 8
    assert first["simulated"]
    assert set(first["history"]["tracks"]) >= {gpu["uuid"] for gpu in first["gpus"]}
    assert [message["seq"] for message in deltas] == [first["seq"] + n for n in (1, 2, 3)]
    assert max(message["bytes"] for message in deltas if "w" not in message) <= 300
    socket.close()


async def test_the_sampler_runs_while_somebody_listens_and_not_longer(jp_ws_fetch, service):
    service.sampler._linger_s = 0.1
    assert not service.sampler.running
    one = await jp_ws_fetch("paddle-lab", "stream")
    two = await jp_ws_fetch("paddle-lab", "stream")
    for socket in (one, two):
        await say(socket, op="subscribe", topic="gpu")
        await hear(socket, "gpu")
    assert service.sampler.running
    one.close()
    await hear(two, "gpu", 2)
    await say(two, op="unsubscribe", topic="gpu")
    deadline = time.monotonic() + 30
    while service.sampler.running:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    two.close()


@pytest.mark.slow
async def test_a_hidden_tab_is_told_nothing_and_catches_up(jp_ws_fetch, service):
    socket = await jp_ws_fetch("paddle-lab", "stream")
    watcher = await jp_ws_fetch("paddle-lab", "stream")
    for one in (socket, watcher):
        await say(one, op="subscribe", topic="gpu")
    (last,) = await hear(socket, "gpu")
    await say(socket, op="visible", value=False)
    heard = await silence(socket, 0.3)
    assert await silence(socket, 1.0) == []
    known = [last["seq"], *(json.loads(line)["seq"] for line in heard)]
    while (await hear(watcher, "gpu"))[0]["seq"] <= max(known):
        pass  # something was missed
    await say(socket, op="visible", value=True)
    (missed,) = await hear(socket, "gpu")
    assert missed["type"] == "delta"
    assert missed["seq"] == max(known) + 1
    socket.close()
    watcher.close()


async def test_a_tab_that_was_away_too_long_gets_everything_anew(jp_ws_fetch, service):
    socket = await jp_ws_fetch("paddle-lab", "stream")
    await say(socket, op="subscribe", topic="gpu", **{"from": 100_000})
    assert (await hear(socket, "gpu"))[0]["type"] == "snapshot"
    socket.close()


async def test_links_come_with_the_deltas_only_while_a_row_is_open(jp_ws_fetch, service):
    socket = await jp_ws_fetch("paddle-lab", "stream")
    await say(socket, op="subscribe", topic="gpu")
    assert "l" not in (await hear(socket, "gpu", 2))[-1]
    await say(socket, op="subscribe", topic="links:2")
    while "l" not in (message := (await hear(socket, "gpu"))[0]):
        pass
    assert set(message["l"]) == {"2"}
    await say(socket, op="unsubscribe", topic="links:2")
    while "l" in (await hear(socket, "gpu"))[0]:
        pass
    socket.close()


@pytest.mark.parametrize("topic", ["links:x", "links:", "links:-1", "gpus", "nothing:1"])
async def test_a_topic_that_does_not_exist_is_refused_and_the_others_go_on(
    jp_ws_fetch, service, topic
):
    socket = await jp_ws_fetch("paddle-lab", "stream")
    await say(socket, op="subscribe", topic=topic)
    assert (await hear(socket, topic))[0]["type"] == "gone"
    await say(socket, op="subscribe", topic="gpu")
    await hear(socket, "gpu")
    socket.close()


async def test_runs_of_every_notebook_and_what_changes(jp_ws_fetch, service, make_run):
    old = make_run(name="old")
    run_writer.write_run(old, 30)
    socket = await jp_ws_fetch("paddle-lab", "stream")
    await say(socket, op="subscribe", topic="runs")
    (snapshot,) = await hear(socket, "runs")
    assert [(run["name"], run["state"]) for run in snapshot["runs"]] == [("old", "finished")]
    assert snapshot["runs"][0]["spark"]
    new = make_run(name="new")
    (delta,) = await hear(socket, "runs")
    assert [run["name"] for run in delta["runs"]] == ["new"]
    run_writer.write_run(new, 10)
    while True:
        (delta,) = await hear(socket, "runs")
        if delta["runs"][0]["state"] == "finished":
            break
    new.info_path.unlink()
    (delta,) = await hear(socket, "runs")
    assert (delta["runs"], delta["gone"]) == ([], [new.path.name.rpartition("-")[2]])
    socket.close()


async def test_alerts_of_a_crashed_run(jp_ws_fetch, service, make_run):
    folder = make_run(name="night")
    with folder.open_log() as log:
        dead = {"pid": 1 << 22, "started": 1.0, "host": __import__("socket").gethostname()}
        log.append("phase", phase="train", process=dead)
        log.append("step", **run_writer.step_fields(1, 10))
    socket = await jp_ws_fetch("paddle-lab", "stream")
    await say(socket, op="subscribe", topic="alerts")
    (greeting,) = await hear(socket, "alerts")
    codes = [alert["code"] for alert in greeting["alerts"]]
    while "crashed" not in codes:
        (delta,) = await hear(socket, "alerts")
        codes += [alert["code"] for alert in delta["new"]]
    socket.close()


async def test_the_snapshot_for_scripts(jp_fetch, service, make_run):
    run_writer.write_run(make_run(), 10)
    answer = json.loads((await jp_fetch("paddle-lab", "snapshot")).body)
    assert set(answer) >= {"gpus", "host", "owners", "runs"}
    assert len(answer["gpus"]) == 8
    assert answer["gpus"][1]["memory_used_bytes"] > 0
    assert answer["host"]["memory_total"] > 0
    assert answer["runs"][0]["state"] == "finished"


async def test_hostile_names_and_damaged_numbers_do_not_break_the_snapshot(
    jp_fetch, service, make_run
):
    name = '<img src=x onerror=alert(1)>"{}%s'
    folder = make_run(name=name)
    run_writer.write_run(folder, 5, end=False)
    lines = folder.events_path.read_text("utf-8").splitlines()
    last = {**json.loads(lines[-1]), "seq": 10_000, "kind": "step", "step": 6, "loss": "LOSS"}
    lines.append(json.dumps(last).replace('"LOSS"', "NaN"))
    folder.events_path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    answer = json.loads(
        (await jp_fetch("paddle-lab", "snapshot")).body, parse_constant=lambda text: 1 / 0
    )
    assert answer["runs"][0]["name"] == name


async def test_the_doctors_light_is_asked_once_and_again_only_when_wanted(
    jp_fetch, service, monkeypatch
):
    asked = []
    light = {"light": "yellow", "headline": {"en": "e", "zh": "z"}, "first": None, "imports": True}

    def ask() -> Look:
        asked.append(1)
        return Look(light, None)

    monkeypatch.setattr("paddle_lab.server.gpu_doctor._ask", ask)
    for _ in range(3):
        answer = json.loads((await jp_fetch("paddle-lab", "doctor")).body)
        assert answer == {**light, "imports": "work"}
    assert len(asked) == 1
    await jp_fetch("paddle-lab", "doctor", params={"again": "1"})
    assert len(asked) == 2


async def test_a_doctor_that_fails_says_so_and_is_asked_anew(jp_fetch, service, monkeypatch):
    def fail() -> dict[str, Any]:
        raise OSError("no disk")

    monkeypatch.setattr("paddle_lab.server.gpu_doctor._ask", fail)
    answer = json.loads((await jp_fetch("paddle-lab", "doctor")).body)
    assert answer["light"] == "unknown"
    assert "no disk" in answer["headline"]["en"]
    look = Look({"light": "green", "first": None, "imports": True}, None)
    monkeypatch.setattr("paddle_lab.server.gpu_doctor._ask", lambda: look)
    assert json.loads((await jp_fetch("paddle-lab", "doctor")).body)["light"] == "green"


@pytest.mark.slow
async def test_the_real_light_of_this_environment_without_importing_paddle(jp_fetch, service):
    before = "paddle" in sys.modules
    answer = json.loads((await jp_fetch("paddle-lab", "doctor", request_timeout=60)).body)
    assert answer["light"] in ("grey", "green", "yellow", "red")
    assert answer["headline"]["en"]
    assert answer["headline"]["zh"]
    assert ("paddle" in sys.modules) == before


async def test_the_past_for_a_large_chart(jp_fetch, service):
    await jp_fetch("paddle-lab", "snapshot")
    answer = json.loads(
        (await jp_fetch("paddle-lab", "history", params={"range": "6h", "points": "60"})).body
    )
    assert answer["step"] == 6 * 3600 // 60
    assert all(len(track["busy"]) == 60 for track in answer["tracks"].values())
    for bad in ({"range": "1y"}, {"points": "0"}, {"points": "many"}, {"points": "99999"}):
        with pytest.raises(HTTPClientError) as refused:
            await jp_fetch("paddle-lab", "history", params=bad)
        assert refused.value.code == 400


async def test_metrics_are_off_until_the_operator_switches_them_on(jp_fetch, jp_serverapp, service):
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("paddle-lab", "metrics")
    assert refused.value.code == 404
    assert b"PADDLE_LAB_METRICS=1" in refused.value.response.body
    jp_serverapp.web_app.settings["paddle_lab_config"].metrics = True
    text = (await jp_fetch("paddle-lab", "metrics")).body.decode()
    assert len(re.findall(r"^paddle_lab_gpu_memory_used_bytes\{", text, re.M)) == 8
    assert 'simulated="true"' in text
    names = set(re.findall(r"^([a-z_]+)[ {]", text, re.M))
    assert all(name.startswith("paddle_lab_") for name in names)


async def test_other_gpus_can_be_chosen_unless_the_administrator_has(jp_fetch, service):
    with pytest.raises(HTTPClientError) as refused:
        await put(jp_fetch, "simulated:1xT4")
    assert refused.value.code == 409
    service.fixed = False
    assert (await put(jp_fetch, "simulated:1xT4"))["gpus"] == "simulated:1xT4"
    answer = json.loads((await jp_fetch("paddle-lab", "snapshot")).body)
    while len(answer["gpus"]) != 1:
        await asyncio.sleep(0.1)
        answer = json.loads((await jp_fetch("paddle-lab", "snapshot")).body)
    with pytest.raises(HTTPClientError) as refused:
        await put(jp_fetch, "simulated:1xABACUS")
    assert refused.value.code == 400
    assert b"simulated:8xA100" in refused.value.response.body


@pytest.mark.parametrize("body", ["[]", "{}", '{"gpus": 3}', "null"])
async def test_a_request_that_is_none_changes_nothing(jp_fetch, service, body):
    service.fixed = False
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("paddle-lab", "gpus", method="PUT", body=body)
    assert refused.value.code == 400
    assert service.setting == "simulated:8xA100"


async def put(jp_fetch: Any, setting: str) -> Any:
    body = json.dumps({"gpus": setting})
    return json.loads((await jp_fetch("paddle-lab", "gpus", method="PUT", body=body)).body)


async def test_diagnostics_name_no_person_and_no_file(jp_fetch, service, make_run):
    make_run(name="secret-project")
    await jp_fetch("paddle-lab", "snapshot")
    text = json.loads((await jp_fetch("paddle-lab", "diagnostics")).body)["text"]
    assert "GPU 7" in text
    assert "simulated:8xA100" in text
    assert "secret-project" not in text
    assert "/" not in text.replace("0/", "").split("owners:")[-1]


async def test_nothing_here_keeps_an_idle_server_alive(jp_fetch, jp_ws_fetch, jp_web_app, service):
    before = jp_web_app.settings.get("api_last_activity")
    for name in ("snapshot", "history", "gpus", "diagnostics"):
        await jp_fetch("paddle-lab", name)
    socket = await jp_ws_fetch("paddle-lab", "stream")
    await say(socket, op="subscribe", topic="gpu")
    await hear(socket, "gpu", 2)
    socket.close()
    assert jp_web_app.settings.get("api_last_activity") == before


@pytest.mark.slow
async def test_reconnecting_leaves_nothing_behind(jp_ws_fetch, jp_serverapp, service):
    hub = jp_serverapp.web_app.settings["paddle_lab_hub"]
    for _ in range(60):
        socket = await jp_ws_fetch("paddle-lab", "stream")
        for topic in ("gpu", "owners", "runs", "alerts"):
            await say(socket, op="subscribe", topic=topic)
        await hear(socket, "gpu")
        socket.close()
    for _ in range(100):
        if not hub.active:
            break
        await asyncio.sleep(0.05)
    assert hub.active == []
    assert service.sampler._listeners == []
    assert service.owners._listeners == []
    assert service.runs._listeners == []


async def test_a_sample_that_comes_while_somebody_begins_to_listen_is_not_missed(
    jp_serverapp, service, monkeypatch
):
    sampler = service.sampler
    real = sampler.listen

    def listen(callback: Any) -> Any:
        """The thread takes a sample before this listener is in its list."""
        first = real(lambda sample: None)
        while sampler.latest is None:
            time.sleep(0.005)
        sampler.leave(first)
        return real(callback)

    monkeypatch.setattr(sampler, "listen", listen)
    sampler.period_s = 60.0
    sample = await asyncio.wait_for(service.fresh_sample(), 20)
    assert sample is sampler.latest
