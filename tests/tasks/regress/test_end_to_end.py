"""From a file of scores to an answer out of the proven bundle, by the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from paddle_lab.bundle import load_bundle
from paddle_lab.cli import main

WORDS = {"屏幕": 0.5, "电池": 1.0, "物流": 1.5, "价格": 2.0}


def write_rows(path: Path, count: int, seed: int) -> Path:
    """What is praised adds to the score, on a scale from 10 to 60."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(count):
        praised = [bool(rng.integers(2)) for _ in WORDS]
        text = "，".join(f"{word}{'很好' if good else '太差'}"
                        for word, good in zip(WORDS, praised, strict=True))  # fmt: skip
        score = 10 + 10 * sum(value for value, good in zip(WORDS.values(), praised, strict=True)
                              if good) + rng.integers(-5, 6) / 10  # fmt: skip
        rows.append(f"{n}号：{text}\t{score}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "CACHE", "RUNS"):
        monkeypatch.setenv(f"PADDLE_LAB_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


@pytest.mark.slow
def test_from_a_file_to_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = write_rows(tmp_path / "train.tsv", 500, 1)
    test = write_rows(tmp_path / "test.tsv", 120, 2)
    command = ["finetune", str(train), "--test", str(test), "--name", "praise", "--epochs", "4",
               "--max-len", "48", "--batch-size", "16", "--lr", "5e-4"]  # fmt: skip
    assert main(command) == 0, "the rows say themselves which task they are for"

    from paddle_lab.training.run import Run

    run = Run.find("praise")
    assert run.folder.spec().task == "regress" and run.folder.spec().metric == "spearman"
    assert run.state.export["ok"] and run.state.export["max_abs_diff"] <= 1e-4
    assert run.state.export["answers_equal"]
    report = run.report
    assert report is not None and report["metrics"]["spearman"] > 0.9
    assert report["metrics"]["mae"] < 6
    assert [block["type"] for block in report["blocks"]][:2] == ["verdict", "metrics"]
    assert any(block["type"] == "histogram" for block in report["blocks"])

    predictor = load_bundle(run.folder.bundle)
    assert predictor.task == "regress" and predictor.labels == []
    good, bad = predictor.predict(
        [
            "7号：屏幕很好，电池很好，物流很好，价格很好",
            "7号：屏幕太差，电池太差，物流太差，价格太差",
        ]
    )
    assert good.score > 48 and bad.score < 22 and 9 < good.low < 11 and 59 < good.high < 61

    capsys.readouterr()
    asked = "8号：屏幕太差，电池很好，物流太差，价格很好"
    assert main(["predict", run.id, asked, "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert 28 < answer["score"] < 52
    assert main(["predict", run.id, asked]) == 0
    shown = capsys.readouterr().out
    assert "scale" in shown and " to " in shown


@pytest.mark.slow
def test_mean_absolute_error_chooses_the_smallest(tmp_path: Path) -> None:
    train = write_rows(tmp_path / "train.tsv", 120, 3)
    command = ["finetune", str(train), "--name", "least", "--epochs", "3", "--max-len", "48",
               "--metric", "mae", "--no-baseline", "--no-export"]  # fmt: skip
    assert main(command) == 0

    from paddle_lab.training.run import Run

    run = Run.find("least")
    errors = [event["metrics"]["mae"] for event in run.state.evals]
    assert run.report is not None and run.report["metrics"]["mae"] == pytest.approx(min(errors))
