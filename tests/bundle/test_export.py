"""Exporting a live model: the proof, what stays as it was, and what a failure leaves."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from bundle.tiny import LABELS, MAX_LEN, REPOSITORY, ROWS, build_model, build_tokenizer_json

from paddle_lab.bundle import export as module
from paddle_lab.bundle import export_bundle, load_bundle, load_manifest, verify_bundle
from paddle_lab.bundle.schema import manifest_schema
from paddle_lab.errors import BundleError
from paddle_lab.tasks.classify.codec import ClassifyCodec

pytestmark = pytest.mark.slow


@pytest.fixture
def no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the fresh process, where a test is about something else."""
    proof = {
        "ok": True,
        "rows": 1,
        "answers_equal": True,
        "tokens_equal": True,
        "max_abs_diff": 0.0,
        "padding_max_abs_diff": 0.0,
        "tolerance": 1e-4,
        "paddlenlp_in_fresh_process": False,
    }
    monkeypatch.setattr(
        module, "check_in_fresh_process", lambda *a, **k: module.ExportProof.from_json(proof)
    )


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_proof_says_what_was_compared(exported: tuple[Path, Any]) -> None:
    _, proof = exported
    assert proof.ok and proof.answers_equal and proof.tokens_equal
    assert proof.rows == len(ROWS) and proof.longest_tokens == MAX_LEN
    assert 0 < proof.max_abs_diff <= proof.tolerance == 1e-4
    assert proof.padding_max_abs_diff <= 1e-4
    assert proof.paddlenlp_in_fresh_process is False
    assert proof.truncated_rows == 2
    assert set(proof.latency_ms) == {"b1_len24", "b32_len24"}
    assert all(value > 0 for value in proof.latency_ms.values())


def test_its_event_is_what_views_expect(exported: tuple[Path, Any]) -> None:
    folder, proof = exported
    schema = json.loads((REPOSITORY / "paddle_lab/runs/schema.json").read_text(encoding="utf-8"))
    event = {"seq": 1, "t": 0.0, "kind": "export", **proof.event()}
    jsonschema.validate(event, {"$ref": "#/$defs/ExportEvent", "$defs": schema["$defs"]})
    assert event["bundle"] == str(folder) and event["size_mb"] > 0


def test_the_bundle_is_complete_and_alone(exported: tuple[Path, Any]) -> None:
    folder, proof = exported
    manifest = load_manifest(folder)
    assert left_in(folder.parent) == ["bundle"]
    assert {*manifest.files, "manifest.json"} == set(left_in(folder))
    assert manifest.proof == proof.to_json()
    assert manifest.labels == LABELS and manifest.max_len == MAX_LEN
    assert manifest.source["run"] == "cafe0123" and manifest.versions["paddlepaddle"]
    jsonschema.validate(json.loads((folder / "manifest.json").read_bytes()), manifest_schema())


def test_no_row_of_the_data_is_in_the_bundle(exported: tuple[Path, Any]) -> None:
    folder, _ = exported
    for name in ("manifest.json", "proof.json", "README.md"):
        content = (folder / name).read_text(encoding="utf-8")
        assert ROWS[-5] not in content and "客服态度" not in content, name


def test_hostile_labels_are_no_markup_in_the_card(exported: tuple[Path, Any]) -> None:
    card = (exported[0] / "README.md").read_text(encoding="utf-8")
    outside, fenced = card.split("## Labels / 标签")[0], card.split("```json")[1]
    assert "onerror" not in outside and "onerror" in fenced
    assert "\u202e" not in card
    assert "玩具" in card and "a toy" in card


def test_anyone_can_check_it_again_without_the_data(exported: tuple[Path, Any]) -> None:
    proof = verify_bundle(exported[0])
    assert proof.ok and proof.rows >= 10 and not proof.paddlenlp_in_fresh_process


def test_answers_equal_the_live_model(trained: Any, predictor: Any) -> None:
    import paddle

    ids = predictor.encode(ROWS).ids
    trained.model.eval()
    with paddle.no_grad():
        expected = np.concatenate(
            [trained.model(paddle.to_tensor(row[None])).numpy() for row in ids]
        )
    assert np.abs(predictor.logits(ROWS) - expected).max() <= 1e-4
    assert np.ptp(expected, axis=0).max() > 0.1, "a model that says the same of all proves nothing"


@pytest.fixture(scope="module")
def curves() -> dict[str, list[float]]:
    """Losses of one training, with an export from its worker thread midway and without."""
    return {kind: _train(export=kind == "exported") for kind in ("exported", "plain")}


