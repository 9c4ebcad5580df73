"""Every message of the sidebar, as a page gets it, is what the schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import run_writer
from tab_socket import hear, say

from paddle_lab.server import gpu_runs
from paddle_lab.server.gpu_routes import SERVICE

pytest_plugins = ["pytest_jupyter.jupyter_server"]
SCHEMA = json.loads(
    (Path(__file__).parents[2] / "paddle_lab" / "server" / "messages.schema.json").read_text(
        encoding="utf-8"
    )
)
NAMES = {
    ("gpu", "snapshot"): "GpuSnapshot",
    ("gpu", "delta"): "GpuDelta",
    ("owners", "snapshot"): "OwnersSnapshot",
    ("runs", "snapshot"): "RunsSnapshot",
    ("runs", "delta"): "RunsDelta",
    ("alerts", "snapshot"): "AlertsSnapshot",
    ("alerts", "delta"): "AlertsDelta",
}


def strict(name: str) -> jsonschema.Draft202012Validator:
    """The definition with nothing allowed that it does not name."""
    schema = {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"], "unevaluatedProperties": False}
    return jsonschema.Draft202012Validator(schema)


def conforms(name: str, content: dict[str, Any]) -> None:
    errors = [f"{e.json_path}: {e.message[:200]}" for e in strict(name).iter_errors(content)]
    assert not errors, "\n".join([name, *errors])


@pytest.fixture
def jp_server_config(monkeypatch: pytest.MonkeyPatch, registry_root: Path) -> dict[str, Any]:
    monkeypatch.setenv("PADDLE_LAB_GPUS", "simulated:8xA100,lost")
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


@pytest.mark.slow
async def test_every_message_conforms(
    jp_ws_fetch: Any,
    jp_serverapp: Any,
    registry_root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gpu_runs, "PERIOD_S", 0.1)
    service = jp_serverapp.web_app.settings[SERVICE]
    service.sampler.period_s = 0.1
    finished = run_writer.new_run(tmp_path / "runs", registry_root)
    run_writer.write_run(finished, 40)
    unreadable = run_writer.new_run(tmp_path / "runs", registry_root)
    unreadable.info_path.write_text("{", encoding="utf-8")

    socket = await jp_ws_fetch("paddle-lab", "stream")
    for topic in ("gpu", "owners", "runs", "alerts"):
        await say(socket, op="subscribe", topic=topic)
    heard = await hear(socket, "gpu", 12)
    for topic in ("owners", "runs", "alerts"):
        await say(socket, op="subscribe", topic=topic)
        heard += await hear(socket, topic)
    live = run_writer.new_run(tmp_path / "runs", registry_root)
    run_writer.write_run(live, 30, end=False)
    heard += await hear(socket, "runs")
    socket.close()
    service.sampler.close()

    seen = set()
    for message in heard:
        kind = (message.pop("topic"), message["type"])
        message.pop("bytes")
        conforms(NAMES[kind], message)
        seen.add(kind)
    assert seen >= {
        ("gpu", "snapshot"), ("gpu", "delta"), ("owners", "snapshot"),
        ("runs", "snapshot"), ("runs", "delta"), ("alerts", "snapshot"),
    }  # fmt: skip


async def test_the_routes_of_the_sidebar_conform(jp_fetch: Any, jp_serverapp: Any) -> None:
    now = json.loads((await jp_fetch("paddle-lab", "snapshot")).body)
    for owner in now["owners"]:
        conforms("Owner", owner)
    for run in now["runs"]:
        conforms("Run", run)
    light = json.loads((await jp_fetch("paddle-lab", "doctor", request_timeout=60)).body)
    jsonschema.validate(light, {"$ref": "#/$defs/DoctorLight", "$defs": SCHEMA["$defs"]})
    jp_serverapp.web_app.settings[SERVICE].sampler.close()


def test_alerts_conform() -> None:
    from paddle_lab.gpu.alert import Alert
    from paddle_lab.i18n import T

    alert = Alert("hot:1", "gpu-hot", "warning", 1.0, T("hot", "过热"), "open", "gpu:0")
    delta = {"type": "delta", "new": [alert.to_json()], "over": ["lost:2"]}
    conforms("AlertsDelta", delta)
