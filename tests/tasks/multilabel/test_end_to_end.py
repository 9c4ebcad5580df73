"""From a file of several labels to an answer out of the proven bundle, by the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from paddle_lab.bundle import load_bundle
from paddle_lab.cli import main

WORDS = {"屏幕": "屏幕清晰", "物流": "送货很快", "价格": "价钱便宜"}


def write_rows(path: Path, count: int, seed: int) -> Path:
    """Rows of no to three labels, separated by a full-width comma; every word tells its label."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        held = [label for label in WORDS if rng.random() < 0.5]
        text = f"{rng.integers(10**4)}号订单" + "".join(f"，{WORDS[label]}" for label in held)
        rows.append(f"{text}\t{'，'.join(held)}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "CACHE", "RUNS"):
        monkeypatch.setenv(f"PADDLE_LAB_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


@pytest.mark.slow
def test_from_a_file_to_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = write_rows(tmp_path / "train.txt", 400, 1)
    test = write_rows(tmp_path / "test.txt", 120, 2)
    command = ["finetune", str(train), "--test", str(test), "--name", "wants", "--epochs", "4",
               "--max-len", "32", "--batch-size", "16"]  # fmt: skip
    assert main(command) == 0, "the rows say themselves which task they are for"

    from paddle_lab.training.run import Run

    run = Run.find("wants")
    assert run.folder.spec().task == "multilabel" and run.folder.spec().metric == "micro_f1"
    assert run.state.export["ok"] and run.state.export["max_abs_diff"] <= 1e-4
    assert run.state.export["answers_equal"]
    report = run.report
    assert report is not None and report["metrics"]["micro_f1"] > 0.9
    kinds = [block["type"] for block in report["blocks"]]
    assert kinds[:2] == ["verdict", "metrics"]
    assert (run.folder.report / "labels.csv").is_file()

    predictor = load_bundle(run.folder.bundle)
    assert predictor.task == "multilabel" and sorted(predictor.labels) == sorted(WORDS)
    both = predictor.predict("77号订单，屏幕清晰，价钱便宜")[0]
    assert sorted(both.labels) == ["价格", "屏幕"]

    capsys.readouterr()
    assert main(["predict", run.id, "8号订单，送货很快", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["labels"] == ["物流"] and set(answer["probabilities"]) == set(WORDS)
    assert main(["predict", run.id, "8号订单，送货很快"]) == 0
    assert re.search(r"物流 \d+\.\d%", capsys.readouterr().out)


@pytest.mark.slow
def test_a_threshold_that_a_person_fixed_is_the_bundles(tmp_path: Path) -> None:
    train = write_rows(tmp_path / "train.txt", 120, 3)
    command = ["finetune", str(train), "--name", "fixed", "--epochs", "1", "--max-len", "32",
               "--set", "threshold=0.25", "--no-baseline"]  # fmt: skip
    assert main(command) == 0

    from paddle_lab.training.run import Run

    manifest = json.loads((Run.find("fixed").folder.bundle / "manifest.json").read_text("utf-8"))
    assert manifest["codec"]["thresholds"] == [0.25] * len(WORDS)
