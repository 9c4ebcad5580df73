"""From a file of marked texts to served spans: training, report, export, proof, answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PEOPLE = ["李明", "王小红", "赵四", "孙海涛", "欧阳修", "周杰"]
PLACES = ["北京", "上海", "呼和浩特", "杭州", "拉萨"]


def write_doccano(path: Path, rows: int) -> Path:
    """Sentences with a person and a place, as doccano exports them."""
    lines = []
    for number in range(rows):
        person, place = PEOPLE[number % 6], PLACES[number // 6 % 5]
        before = f"第{number}天，" if number % 2 else "昨天"
        text = f"{before}{person}去了{place}开会"
        start, there = len(before), len(before) + len(person) + 2
        spans = [[start, start + len(person), "PER"], [there, there + len(place), "LOC"]]
        lines.append(json.dumps({"id": number, "text": text, "label": spans}, ensure_ascii=False))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_from_a_file_to_a_served_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATA", "CACHE", "RUNS"):
        monkeypatch.setenv(f"PADDLE_LAB_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    from paddle_lab import api
    from paddle_lab.bundle import load_bundle
    from paddle_lab.cli import main
    from paddle_lab.views.text import report_text

    data = write_doccano(tmp_path / "train.jsonl", 240)
    run = api.finetune(
        str(data), epochs=3.0, max_len=32, batch_size=16, lr=2e-3, show=False, seed=1
    )
    assert run.state.state == "finished", run.state.end
    assert json.loads((run.folder.path / "run.json").read_text("utf-8"))["spec"]["task"] == "tag"
    best = max(event["metrics"]["f1"] for event in run.state.evals)
    assert best > 0.9 and run.state.best["metrics"]["f1"] == best
    assert run.state.export["ok"] and run.state.export["answers_equal"]
    assert run.state.export["max_abs_diff"] <= 1e-4
    said = report_text(run.folder)
    assert "crfsuite" in said and "PER" in said
    assert (run.folder.report / "types.csv").is_file()

    predictor = load_bundle(run.folder.bundle)
    text = "昨天李明去了北京开会。" * 12
    cut, whole = (predictor.predict(text, long_text=how)[0] for how in ("truncate", "windows"))
    assert cut.truncated and not whole.truncated and whole.windows > 1
    assert len(whole.spans) > len(cut.spans) > 0
    assert all(text[span.start : span.end] == span.text for span in whole.spans)
    transitions = predictor.codec.to_json()["transitions"]
    assert any(value for row in transitions for value in row), "the CRF has learnt"

    capsys.readouterr()
    assert main(["predict", run.id, "昨天李明去了上海开会", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert {"start": 2, "end": 4, "label": "PER", "text": "李明"} in answer["spans"]
    assert main(["predict", run.id, "昨天李明去了上海开会"]) == 0
    assert "[李明](PER)" in capsys.readouterr().out
    assert main(["export", run.id, "--out", str(tmp_path / "again")]) == 0
    again = load_bundle(tmp_path / "again").predict(text)[0]
    assert again.spans == predictor.predict(text)[0].spans
