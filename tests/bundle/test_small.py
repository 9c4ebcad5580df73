"""A small bundle: fewer words and 8-bit weights, judged as a whole, loaded without Paddle."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bundle.test_added import dataset
from bundle.tiny import ROWS, python

from paddle_lab.bundle import load_bundle, pace, verify_bundle
from paddle_lab.bundle.added import add_runtimes
from paddle_lab.bundle.convert import FEWER_WORDS
from paddle_lab.bundle.judging import EvaluationRows
from paddle_lab.bundle.manifest import load_manifest
from paddle_lab.bundle.older_small import MADE_OF, made_of
from paddle_lab.bundle.small import EIGHT_BITS, SMALL, SmallProof, make_small
from paddle_lab.errors import BundleError

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("module_of_forked_checks")]

TEXTS = [row for row in ROWS if row.strip()]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here is about the time."""
    monkeypatch.setattr(pace, "_ROUNDS", 1)


@pytest.fixture(scope="module")
def judged(larger: Path) -> EvaluationRows:
    """Rows whose labels are what the model answers: its accuracy is 1."""
    answers = load_bundle(larger, device="cpu").predict(TEXTS)
    return EvaluationRows("test", dataset(TEXTS, [answer.label for answer in answers]))


@pytest.fixture(scope="module")
def made(
    larger: Path, judged: EvaluationRows, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, SmallProof]:
    """Made of a bundle that has the runtime of the small one already."""
    work = tmp_path_factory.mktemp("small")
    whole = Path(shutil.copytree(larger, work / "whole"))
    add_runtimes(whole, [EIGHT_BITS], judged, most_lost=100, threads=1)
    seen = {"text": TEXTS * 2}
    return work / "bundle", make_small(
        whole, work / "bundle", seen, judged, most_lost=100, threads=1
    )


def test_each_step_is_measured_beside_the_whole(made: tuple[Path, SmallProof]) -> None:
    _, proof = made
    assert [step.runtime for step in proof.steps] == ["paddle", EIGHT_BITS, FEWER_WORDS, SMALL]
    sizes = {step.runtime: step.size_mb for step in proof.steps}
    assert sizes["paddle"] > sizes[FEWER_WORDS] > sizes[EIGHT_BITS] > sizes[SMALL]
    assert all(step.ms_alone and step.ms_batched and step.rows for step in proof.steps)
    whole, _, fewer, small = proof.steps
    assert whole.before == whole.after == 1
    assert fewer.answers_equal == 1 and fewer.max_abs_diff is not None
    assert fewer.max_abs_diff < 1e-4, "all words of these rows were kept"
    assert small.after == small.answers_equal
    assert proof.words[0] > proof.words[1] and proof.unknown[0] == proof.unknown[1]


def test_it_answers_in_a_process_without_paddle(made: tuple[Path, SmallProof]) -> None:
    folder, _ = made
    code = (
        "import sys; sys.modules['paddle'] = sys.modules['paddlenlp'] = None\n"
        "import paddle_lab\n"
        f"predictor = paddle_lab.load_bundle({str(folder)!r})\n"
        "print(predictor.runtime, predictor.predict('质量很好，推荐！')[0].label == sys.argv[1])"
    )
    expected = load_bundle(folder).predict("质量很好，推荐！")[0].label
    assert python(code, expected).stdout.split() == [EIGHT_BITS, "True"]


def test_its_manifest_says_what_it_is(made: tuple[Path, SmallProof]) -> None:
    folder, proof = made
    manifest = load_manifest(folder)
    assert not manifest.with_paddle and list(manifest.runtimes) == [EIGHT_BITS]
    assert manifest.source["small"]["words"] == list(proof.words)
    whole = load_manifest(folder.with_name("whole"))
    assert manifest.source["small"][MADE_OF] == made_of(whole)
    assert "ONNX Runtime" in (folder / "README.md").read_text(encoding="utf-8")
    assert not [name for name in manifest.files if "pdiparams" in name or name == "model.json"]
    assert verify_bundle(folder).ok


def test_nothing_else_can_be_made_of_it(
    made: tuple[Path, SmallProof], judged: EvaluationRows, tmp_path: Path
) -> None:
    folder, _ = made
    with pytest.raises(BundleError) as raised:
        add_runtimes(folder, ["onnx"], judged, threads=1)
    assert raised.value.code == "bundle.small"
    with pytest.raises(BundleError) as raised:
        make_small(folder, tmp_path / "again", {"text": TEXTS}, judged, threads=1)
    assert raised.value.code == "bundle.small"


def test_one_that_loses_too_much_is_not_written(
    larger: Path, judged: EvaluationRows, tmp_path: Path
) -> None:
    target = tmp_path / "bundle"
    with pytest.raises(BundleError) as raised:
        make_small(larger, target, {"text": TEXTS}, judged, most_lost=-1, threads=1)
    assert raised.value.code == "bundle.small_refused"
    assert "points of accuracy" in str(raised.value) and not target.exists()
    assert list(tmp_path.iterdir()) == []