def _train(*, export: bool) -> list[float]:
    import paddle
    from paddle.utils import unique_name

    from paddle_lab.bundle import program

    losses: list[float] = []
    failures: list[BaseException] = []

    def work() -> None:
        with unique_name.guard():
            model = build_model(hidden_dropout_prob=0.2)
            optimizer = paddle.optimizer.AdamW(parameters=model.parameters(), learning_rate=1e-3)
            for step in range(12):
                if step == 6 and export:
                    _export_midway(model, program)
                model.train()
                ids = np.random.default_rng(step).integers(5, 60, (4, 9))
                loss = paddle.nn.functional.cross_entropy(
                    model(paddle.to_tensor(ids)), paddle.to_tensor(np.array([0, 1, 2, 0]))
                )
                loss.backward()
                optimizer.step()
                optimizer.clear_grad()
                losses.append(float(loss))

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    assert not failures, failures
    return losses


def _export_midway(model: Any, program: Any) -> None:
    import tempfile

    frozen = model.ernie.embeddings
    frozen.eval()
    before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    names = [parameter.name for parameter in model.parameters()]
    modes = [layer.training for layer in model.sublayers(include_self=True)]
    with tempfile.TemporaryDirectory() as folder:
        codec = ClassifyCodec(build_tokenizer_json(), MAX_LEN, LABELS)
        program.save_program(model, codec.signature, Path(folder))
    program.eager_outputs(model, codec.signature, codec.encode({"text": ["很好"]}))
    assert [layer.training for layer in model.sublayers(include_self=True)] == modes
    assert [parameter.name for parameter in model.parameters()] == names
    assert all((value.numpy() == before[name]).all() for name, value in model.state_dict().items())


def test_exporting_from_a_thread_leaves_the_training_bit_equal(
    curves: dict[str, list[float]],
) -> None:
    assert curves["exported"] == curves["plain"]
    assert curves["plain"][0] != curves["plain"][-1]


