"""A real bundle pushed, proven from the hub in a fresh process, used and compared by its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bundle.tiny import tiny_trained
from hub_server import HubServer

import paddle_lab
from paddle_lab.bundle import export_bundle
from paddle_lab.cli import main

SECRET = "hf_plantedSecret0123456789abcdefghij"


@pytest.mark.slow
def test_a_pushed_model_answers_from_the_hub_and_no_token_is_left_anywhere(
    hub: HubServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hub.store.tokens[SECRET] = "somebody"
    monkeypatch.setenv("HF_TOKEN", SECRET)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    run = tmp_path / "run"
    export_bundle(tiny_trained(), run / "bundle")
    assert main(["push", str(run / "bundle"), "hf:somebody/shop", "--json", "--quiet"]) == 0
    told = capsys.readouterr()
    pushed = json.loads(told.out)
    assert pushed["proofs"]["paddle"]["answers_equal"]
    assert pushed["commit"] == hub.store.repo("somebody/shop").tags["v1"]

    rows = ["质量很好，推荐！", "一般"]
    predictor = paddle_lab.load_bundle("hf:somebody/shop@v1", device="cpu")
    here = paddle_lab.load_bundle(run / "bundle", device="cpu")
    assert [one.to_json() for one in predictor.predict(rows)] == [
        one.to_json() for one in here.predict(rows)
    ]

    test = tmp_path / "test.jsonl"
    labels = [one.to_json()["label"] for one in here.predict(rows)]
    lines = [json.dumps({"text": a, "label": b}) for a, b in zip(rows, labels, strict=True)]
    test.write_text("\n".join(lines) + "\n", encoding="utf-8")
    names = ["hf:somebody/shop@v1", "hf:somebody/shop"]
    assert main(["runs", "compare", *names, "--test", str(test), "--json"]) == 0
    compared = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in compared] == names
    assert {one["metrics"]["accuracy"] for one in compared} == {1.0}

    strange = tmp_path / "strange.tsv"
    strange.write_text("text\tlabel\n一般\t别的\n很好\t别的\n", encoding="utf-8")
    assert main(["runs", "compare", *names, "--test", str(strange)]) != 0
    assert "does not know" in capsys.readouterr().err

    spread = told.out + told.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 10
    spread += "".join(path.read_bytes().decode("utf-8", "replace") for path in files)
    spread += "".join(
        data.decode("utf-8", "replace")
        for repo in hub.store.repos.values()
        for commit in repo.commits.values()
        for data in commit.files.values()
    )
    assert SECRET not in spread
