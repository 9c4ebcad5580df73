"""From a file of pairs to an answer out of the proven bundle, by the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from paddle_lab.bundle import load_bundle
from paddle_lab.cli import main

WORDS = ["屏幕", "电池", "物流", "价格"]


def write_rows(path: Path, count: int, seed: int) -> Path:
    """A remark and a claim about it, which holds or not; the word in front says it."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(count):
        word = WORDS[rng.integers(len(WORDS))]
        good = bool(rng.integers(2))
        remark = f"{n}号买家说{word}{'非常好' if good else '太差了'}"
        claims_good = bool(rng.integers(2))
        claim = f"{word}{'很好' if claims_good else '很差'}"
        rows.append(f"{remark}\t{claim}\t{int(good == claims_good)}")
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
    command = ["finetune", str(train), "--test", str(test), "--name", "claims", "--epochs", "3",
               "--max-len", "32", "--batch-size", "16", "--lr", "5e-4"]  # fmt: skip
    assert main(command) == 0, "the rows say themselves which task they are for"

    from paddle_lab.training.run import Run

    run = Run.find("claims")
    assert run.folder.spec().task == "pair" and run.folder.spec().metric == "macro_f1"
    assert run.state.export["ok"] and run.state.export["max_abs_diff"] <= 1e-4
    assert run.state.export["answers_equal"]
    report = run.report
    assert report is not None and report["metrics"]["accuracy"] > 0.9
    assert [block["type"] for block in report["blocks"]][:2] == ["verdict", "metrics"]
    beside = next(block for block in report["blocks"] if block["type"] == "table")
    assert len(beside["rows"]) == 3, "the model, TF-IDF, and vectors without training"
    assert "text2" in (run.folder.report / "mistakes.csv").read_text("utf-8-sig").split("\n")[0]

    predictor = load_bundle(run.folder.bundle)
    assert predictor.task == "pair" and predictor.labels == ["0", "1"]
    both = predictor.predict(
        [("7号买家说屏幕非常好", "屏幕很好"), ("7号买家说屏幕非常好", "屏幕很差")]
    )
    assert [answer.label for answer in both] == ["1", "0"]
    assert predictor.predict("7号买家说屏幕非常好\t屏幕很差")[0].label == "0"

    capsys.readouterr()
    assert main(["predict", run.id, "8号买家说物流太差了", "物流很差", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["label"] == "1" and answer["text2"] == "物流很差"
    assert main(["predict", run.id, "8号买家说物流太差了\t物流很好"]) == 0
    shown = capsys.readouterr().out
    assert "second text" in shown and "物流很好" in shown
    assert main(["predict", run.id, "一条文本"]) != 0
    assert "not a pair of texts" in capsys.readouterr().err
