"""A whole run on a model and data of a hub: what its folder, its notices and its bundle say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hub_server import HubServer
from hubs.test_data import reviews
from hubs.test_models import files_of_a_model
from kernel import events_of

import paddle_lab
from paddle_lab.bundle import load_manifest


@pytest.mark.slow
def test_a_run_says_where_everything_came_from_and_under_which_licence(
    hub: HubServer, tmp_path: Path, registry_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hf_plantedSecret0123456789abcdefghij"
    monkeypatch.setenv("HF_TOKEN", secret)
    model = hub.store.put("org/m", files_of_a_model(tmp_path / "m"))
    data = reviews(hub)
    run = paddle_lab.finetune(
        "hf:org/reviews", model="org/m", max_len=16, epochs=1, out=str(tmp_path / "runs"),
        baseline=False, show=False,
    )  # fmt: skip
    assert run.state.state == "finished"
    info = json.loads(run.folder.info_path.read_text("utf-8"))
    assert info["spec"]["model"] == f"hf:org/m@{model}"
    assert info["spec"]["train"] == f"hf:org/reviews:train@{data}"
    assert {facts["endpoint"] for facts in info["hubs"].values()} == {hub.address}
    assert set(info["hubs"]) == {"model", "train", "dev", "test"}

    notices = [one for one in events_of(run.folder) if one["kind"] == "notice"]
    told = {(one["level"], one["code"]) for one in notices}
    assert ("info", "hub") in told
    assert ("warning", "licence") in told, "the data are for non-commercial use"
    assert any(hub.address in one["text"]["en"] for one in notices)

    manifest = load_manifest(run.folder.bundle)
    assert manifest.base_model["licence"] == "apache-2.0"
    assert manifest.base_model["revision"] == model
    assert manifest.base_model["endpoint"] == hub.address
    (licence,) = manifest.source["licences"]
    assert (licence["name"], licence["use"]) == ("hf:org/reviews", "noncommercial")
    assert "cc-by-nc-4.0" in (run.folder.bundle / "README.md").read_text("utf-8")
    assert "cc-by-nc-4.0" in (run.folder.report / "report.md").read_text("utf-8")

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "log.txt" for path in files)
    assert [path for path in files if secret.encode() in path.read_bytes()] == []
