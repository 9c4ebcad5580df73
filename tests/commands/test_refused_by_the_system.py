"""Folders of somebody else, read-only ones, full disks: every command says what and what to do."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from other_user import no_access

from paddle_lab.cli import main
from paddle_lab.runs import RunFolder

ROWS = "".join(f"这家酒店第{n}次来，{'很好' if n % 2 else '很差'}\t{n % 2}\n" for n in range(60))


@pytest.fixture
def run(make_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    folder = make_run(name="trial")
    with folder.open_log() as log:
        log.append("end", state="stopped")
    return folder


@pytest.fixture
def twin(run: RunFolder) -> RunFolder:
    """A run of the same kind, to do the same on before: modules that a command imports are then
    there when this process has lost the right to read them."""
    folder = run.path.with_name("twin")
    shutil.copytree(run.path, folder)
    return RunFolder(folder)


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What the terminal says: an error in a few lines, or a result."""
    code = main(words)
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    if code == 0:
        return shown.out
    assert 1 <= len(shown.err.rstrip("\n").split("\n")) <= 12
    return shown.err


ON_A_RUN = [
    ["runs", "list"],
    ["runs", "show"],
    ["runs", "command"],
    ["runs", "rm", "--yes"],
    ["stop"],
    ["pause"],
    ["resume"],
    ["predict", "好"],
    ["export"],
    ["export", "--verify-only"],
    ["finetune", "--resume"],
]


def on(words: list[str], folder: RunFolder) -> list[str]:
    """The command with the run's folder where it takes one."""
    if words[:2] == ["runs", "list"]:
        return words
    if words[0] == "finetune":
        return [*words, str(folder.path)]
    place = 2 if words[0] == "runs" else 1
    return [*words[:place], str(folder.path), *words[place:]]


@pytest.mark.parametrize("mode", [0o000, 0o555], ids=["closed", "read-only"])
@pytest.mark.parametrize("words", ON_A_RUN, ids=" ".join)
def test_a_run_of_somebody_else(
    words: list[str],
    mode: int,
    run: RunFolder,
    twin: RunFolder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(on(words, twin))
    with no_access(run.path, mode):
        assert told(on(words, run), capsys)
    assert run.info()["name"] == "trial"


@pytest.mark.parametrize("name", ["run.json", "events.jsonl"])
@pytest.mark.parametrize("words", ON_A_RUN, ids=" ".join)
def test_one_file_of_a_run_that_cannot_be_read(
    words: list[str],
    name: str,
    run: RunFolder,
    twin: RunFolder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if words[1:2] == ["rm"]:
        pytest.skip("who may write in the folder may remove it")
    main(on(words, twin))
    with no_access(run.path / name):
        assert told(on(words, run), capsys)


def test_runs_are_compared_only_when_all_can_be_read(
    run: RunFolder, make_run: Callable[..., RunFolder], capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_run(name="other")
    main(["runs", "compare", str(other.path), str(run.path)])
    with no_access(run.path):
        assert told(["runs", "compare", str(run.path), str(other.path)], capsys)


@pytest.mark.usefixtures("gathered_once")
@pytest.mark.parametrize(
    "words",
    [
        ["env", "--html"],
        ["env", "--facts-out"],
        ["env", "--freeze"],
        ["finetune", "rows.tsv", "--out"],
    ],
    ids=" ".join,
)
def test_a_folder_that_takes_no_files(
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.tsv").write_text(ROWS, encoding="utf-8")
    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setattr("paddle_lab.training.start.begin", lambda *_, **__: pytest.fail("begun"))
    with contextlib.suppress(pytest.fail.Exception):
        main([*words, str(tmp_path / "open")])
    with no_access(closed, 0o555):
        message = told([*words, str(closed / "new.html")], capsys)
    assert "Permission denied" in message


@pytest.mark.parametrize(
    "words",
    [
        ["data", "FILE"],
        ["finetune", "FILE", "--dry-run"],
        ["finetune", "reviews", "--config", "FILE", "--dry-run"],
        ["env", "--explain", "FILE"],
        ["env", "--facts", "FILE"],
        ["predict", "last", "--file", "FILE"],
    ],
    ids=" ".join,
)
def test_a_file_that_cannot_be_read(
    words: list[str], run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text(ROWS, encoding="utf-8")
    with no_access(path):
        message = told([str(path) if word == "FILE" else word for word in words], capsys)
    assert "ermission" in message
    os.mkfifo(tmp_path / "pipe")
    piped = [str(tmp_path / "pipe") if word == "FILE" else word for word in words]
    assert "rror" in told(piped, capsys)


@pytest.mark.usefixtures("gathered_once")
@pytest.mark.parametrize("words", [["env", "--freeze"], ["env", "--html"], ["env", "--facts-out"]])
def test_a_full_disk(
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in told([*words, str(tmp_path / "page")], capsys)
    assert list(tmp_path.iterdir()) == []


def test_what_no_command_expects_is_told_too(
    run: RunFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise OSError(errno.EIO, "Input/output error", "/mnt/disk/run.json")

    monkeypatch.setattr("paddle_lab.commands.runs.execute", broken)
    message = told(["runs", "list"], capsys)
    assert "/mnt/disk/run.json" in message and "Input/output error" in message
    assert "try again" in message
