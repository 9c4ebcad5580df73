"""``%ernie_export RUN --runtime``: what may be asked for, and the table that says what came out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from bundle.making import make_bundle

from paddle_lab.bundle import added
from paddle_lab.bundle.judging import RuntimeProof
from paddle_lab.commands import Context, export
from paddle_lab.commands.result import Result
from paddle_lab.devices import multiplies_bfloat16
from paddle_lab.errors import BundleError, RunError, UsageError
from paddle_lab.i18n import T
from paddle_lab.runs import RunFolder


def ask(*words: str) -> Result:
    args = export.build_parser("%ernie_export").parse_args(list(words))
    return export.execute(args, Context())


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


@pytest.fixture
def run(make_run: Callable[..., RunFolder], tmp_path: Path) -> RunFolder:
    """A finished run with a bundle, whose data nobody has."""
    folder = make_run(name="trial")
    shutil.copytree(make_bundle(tmp_path / "made"), folder.bundle)
    return folder


PADDLE = RuntimeProof("paddle", True, 9.0, 1650, 1.0, 0.0, "accuracy", 0.85, 0.85, 0.0, 20.0, 10.0)
INT8 = RuntimeProof(
    "onnx-int8", False, 2.25, 1650, 0.99, 0.04, "accuracy", 0.85, 0.8488, 0.12, 4.0, 2.0, 2
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is asked of the bundle, in place of the minutes that it takes."""
    calls: list[dict[str, Any]] = []

    def add(folder: Path, names: Sequence[str], rows: Any, **how: Any) -> list[RuntimeProof]:
        calls.append({"folder": folder, "names": list(names), "rows": rows, **how})
        return [PADDLE, INT8]

    monkeypatch.setattr(added, "add_runtimes", add)
    return calls


@pytest.mark.slow
def test_the_runs_bundle_is_the_one(run: RunFolder, asked: list[dict[str, Any]]) -> None:
    ask("trial", "--runtime", "onnx, onnx-int8,onnx", "--max-drop", "0.2")
    (call,) = asked
    assert call["folder"] == run.bundle and call["names"] == ["onnx", "onnx-int8"]
    assert call["most_lost"] == 0.2 and call["choose"] is False
    assert call["anchor"] == run.info_path and call["threads"] >= 1


@pytest.mark.slow
def test_auto_tries_all_and_chooses(run: RunFolder, asked: list[dict[str, Any]]) -> None:
    ask("trial", "--runtime", "auto")
    (call,) = asked
    others = ["paddle-bf16"] if multiplies_bfloat16() else []
    assert call["names"] == ["onnx", "onnx-int8", *others] and call["choose"] is True


def test_a_bundle_alone_may_be_named(tmp_path: Path, asked: list[dict[str, Any]]) -> None:
    folder = make_bundle(tmp_path / "from-a-colleague")
    ask(str(folder), "--runtime", "onnx")
    (call,) = asked
    assert call["folder"] == folder and call["rows"] is None and call["anchor"] is None


@pytest.mark.slow
def test_the_table_says_sizes_answers_costs_and_times(
    run: RunFolder, asked: list[dict[str, Any]]
) -> None:
    result = ask("trial", "--runtime", "onnx-int8")
    for part in ("2.2 MB (4 ×)", "99.0%", "84.88%", "4 ms (5 ×)", "accuracy, 1650 rows",
                 "kept", "predictions use paddle"):  # fmt: skip
        assert part in result.text, part
    assert result.json["runtimes"][1]["lost"] == 0.12 and result.value[1] is INT8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--runtime", "onx"), "onnx"),
        (("--runtime", "paddle"), "every bundle has"),
        (("--runtime", " , "), "every bundle has"),
        (("--runtime", "onnx", "--max-drop", "-1"), "--max-drop"),
        (("--runtime", "onnx", "--verify-only"), "--runtime"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_work(
    run: RunFolder, asked: list[dict[str, Any]], words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        ask("trial", *words)
    assert asked == []


def test_a_bundle_has_no_weights_to_export_again(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    with pytest.raises(UsageError, match="--out"):
        ask(str(folder), "--runtime", "onnx", "--out", str(tmp_path / "other"))


def test_a_name_that_is_neither_is_told_as_ever(tmp_path: Path) -> None:
    with pytest.raises(RunError):
        ask("nobody", "--runtime", "onnx")


@pytest.mark.slow
def test_none_kept_is_an_error_that_says_why(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = RuntimeProof("onnx", True, 0.0, why_not=T("it is raining", "下雨了"))
    monkeypatch.setattr(added, "add_runtimes", lambda *_, **__: [PADDLE, refused])
    with pytest.raises(BundleError, match="raining") as caught:
        ask("trial", "--runtime", "onnx")
    assert caught.value.code == "bundle.runtime_refused"
    text = ask("trial", "--runtime", "auto").text
    assert "not kept: it is raining" in text
