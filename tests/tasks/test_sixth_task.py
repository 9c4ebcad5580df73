"""A task of another package, found by its entry point: from a file to a proven, answering bundle.

No line outside the plugin knows it: not the engine, the export, the views or the command line.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel import write_reviews

from paddle_lab.tasks import TASKS

PLUGIN = Path(__file__).parent / "plugin" / "vote_task.py"
INSTALLED = {
    "METADATA": "Metadata-Version: 2.1\nName: vote-task\nVersion: 0.1\n",
    "entry_points.txt": "[paddle_lab.tasks]\nvote = vote_task:TASK\n",
}


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The plugin as pip installs one, for this process and those that it starts."""
    site = tmp_path / "site"
    info = site / "vote_task-0.1.dist-info"
    info.mkdir(parents=True)
    shutil.copy(PLUGIN, site)
    for name, content in INSTALLED.items():
        (info / name).write_text(content, encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
    for name in ("DATA", "CACHE", "RUNS"):
        monkeypatch.setenv(f"PADDLE_LAB_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    yield site
    TASKS._loaded.pop("vote", None)
    sys.modules.pop("vote_task", None)


def test_it_is_found_without_being_named(plugin: Path) -> None:
    assert "vote" in TASKS.names()
    assert TASKS.get("vote").name == "vote"


@pytest.mark.slow
def test_it_goes_from_a_file_to_a_proven_answer(
    plugin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from paddle_lab import api
    from paddle_lab.bundle import load_bundle
    from paddle_lab.cli import main
    from paddle_lab.views.text import report_text

    data = write_reviews(tmp_path / "train.tsv", 160)
    data.write_text(data.read_text("utf-8") + "\n# 只有它读注释\tnegative\n", "utf-8")
    run = api.finetune(
        str(data), metric="wrong", epochs=2.0, max_len=24, batch_size=16, lr=5e-4,
        show=False, skip_bad=True, extra={"keep": True},
    )  # fmt: skip
    assert run.state.state == "finished", run.error
    assert run.folder.spec().task == "vote", "it was certain of the rows"
    assert any("1 of 161 rows dropped" in str(notice) for notice in run.state.notices)
    best = min(run.state.evals, key=lambda event: event["metrics"]["wrong"])
    assert best["metrics"]["wrong"] == run.state.best["metrics"]["wrong"], "less is better here"
    assert run.state.export["ok"] and run.state.export["max_abs_diff"] <= 1e-4
    assert run.state.export["answers_equal"]
    assert "wrong" in report_text(run.folder) and (run.folder.report / "votes.csv").is_file()

    predictor = load_bundle(run.folder.bundle)
    assert predictor.task == "vote" and predictor.labels == ["negative", "positive"]
    assert predictor.codec.judged == 16, "what it learnt from the dev rows travels in the bundle"
    text = "质量很好，推荐" * 20
    cut, whole = (predictor.predict(text, long_text=how)[0] for how in ("truncate", "windows"))
    assert cut.truncated and cut.tokens == 24 and whole.tokens > 100

    capsys.readouterr()
    assert main(["predict", run.id, "太差了", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert set(answer) == {"text", "label", "votes", "tokens", "truncated", "empty"}
    assert main(["export", run.id, "--out", str(tmp_path / "again")]) == 0
    again = load_bundle(tmp_path / "again").predict("太差了")[0]
    assert again.label == answer["label"]
