"""Runtimes added to a bundle: what is kept, what is not, and what stays as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from bundle.tiny import ROWS, python

from paddle_lab import devices
from paddle_lab.bundle import load_bundle, pace
from paddle_lab.bundle.added import add_runtimes
from paddle_lab.bundle.judging import EvaluationRows, RuntimeProof, share_equal
from paddle_lab.bundle.manifest import FIRST_RUNTIME, load_manifest
from paddle_lab.data import Dataset
from paddle_lab.devices import multiplies_bfloat16
from paddle_lab.errors import BundleError, UsageError

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("module_of_forked_checks")]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here is about the time."""
    monkeypatch.setattr(pace, "_ROUNDS", 1)


@pytest.fixture
def folder(larger: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(larger, tmp_path / "bundle"))


@pytest.fixture
def judged(folder: Path) -> EvaluationRows:
    """Rows whose labels are what the model answers: its accuracy is 1."""
    predictor = load_bundle(folder, device="cpu")
    texts = [row for row in ROWS if row.strip()]
    return EvaluationRows("test", dataset(texts, [a.label for a in predictor.predict(texts)]))


def dataset(texts: Sequence[str], labels: Sequence[str]) -> Dataset:
    from paddle_lab.data import read
    from paddle_lab.tasks import get_task

    table = {"text": list(texts), "label": list(labels)}
    return read(get_task("classify"), "rows", names={"rows": table})


def added(folder: Path, *names: str, rows: EvaluationRows | None, **how: Any) -> list[RuntimeProof]:
    return add_runtimes(folder, names, rows, threads=1, **how)


