"""``%ernie_export RUN --small``: where it is written, what it needs, and what it says."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle.making import make_bundle

from paddle_lab.bundle import ExportProof, small
from paddle_lab.bundle.judging import EvaluationRows, RuntimeProof
from paddle_lab.bundle.small import SmallProof
from paddle_lab.commands import Context, export, kit, serve
from paddle_lab.commands.result import Result
from paddle_lab.errors import BundleError, DataError, PaddleLabError, UsageError
from paddle_lab.i18n import T
from paddle_lab.runs import RunFolder
from paddle_lab.training import trained
from paddle_lab.training.trained import RowsOfRun

WHOLE = RuntimeProof("paddle", True, 9.0, 1650, 1.0, 0.0, "accuracy", 0.85, 0.85, 0.0, 20.0, 10.0)
SMALL = RuntimeProof(
    "fewer-words + onnx-int8", False, 1.5, 1650, 0.98, None, "accuracy", 0.85, 0.8472, 0.28, 4, 2, 2
)


def ask(*words: str) -> Result:
    args = export.build_parser("%ernie_export").parse_args(["trial", *words])
    return export.execute(args, Context())


def gone(*given: Any) -> None:
    raise DataError(T("There is no file train.tsv.", "没有文件 train.tsv。"), code="data.no_file")


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


@pytest.fixture
def run(make_run: Callable[..., RunFolder], tmp_path: Path) -> RunFolder:
    """A finished run with a bundle, whose data nobody has."""
    folder = make_run(name="trial")
    shutil.copytree(make_bundle(tmp_path / "made"), folder.bundle)
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, run: RunFolder) -> list[dict[str, Any]]:
    """What is asked of the bundle, in place of the minutes that it takes."""
    calls: list[dict[str, Any]] = []

    def make(folder: Path, out: Path, seen: Any, rows: Any, **how: Any) -> SmallProof:
        calls.append({"folder": folder, "out": out, "seen": seen, "rows": rows, **how})
        return SmallProof((WHOLE, SMALL), (3907, 1816), (0.002, 0.022))

    rows = RowsOfRun({"text": ["好"]}, EvaluationRows("test", None))  # type: ignore[arg-type]
    monkeypatch.setattr(small, "make_small", make)
    monkeypatch.setattr(trained, "rows_of_run", lambda folder: rows)
    return calls


def test_it_is_made_of_the_runs_bundle_beside_it(
    run: RunFolder, asked: list[dict[str, Any]]
) -> None:
    ask("--small", "--max-drop", "0.2")
    (call,) = asked
    assert call["folder"] == run.bundle and call["out"] == run.path / "bundle-small"
    assert call["seen"] == {"text": ["好"]} and call["rows"].part == "test"
    assert call["most_lost"] == 0.2 and call["anchor"] == run.info_path


def test_or_where_it_is_asked_for(asked: list[dict[str, Any]], tmp_path: Path) -> None:
    ask("--small", "--out", str(tmp_path / "mine"))
    assert asked[0]["out"] == tmp_path / "mine" and asked[0]["anchor"] is None


def test_the_table_says_what_it_costs(asked: list[dict[str, Any]]) -> None:
    result = ask("--small")
    for said in ("6 ×", "98.0%", "84.72%", "1,816 of 3,907 words", "2.2% are unknown, before 0.2%"):
        assert said in result.text, said
    assert result.json is not None and result.json["words"] == [3907, 1816]
    assert "<table" in str(result.html)


def test_without_the_rows_of_the_run_there_is_none(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trained, "prepare_for", gone)
    with pytest.raises(BundleError, match="rows of run"):
        ask("--small")
    assert not (run.path / "bundle-small").exists()


@pytest.mark.parametrize("other", [["--runtime", "onnx"], ["--verify-only"]])
def test_what_does_not_go_together(run: RunFolder, other: list[str]) -> None:
    with pytest.raises(UsageError):
        ask("--small", *other)


def test_a_folder_that_is_no_bundle_is_not_replaced(
    asked: list[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(BundleError):
        ask("--small", "--out", str(tmp_path / "mine"))
    assert asked == []


@pytest.fixture
def older(run: RunFolder) -> RunFolder:
    """A small bundle that answers with other labels than the bundle beside it."""
    codec = {"labels": ["坏", "好"]}
    make_bundle(run.path / "bundle-small", codec=codec, source={"small": {"words": [2, 1]}})
    return run


def said_by(command: Any, *words: str) -> list[str]:
    said: list[str] = []
    context = Context(say=lambda text: said.append(text.in_language("en")))
    args = command.build_parser("paddle-lab").parse_args(list(words))
    with contextlib.suppress(PaddleLabError):  # its program is none that could answer
        command.execute(args, context)
    return said


def test_an_export_says_that_the_small_bundle_beside_it_is_of_an_earlier_one(
    older: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = ExportProof(True, 3, True, True, 0.0, 0.0, 1e-4, False)
    monkeypatch.setattr(export, "_export", lambda args: (older.bundle, proof))
    (said,) = said_by(export, "trial")
    assert said.startswith("bundle-small in trial") and f"{older.path.name} --small" in said


@pytest.mark.parametrize("command", [serve, kit])
def test_who_uses_it_is_told(
    older: RunFolder, command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the kit is written here
    small = str(older.path / "bundle-small")
    words = {serve: [small, "--port", "0", "--runtime", "absent"], kit: ["docker", small]}[command]
    assert "earlier bundle of the run" in said_by(command, *words)[0]
