"""The terminal's front end: the same commands, exit codes, errors on one screen."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kernel import write_reviews

from paddle_lab.cli import main
from paddle_lab.runs import RunFolder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    for command in ("env", "data", "finetune", "runs", "stop", "predict", "export"):
        assert f"paddle-lab {command}" in text


@pytest.mark.parametrize(
    "command",
    ["env", "data", "finetune", "runs", "stop", "pause", "resume", "predict", "export"],
)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"paddle-lab {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["finetun"], 2, "Did you mean finetune?"),
        (["finetune"], 2, "No training data"),
        (["finetune", "reviews", "--epoch", "3"], 2, "Did you mean --epochs?"),
        (["finetune", "no-such.tsv", "--dry-run"], 1, "no file"),
        (["runs", "show", "nothing"], 1, "no run yet"),
        (["stop"], 1, "No active run"),
    ],
)
def test_errors_have_a_code_and_one_screen(
    words: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == code
    shown = capsys.readouterr()
    assert told in shown.err and shown.out == ""
    assert len(shown.err.splitlines()) <= 8


@pytest.mark.parametrize("words", [["--lang", "zh"], ["--lang=zh"]])
def test_each_answer_comes_in_the_language_asked_for(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "list", *words]) == 0
    assert "还没有运行" in capsys.readouterr().out
    assert main(["stop", *words]) == 1
    assert "没有正在进行的运行" in capsys.readouterr().err
    assert main(["stop", "--help", *words]) == 0
    assert "停止一次运行" in capsys.readouterr().out
    assert main(["runs", "list"]) == 0
    assert "No runs yet" in capsys.readouterr().out


def test_quiet_shows_nothing_but_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "list", "-q"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["stop", "-q"]) == 1
    assert "No active run" in capsys.readouterr().err


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m paddle_lab.cli finetune --help | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_advice_names_the_terminals_own_commands(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    assert main(["predict", "last", "好"]) == 1
    said = capsys.readouterr().err
    assert "paddle-lab finetune reviews" in said
    assert "%ernie" not in said


def test_a_terminal_has_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["finetune", "reviews", "-o", "run"]) == 2
    assert "a terminal has none" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_in_the_background_outlives_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_reviews(tmp_path / "a.tsv", 60)
    options = ["--max-len", "32", "--epochs", "1", "--no-export", "--no-baseline"]
    done = subprocess.run(
        [sys.executable, "-m", "paddle_lab.cli", "finetune", str(source), "--background",
         "--out", str(tmp_path / "runs"), "--json", *options],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    folder = RunFolder.open(json.loads(done.stdout)["folder"])
    deadline = time.monotonic() + 120
    while folder.state().end is None and time.monotonic() < deadline:
        time.sleep(0.2)
    assert folder.state().state == "finished"
