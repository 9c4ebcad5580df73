"""A corpus of hostile folders through the product's own ways: nothing of them is ever run."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from model_builders import Malicious, paddle_weights
from security import corpus_bundles, corpus_models, corpus_pickles
from security.hostile import CASES, LOADS, sound

from paddle_lab.bundle import load_bundle
from paddle_lab.commands import Context, data
from paddle_lab.commands.export import build_parser, execute
from paddle_lab.commands.finetune import FinetuneOptions
from paddle_lab.errors import BundleError, ModelError, PaddleLabError, RunError, UsageError
from paddle_lab.models import build_tokenizer, resolve_model
from paddle_lab.models.safe_weights import read_weights
from paddle_lab.options.files import read_options
from paddle_lab.runs import RunFolder
from paddle_lab.training import load_trained
from paddle_lab.training.checkpoint import (
    MANIFEST_FILE,
    MODEL_FILE,
    OPTIMIZER_FILE,
    STATE_FILE,
    read_checkpoint,
    write_checkpoint,
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_corpus_is_large_enough() -> None:
    assert {corpus_models.__name__, corpus_pickles.__name__} <= set(sys.modules)
    assert len(CASES) + len(corpus_bundles.CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_model_folder_runs_nothing(name: str, tmp_path: Path) -> None:
    build, expected = CASES[name]
    folder, mark = sound(tmp_path / "model"), tmp_path / "it ran"
    build(folder, mark)
    outcome, begun = LOADS, time.monotonic()
    try:
        resolved = resolve_model(str(folder), offline=True)
        build_tokenizer(resolved.folder)
        found = read_weights(resolved.folder / "model.safetensors")
        assert found.keys() == paddle_weights().keys()
    except ModelError as error:
        outcome = error.code
        message = error.in_language("en")
        assert len(message) < 1500 and "Traceback" not in message
        assert len(error.in_language("zh").splitlines()) >= 2
    assert outcome == expected
    assert not mark.exists()
    assert time.monotonic() - begun < 30, "neither hangs nor fills the memory"
    assert not {"modeling_own", "tokenization_own", "own"} & set(sys.modules)


@pytest.mark.parametrize("name", corpus_bundles.CASES)
def test_a_hostile_bundle_is_refused_before_paddle_sees_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached() -> None:
        raise AssertionError("Paddle was asked")

    monkeypatch.setattr("paddle_lab.bundle.paddle_inference.import_paddle", reached)
    build, expected = corpus_bundles.CASES[name]
    folder, mark = corpus_bundles.sound(tmp_path / "bundle"), tmp_path / "it ran"
    build(folder, mark)
    with pytest.raises(BundleError) as caught:
        load_bundle(folder, device="cpu")
    assert caught.value.code == expected
    assert caught.value.fix is not None
    assert not mark.exists()


def test_the_bundle_that_the_corpus_changes_would_be_given_to_paddle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Reached(Exception):
        pass

    def reached() -> None:
        raise Reached

    monkeypatch.setattr("paddle_lab.bundle.paddle_inference.import_paddle", reached)
    with pytest.raises(Reached):
        load_bundle(corpus_bundles.sound(tmp_path / "bundle"), device="cpu")


@pytest.mark.parametrize("damage", ["index", "pickle", "link", "byte", "list", "not a folder"])
def test_a_cache_that_somebody_prepared_is_made_anew(
    damage: str, tmp_path: Path, own_cache: Path
) -> None:
    source = sound(tmp_path / "model")
    folder, mark = resolve_model(str(source)).folder, tmp_path / "it ran"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    weights = folder / "model.safetensors"
    if damage == "index":
        (folder / "model.safetensors.index.json").write_text("{}", encoding="utf-8")
    elif damage == "pickle":
        (folder / "model_state.pdparams").write_bytes(pickle.dumps(Malicious(mark)))
    elif damage == "link":
        weights.rename(tmp_path / "elsewhere")
        weights.symlink_to(tmp_path / "elsewhere")
    elif damage == "byte":
        weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    elif damage == "list":
        (folder / "contents.json").write_text('{"format": 1, "sha256": {}}', encoding="utf-8")
    else:
        folder.rename(tmp_path / "moved")
        folder.symlink_to(tmp_path / "moved")
    assert resolve_model(str(source)).folder == folder
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not folder.is_symlink() and not weights.is_symlink()
    assert not mark.exists()


@pytest.mark.parametrize(
    "damage", ["pickle beside", "other name", "name upwards", "link", "pickle for weights", "pipe"]
)
def test_a_hostile_checkpoint_is_not_taken(damage: str, tmp_path: Path) -> None:
    mark = tmp_path / "it ran"
    arrays = {"w": np.zeros((2, 2), np.float32)}
    files = {MODEL_FILE: arrays, OPTIMIZER_FILE: arrays}
    saved = write_checkpoint(tmp_path / "checkpoints", 3, {STATE_FILE: {}}, files).path
    program = pickle.dumps({"w": Malicious(mark)})

    def listed(name: str, content: bytes) -> None:
        manifest = json.loads((saved / MANIFEST_FILE).read_text("utf-8"))
        manifest["sha256"][name] = hashlib.sha256(content).hexdigest()
        (saved / MANIFEST_FILE).write_text(json.dumps(manifest), encoding="utf-8")

    if damage == "pickle beside":
        (saved / "model_state.pdparams").write_bytes(program)
    elif damage == "other name":
        (saved / "scheduler.pdparams").write_bytes(program)
        listed("scheduler.pdparams", program)
    elif damage == "name upwards":
        (tmp_path / "outside").write_bytes(b"x")
        listed("../../outside", b"x")
    elif damage == "link":
        (saved / MODEL_FILE).rename(tmp_path / "elsewhere")
        (saved / MODEL_FILE).symlink_to(tmp_path / "elsewhere")
    elif damage == "pickle for weights":
        (saved / MODEL_FILE).write_bytes(program)
        listed(MODEL_FILE, program)
    else:
        (saved / MANIFEST_FILE).unlink()
        os.mkfifo(saved / MANIFEST_FILE)
    with pytest.raises((RunError, ModelError)) as caught:
        read_checkpoint(saved).arrays(MODEL_FILE)
    assert caught.value.code in ("run.checkpoint", "model.damaged")
    assert not mark.exists()


@pytest.mark.parametrize("way", ["load", "export command"])
def test_a_run_that_trusts_itself_is_not_trusted(
    way: str, make_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    model, mark = sound(tmp_path / "model"), tmp_path / "it ran"
    CASES["a_pickle_that_runs"][0](model, mark)
    run = make_run(model=str(model))
    info = json.loads(run.info_path.read_text("utf-8"))
    info["spec"]["trust"] = info["trust"] = True
    run.info_path.write_text(json.dumps(info), encoding="utf-8")
    facts = {"labels": ["a", "b"], "codec": {"labels": ["a", "b"]}, "fingerprint": "0" * 64}
    (run.path / "data.json").write_text(json.dumps(facts), encoding="utf-8")
    arrays = {"w": np.zeros((2, 2), np.float32)}
    write_checkpoint(
        run.checkpoints, 1, {STATE_FILE: {}}, {MODEL_FILE: arrays, OPTIMIZER_FILE: arrays}
    )
    with run.open_log() as log:
        log.append("end", state="stopped", step=1)
    with pytest.raises(ModelError) as caught:
        if way == "load":
            load_trained(run)
        else:
            execute(build_parser().parse_args([run.id]), Context())
    assert caught.value.code == "model.untrusted"
    assert not mark.exists()


@pytest.mark.parametrize(
    "text",
    [
        "epochs: !!python/object/apply:os.system ['touch MARK']",
        "epochs: !!python/name:os.system",
        "!!python/object/new:os.system [touch MARK]",
        "name: !!python/module:os",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nset: [*c, *c, *c]",
        "set: &s {max_grad_norm: *s}",
        "set: " + "[" * 5000,
        "set: " + "{a: " * 50 + "1" + "}" * 50,
        "name: " + "x" * 200_000,
        "? [a, b]\n: 1",
        "epochs: " + "9" * 5000,
        "name: 2001-99-99",
    ],
)
@pytest.mark.parametrize("kind", ["cell", "file"])
def test_yaml_runs_nothing_and_stays_small(kind: str, text: str, tmp_path: Path) -> None:
    mark = tmp_path / "it ran"
    text = text.replace("MARK", str(mark))
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    begun = time.monotonic()
    with pytest.raises(UsageError) as caught:
        read_options(FinetuneOptions, text if kind == "cell" else str(path), kind, "x")
    assert len(str(caught.value)) < 1000
    assert not mark.exists() and time.monotonic() - begun < 10


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "zeros"])
def test_a_configuration_file_that_is_none_is_told(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.write_bytes(bytes(1000))
    with pytest.raises(UsageError):
        read_options(FinetuneOptions, str(path), "file", "x")


@pytest.mark.slow
def test_an_index_beside_the_weights_is_not_followed_by_paddlenlp_either(tmp_path: Path) -> None:
    from paddle_lab.models import load_for_classification

    model, mark = sound(tmp_path / "model"), tmp_path / "it ran"
    CASES["an_index_that_names_a_pickle"][0](model, mark)
    loaded = load_for_classification(resolve_model(str(model)), 2).state_dict()
    for name, value in paddle_weights().items():
        assert np.array_equal(loaded[name].numpy(), value)
    assert not mark.exists()


@pytest.mark.slow
@pytest.mark.parametrize("isolate", [False, True])
def test_resuming_a_run_that_trusts_itself_runs_nothing(
    isolate: bool, make_run: Callable[..., RunFolder], tmp_path: Path
) -> None:
    from paddle_lab import api

    rows = "".join(f"文本{i}\t{'好' if i % 2 else '坏'}\n" for i in range(60))
    (tmp_path / "rows.tsv").write_text(rows, encoding="utf-8")
    model, mark = sound(tmp_path / "model"), tmp_path / "it ran"
    CASES["a_pickle_that_runs"][0](model, mark)
    run = make_run(train=str(tmp_path / "rows.tsv"), model=str(model), max_len=16, export=False)
    info = json.loads(run.info_path.read_text("utf-8"))
    info["spec"]["trust"] = True
    run.info_path.write_text(json.dumps(info), encoding="utf-8")
    with run.open_log() as log:
        log.append("end", state="stopped", step=0)
    with pytest.raises(PaddleLabError) as caught:
        api.finetune(resume=run.id, isolate=isolate or None, show=False)
    assert "asks to run" in caught.value.in_language("en")
    assert not mark.exists()


@pytest.mark.parametrize("name", ["a.pkl", "a.npy", "a.npz", "a.pdparams", "a.tsv", "a.jsonl"])
def test_data_that_are_a_program_are_not_run(name: str, tmp_path: Path) -> None:
    mark, path = tmp_path / "it ran", tmp_path / name
    if name.endswith(".npy"):
        np.save(path, np.array([Malicious(mark)], dtype=object), allow_pickle=True)
    elif name.endswith(".npz"):
        np.savez(path, x=np.array([Malicious(mark)], dtype=object))
    else:
        path.write_bytes(pickle.dumps([Malicious(mark)] * 20))
    with pytest.raises(PaddleLabError) as caught:
        data.execute(data.build_parser().parse_args([str(path)]), Context())
    assert caught.value.fix is not None or caught.value.why is not None
    assert not mark.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pdc_download_ckpt", "output_dir", "logging_dir"])
def test_a_runs_folder_gives_paddlenlp_no_argument_that_the_line_could_not(
    name: str, make_run: Callable[..., RunFolder]
) -> None:
    from paddle_lab.training.arguments import training_arguments

    run = make_run(extra={name: "/tmp/elsewhere"})
    with pytest.raises(UsageError, match=name):
        training_arguments(run.spec(), run, "cpu")