def weights_of(file: Path) -> list[Any]:
    """All 8-bit weights of an ONNX model that a product of matrices takes."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(file))
    used = {name for node in model.graph.node if "MatMul" in node.op_type for name in node.input}
    found = [numpy_helper.to_array(one) for one in model.graph.initializer if one.name in used]
    return [array for array in found if str(array.dtype) == "int8" and array.ndim == 2]


def test_8_bit_weights_overflow_on_no_processor(folder: Path, judged: EvaluationRows) -> None:
    """Without VNNI two products are added in 16 bits: 2 * 255 * 64 fits, 2 * 255 * 127 does not."""
    added(folder, "onnx-int8", rows=judged, most_lost=100)
    weights = weights_of(folder / "model-int8.onnx")
    assert weights
    assert max(int(abs(array.astype(int)).max()) for array in weights) == 64


def test_both_are_kept_with_what_was_measured(folder: Path, judged: EvaluationRows) -> None:
    whole, onnx, int8 = added(folder, "onnx", "onnx-int8", rows=judged, most_lost=100)
    assert [proof.kept for proof in (whole, onnx, int8)] == [True, True, True]
    assert onnx.answers_equal == 1 and onnx.max_abs_diff is not None and onnx.max_abs_diff <= 1e-5
    assert onnx.before == onnx.after == 1 and onnx.lost == 0
    assert int8.max_abs_diff is not None and int8.max_abs_diff > onnx.max_abs_diff
    assert int8.before == 1 and int8.after == int8.answers_equal
    assert whole.size_mb / int8.size_mb >= 3.5
    assert all(proof.ms_alone and proof.ms_batched for proof in (whole, onnx, int8))
    manifest = load_manifest(folder)
    assert list(manifest.runtimes) == [FIRST_RUNTIME, "onnx", "onnx-int8"]
    assert manifest.runtime == FIRST_RUNTIME, "nobody asked for a choice"
    assert manifest.runtime_proofs["onnx"]["answers_equal"] == 1
    assert json.dumps(manifest.runtime_proofs, allow_nan=False)
    assert "onnx-int8" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_answers_are_those_of_the_bundle(folder: Path, judged: EvaluationRows) -> None:
    added(folder, "onnx", rows=judged)
    texts = judged.data.given["text"]
    one, other = load_bundle(folder, device="cpu"), load_bundle(folder, runtime="onnx")
    assert [a.label for a in one.predict(texts)] == [a.label for a in other.predict(texts)]


def test_one_that_loses_too_much_is_not_kept_and_the_bundle_stays(
    folder: Path, judged: EvaluationRows
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    _, int8 = added(folder, "onnx-int8", rows=judged, most_lost=-1)
    assert not int8.kept and "points of accuracy" in str(int8.why_not)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_without_evaluation_rows_only_an_exact_one_is_kept(folder: Path) -> None:
    _, onnx, int8 = added(folder, "onnx", "onnx-int8", rows=None)
    assert onnx.kept and onnx.rows == 0
    assert not int8.kept and "evaluation rows" in str(int8.why_not)
    assert "model-int8.onnx" not in {path.name for path in folder.iterdir()}


def test_the_fastest_becomes_the_one_that_loading_takes(
    folder: Path, judged: EvaluationRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(predictors: Any, rows: Any) -> dict[str, pace.Pace]:
        return {name: pace.Pace(1.0, 1.0 if name == "onnx" else 2.0) for name in predictors}

    monkeypatch.setattr("paddle_lab.bundle.added.paces_of", measured)
    added(folder, "onnx", "onnx-int8", rows=judged, most_lost=100, choose=True)
    assert load_manifest(folder).runtime == "onnx"
    code = (
        "import sys, paddle_lab; paddle_lab.load_bundle(sys.argv[1]).predict('很好');"
        "print(sorted({'paddle', 'paddlenlp', 'onnx'} & set(sys.modules)))"
    )
    done = python(code, str(folder))
    assert done.stdout.strip() == "[]", done.stderr
    assert load_bundle(folder, runtime=FIRST_RUNTIME, device="cpu").predict("很好")


def test_one_that_was_there_is_made_again_and_stays_when_it_fails(
    folder: Path, judged: EvaluationRows
) -> None:
    added(folder, "onnx-int8", rows=judged, most_lost=100)
    before = (folder / "model-int8.onnx").read_bytes()
    _, again = added(folder, "onnx-int8", rows=judged, most_lost=-1)
    assert not again.kept
    assert (folder / "model-int8.onnx").read_bytes() == before
    assert load_bundle(folder, runtime="onnx-int8").predict("很好")


def test_what_cannot_be_converted_says_why(copy_of: Path) -> None:
    """Of a model this small the weights are not most of the file."""
    _, int8 = added(copy_of, "onnx-int8", rows=None)
    assert not int8.kept and "times smaller" in str(int8.why_not)


def test_an_unknown_one_is_refused_before_anything_is_done(folder: Path) -> None:
    with pytest.raises(UsageError, match="onnx-int8"):
        added(folder, "onnx-int9", rows=None)


def test_a_program_that_was_exchanged_is_not_run(folder: Path, judged: EvaluationRows) -> None:
    added(folder, "onnx", rows=judged)
    (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError) as caught:
        load_bundle(folder, runtime="onnx")
    assert caught.value.code == "bundle.damaged"


def test_a_gpu_is_refused(folder: Path) -> None:
    added(folder, "onnx", rows=None)
    with pytest.raises(UsageError, match="gpu"):
        load_bundle(folder, runtime="onnx", device="gpu")


@pytest.mark.parametrize(
    ("answers", "share"),
    [
        ((["a", "b"], ["a", "c"]), 0.5),
        (([["a"], []], [["a"], []]), 1.0),
        (([1, 2], [1, 2]), 1.0),
        (([0.25, 1.0], [0.25, 1.1]), None),
    ],
)
def test_measures_are_not_called_equal_or_not(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[list[Any], list[Any]], share: float | None
) -> None:
    class Beside:
        def beside(self, answer: Any) -> dict[str, Any]:
            return {"prediction": answer}

    monkeypatch.setattr("paddle_lab.bundle.judging._answers", lambda given: given)
    assert share_equal(cast("Any", Beside()), *answers) == share


def test_bfloat16_is_kept_where_the_processor_has_it_and_never_chosen(
    folder: Path, judged: EvaluationRows
) -> None:
    if not multiplies_bfloat16():
        pytest.skip("this processor does not multiply bfloat16")
    _, proof = added(folder, "paddle-bf16", rows=judged, most_lost=100, choose=True)
    assert proof.kept and proof.max_abs_diff is not None and proof.max_abs_diff > 0
    manifest = load_manifest(folder)
    assert manifest.runtime == FIRST_RUNTIME
    assert manifest.runtimes["paddle-bf16"] == manifest.runtimes[FIRST_RUNTIME]
    assert load_bundle(folder, runtime="paddle-bf16").predict(["好"])


def test_what_asks_for_another_machine_is_not_kept(
    folder: Path, judged: EvaluationRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "processor_flags", frozenset)
    before = load_manifest(folder)
    _, bf16, tensorrt = added(folder, "paddle-bf16", "paddle-tensorrt", rows=judged)
    assert "two hundred times slower" in str(bf16.why_not)
    assert "a build of Paddle with TensorRT" in str(tensorrt.why_not)
    assert load_manifest(folder) == before
