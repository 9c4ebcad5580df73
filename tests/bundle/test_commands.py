"""``%ernie_predict`` and ``%ernie_export``, and their twins in the terminal."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bundle.tiny import LABELS, MAX_LEN, tiny_trained

import paddle_lab.training
from paddle_lab.bundle import load_manifest
from paddle_lab.cli import main
from paddle_lab.commands import Context, export, predict
from paddle_lab.commands.result import Result
from paddle_lab.errors import BundleError, DataError, RunError, UsageError
from paddle_lab.runs import RunFolder
from paddle_lab.training.prepare import process_slot


def ask(command: Any, *words: str, cell: str | None = None, notebook: bool = False) -> Result:
    args = command.build_parser("%it").parse_args(list(words))
    result: Result = command.execute(args, Context(cell=cell, notebook=notebook))
    return result


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


@pytest.fixture
def run(make_run: Callable[..., RunFolder], exported: tuple[Path, Any]) -> RunFolder:
    """A finished run with a bundle."""
    folder = make_run(name="trial")
    shutil.copytree(exported[0], folder.bundle)
    return folder


def test_a_misspelt_option_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match="--long-text"):
        ask(predict, "last", "x", "--long-txt", "windows")


@pytest.mark.slow
class TestPredict:
    def test_texts_on_the_line(self, run: RunFolder) -> None:
        result = ask(predict, "trial", "质量很好", "太差了")
        assert [row["text"] for row in result.json] == ["质量很好", "太差了"]
        assert result.json[0]["label"] in LABELS and result.value[0].label in LABELS
        assert "质量很好" in result.text and result.html is not None

    def test_another_runtime_than_the_bundle_has_is_told(self, run: RunFolder) -> None:
        assert ask(predict, "trial", "很好", "--runtime", "paddle").value
        with pytest.raises(BundleError) as caught:
            ask(predict, "trial", "很好", "--runtime", "onnx")
        assert caught.value.code == "bundle.no_runtime"

    def test_texts_of_the_cell_one_a_line(self, run: RunFolder) -> None:
        result = ask(
            predict, "last", cell="质量很好\r\n\n  \n'引号' \"x\" \u2028太差了\n", notebook=True
        )
        assert [row["text"] for row in result.json] == ["质量很好", "'引号' \"x\" \u2028太差了"]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
    def test_texts_of_a_file_in_any_encoding(
        self, run: RunFolder, tmp_path: Path, encoding: str
    ) -> None:
        (tmp_path / "texts.txt").write_text("质量很好，推荐\n太差了，不会再买\n", encoding=encoding)
        result = ask(predict, "trial", "--file", str(tmp_path / "texts.txt"))
        assert [row["text"] for row in result.json] == ["质量很好，推荐", "太差了，不会再买"]

    def test_the_terminal_reads_standard_input(
        self, run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("很好\n太差\n".encode())))
        assert main(["predict", str(run.bundle), "-", "还行", "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert [row["text"] for row in rows] == ["还行", "很好", "太差"]
        assert set(rows[0]["probabilities"]) == set(LABELS)

    def test_hostile_labels_and_texts_are_shown_as_text(self, run: RunFolder) -> None:
        result = ask(predict, "trial", "<script>alert(1)</script>", "--top-k", "3")
        assert "<script" not in result.html and "<img" not in result.html
        assert "&lt;script&gt;" in result.html and "onerror" in result.html

    def test_top_k_shows_more_labels(self, run: RunFolder) -> None:
        first, rest = (ask(predict, "trial", "好", "--top-k", str(k)).text for k in (1, 3))
        assert sum(label in first for label in LABELS[:2]) <= 1
        assert all(label in rest for label in LABELS[:2])
        with pytest.raises(UsageError):
            ask(predict, "trial", "好", "--top-k", "0")

    def test_a_text_cut_short_is_said_and_windows_read_all(self, run: RunFolder) -> None:
        cut = ask(predict, "trial", "很" * 100)
        assert f"1 longer than {MAX_LEN} tokens" in cut.text and cut.json[0]["truncated"]
        whole = ask(predict, "trial", "很" * 100, "--long-text", "windows")
        assert "longer than" not in whole.text and whole.json[0]["windows"] > 1

    def test_no_text_is_an_error_with_an_example(self, run: RunFolder) -> None:
        for cell in (None, "  \n"):
            with pytest.raises(UsageError, match="no text"):
                ask(predict, "trial", cell=cell)

    def test_a_notebook_has_no_standard_input(self, run: RunFolder) -> None:
        with pytest.raises(UsageError, match="standard input"):
            ask(predict, "trial", "-", notebook=True)

    def test_a_file_that_is_not_there(self, run: RunFolder, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"nothing\.txt"):
            ask(predict, "trial", "--file", str(tmp_path / "nothing.txt"))

    def test_a_run_that_is_not_there(self, run: RunFolder) -> None:
        with pytest.raises(RunError, match="trial"):
            ask(predict, "trail", "x")

    def test_a_damaged_bundle_is_one_short_error(
        self, run: RunFolder, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (run.bundle / "model.pdiparams").write_bytes(b"half")
        assert main(["predict", "trial", "好"]) == 1
        captured = capsys.readouterr()
        assert captured.out == "" and "model.pdiparams" in captured.err
        assert len(captured.err.strip().split("\n")) == 3

    def test_an_export_made_anew_is_not_answered_from_memory(self, run: RunFolder) -> None:
        assert ask(predict, "trial", "好").json
        (run.bundle / "manifest.json").write_text("{}")
        with pytest.raises(BundleError):
            ask(predict, "trial", "好")

    def test_a_live_run_is_waited_for(
        self, run: RunFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from paddle_lab.commands import predict as module
        from paddle_lab.runs import ProcessMark

        log = run.open_log()
        log.append("phase", phase="train", process=ProcessMark.of_this_process().to_json())
        pauses: list[float] = []

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                log.append("end", state="finished", step=1)

        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=sleep))
        assert ask(predict, "trial", "好").json
        assert len(pauses) == 3
        assert "waiting for trial" in capsys.readouterr().err


@pytest.mark.usefixtures("forked_checks")
@pytest.mark.slow
class TestExport:
    @pytest.fixture
    def loads(self, monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
        """Stand in for the training package: the tiny model for every run."""
        asked: list[RunFolder] = []

        def load_trained(folder: RunFolder, *, trust: bool, weights: str | None) -> Any:
            asked.append(folder)
            return tiny_trained()

        monkeypatch.setattr(paddle_lab.training, "load_trained", load_trained, raising=False)
        return asked

    def test_the_best_weights_become_a_proven_bundle(
        self, make_run: Callable[..., RunFolder], loads: list[RunFolder]
    ) -> None:
        folder = make_run(name="trial")
        result = ask(export, "trial")
        assert loads == [folder]
        assert load_manifest(folder.bundle).proof == result.value.to_json()
        assert result.json["bundle"] == str(folder.bundle) and result.json["ok"]
        assert "Proven bundle" in result.text and "ms" in result.text

    def test_elsewhere_when_asked(
        self,
        make_run: Callable[..., RunFolder],
        loads: list[RunFolder],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        folder = make_run(name="trial")
        place = tmp_path / "<b>我的 模型"
        assert main(["export", "last", "--out", str(place), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["bundle"] == str(place)
        assert load_manifest(place).labels == LABELS and not folder.bundle.exists()

    def test_never_over_somebodys_folder(
        self, make_run: Callable[..., RunFolder], loads: list[RunFolder], tmp_path: Path
    ) -> None:
        make_run(name="trial")
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.txt").write_text("years of work")
        with pytest.raises(BundleError, match=r"thesis\.txt"):
            ask(export, "trial", "--out", str(tmp_path / "mine"))
        assert loads == [], "refused before the model is loaded"
        assert (tmp_path / "mine" / "thesis.txt").exists()

    def test_checking_again_writes_nothing(self, run: RunFolder) -> None:
        before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
        result = ask(export, "trial", "--verify-only")
        assert result.json["ok"] and result.json["rows"] >= 10
        assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before

    def test_checking_and_writing_elsewhere_contradict_each_other(self, run: RunFolder) -> None:
        with pytest.raises(UsageError, match="--verify-only"):
            ask(export, "trial", "--verify-only", "--out", "x")

    def test_a_live_run_exports_itself(self, run: RunFolder) -> None:
        from paddle_lab.runs import ProcessMark

        mark = ProcessMark.of_this_process().to_json()
        run.open_log().append("phase", phase="train", process=mark)
        with pytest.raises(RunError, match="still running"):
            ask(export, "trial")

    def test_never_beside_a_training_in_this_kernel(
        self, run: RunFolder, loads: list[RunFolder]
    ) -> None:
        with process_slot(), pytest.raises(RunError, match="training in this kernel"):
            ask(export, "trial")
        assert loads == []
        assert process_slot().acquire(blocking=False)
        process_slot().release()


def test_a_file_names_labels_that_are_numbers(tmp_path: Path) -> None:
    names = tmp_path / "class.txt"
    names.write_text("差评\n好评\n", encoding="utf-8")
    codec = {"labels": ["0", "1"], "values": {"0": 0, "1": 1}}
    assert export._named(codec, str(names)) == {"labels": ["差评", "好评"], "values": {}}
    with pytest.raises(DataError, match="no name for the label"):
        export._named({"labels": ["0", "7"]}, str(names))