@pytest.mark.usefixtures("forked_checks")
def test_a_model_that_answers_otherwise_leaves_no_bundle(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reference is shifted a little more than the tolerance: a stand-in for a wrong export."""
    real = module._expected
    shifted = iter([0.0, 2e-4])

    def off(*args: Any) -> Any:
        expected = real(*args)
        logits = expected.outputs["logits"] + next(shifted)
        return dataclasses.replace(expected, outputs={"logits": logits})

    monkeypatch.setattr(module, "_expected", off)
    with pytest.raises(BundleError, match=r"check|验证") as caught:
        export_bundle(trained, tmp_path / "bundle")
    assert left_in(tmp_path) == ["bundle-failed.json"]
    evidence = json.loads((tmp_path / "bundle-failed.json").read_text(encoding="utf-8"))
    assert evidence["error"] == caught.value.to_json()
    assert 1e-4 < evidence["proof"]["max_abs_diff"] < 3e-4 and evidence["proof"]["ok"] is False


def test_a_folder_of_other_things_is_refused_without_a_trace(trained: Any, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "notes.txt").write_text("years of work")
    with pytest.raises(BundleError, match=r"notes\.txt"):
        export_bundle(trained, tmp_path / "thesis")
    assert left_in(tmp_path) == ["thesis"]


@pytest.mark.usefixtures("forked_checks")
def test_a_tokenizer_that_differs_leaves_no_bundle(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = build_tokenizer_json().replace('"lowercase":true', '"lowercase":false')
    monkeypatch.setattr(module, "_tokenizer_json", lambda _: other)
    rows = dataclasses.replace(trained, rows={"text": ["X", "你好"]})
    with pytest.raises(BundleError) as caught:
        export_bundle(rows, tmp_path / "bundle")
    assert "tokenizer gives other tokens" in caught.value.in_language("en")
    assert left_in(tmp_path) == ["bundle-failed.json"]


def test_a_check_that_takes_too_long_is_killed(trained: Any, tmp_path: Path) -> None:
    import psutil

    with pytest.raises(BundleError, match=r"longer|超过"):
        export_bundle(trained, tmp_path / "bundle", timeout_s=0.3)
    assert left_in(tmp_path) == ["bundle-failed.json"]
    assert not [c for c in psutil.Process().children() if "verify" in " ".join(c.cmdline())]


def test_giving_up_midway_leaves_nothing(trained: Any, tmp_path: Path) -> None:
    class Aborted(Exception):
        pass

    def progress(phase: str, done: int, total: int) -> None:
        if phase == "verify":
            raise Aborted

    with pytest.raises(Aborted):
        export_bundle(trained, tmp_path / "bundle", progress=progress)
    assert left_in(tmp_path) == []


@pytest.mark.usefixtures("no_check")
def test_progress_is_told(trained: Any, tmp_path: Path) -> None:
    heard: list[tuple[str, int, int]] = []
    export_bundle(trained, tmp_path / "bundle", progress=lambda *step: heard.append(step))
    assert heard == [("export", done, 4) for done in range(5)]


@pytest.mark.usefixtures("no_check")
def test_an_older_bundle_is_replaced_whole_and_a_failure_keeps_it(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "bundle"
    export_bundle(trained, place)
    export_bundle(dataclasses.replace(trained, metrics={"accuracy": 0.75}), place)
    assert load_manifest(place).metrics == {"accuracy": 0.75}
    assert left_in(tmp_path) == ["bundle"]

    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.program, "save_program", broken)
    with pytest.raises(BundleError, match="No space left"):
        export_bundle(trained, place)
    assert load_manifest(place).metrics == {"accuracy": 0.75}
    assert left_in(tmp_path) == ["bundle", "bundle-failed.json"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_len": 65}, "room for 64"),
        ({"codec": {"labels": ["一", "二"]}}, "logits has the shape [1, 3], [1, 2] was expected"),
    ],
)
def test_a_model_that_does_not_fit_its_description_is_refused(
    trained: Any, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(BundleError) as caught:
        export_bundle(dataclasses.replace(trained, **changes), tmp_path / "bundle")
    assert words in caught.value.in_language("en")
    assert left_in(tmp_path) == ["bundle-failed.json"]


def test_a_vocabulary_larger_than_the_model_is_refused(trained: Any, tmp_path: Path) -> None:
    small = dataclasses.replace(trained, model=build_model(vocab_size=20))
    with pytest.raises(BundleError, match="20"):
        export_bundle(small, tmp_path / "bundle")


def test_a_model_that_diverged_is_refused(trained: Any, tmp_path: Path) -> None:
    import paddle

    model = build_model()
    model.classifier.bias.set_value(paddle.full([len(LABELS)], float("nan")))
    with pytest.raises(BundleError, match=r"finite|有限"):
        export_bundle(dataclasses.replace(trained, model=model), tmp_path / "bundle")
    assert left_in(tmp_path) == ["bundle-failed.json"]


@pytest.mark.usefixtures("forked_checks")
def test_a_model_that_cannot_tell_labels_apart_still_passes(trained: Any, tmp_path: Path) -> None:
    """All logits tie: which label comes first is chance, and no sign of a wrong export."""
    import paddle

    model = build_model()
    for parameter in (model.classifier.weight, model.classifier.bias):
        parameter.set_value(paddle.zeros_like(parameter))
    proof = export_bundle(dataclasses.replace(trained, model=model), tmp_path / "bundle")
    assert proof.ok and proof.ties == proof.rows


@pytest.mark.usefixtures("forked_checks")
def test_a_tokenizer_comes_as_object_or_file_or_json(trained: Any, tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    path = tmp_path / "tokenizer.json"
    path.write_text(build_tokenizer_json(), encoding="utf-8")
    limited = Tokenizer.from_str(build_tokenizer_json())
    limited.enable_truncation(5)
    limited.enable_padding(length=50)
    forms = {
        module._tokenizer_json(form) for form in (path, str(path), build_tokenizer_json(), limited)
    }
    assert len(forms) == 1 and '"truncation":null' in forms.pop()


@contextlib.contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[Path]:
    """A file system of its own, with so much room."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting needs root")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_told_before_the_work(trained: Any, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 200) as place:
        with pytest.raises(BundleError) as caught:
            export_bundle(trained, place / "bundle")
        assert "MiB needed" in caught.value.in_language("en")
        assert left_in(place) in ([], ["bundle-failed.json"])


@pytest.mark.usefixtures("forked_checks")
@pytest.mark.parametrize("kilobytes", [8, 40, 100, 160, 180, 188, 196])
def test_a_disk_that_fills_up_midway_leaves_nothing(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kilobytes: int
) -> None:
    """In the program, in the weights (where Paddle's writer may say nothing), and after them."""
    monkeypatch.setattr(module, "_check_room", lambda *_: None)
    with small_disk(tmp_path / "small", kilobytes) as place:
        with pytest.raises(BundleError) as caught:
            export_bundle(trained, place / "bundle")
        assert caught.value.fix is not None
        assert left_in(place) in ([], ["bundle-failed.json"])


def test_the_loaded_bundle_is_the_one_that_was_proven(exported: tuple[Path, Any]) -> None:
    assert load_bundle(exported[0].parent / "bundle").labels == LABELS
