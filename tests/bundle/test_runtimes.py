"""The contract of a runtime, over every one there is, and over one that a package adds."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle.making import make_bundle, rewrite
from bundle.tiny import ROWS

from paddle_lab.bundle import load_bundle, predictor
from paddle_lab.bundle.fresh import check_in_fresh_process, convert_in_fresh_process
from paddle_lab.bundle.manifest import FIRST_RUNTIME, Manifest, file_entry, load_manifest
from paddle_lab.bundle.manifest import write_manifest as write
from paddle_lab.bundle.runtimes import RUNTIMES, load_program, refused_here
from paddle_lab.errors import BundleError, UsageError
from paddle_lab.tasks.codec import Signature


def test_the_first_runtime_is_there() -> None:
    assert FIRST_RUNTIME in RUNTIMES.names()


@pytest.mark.parametrize("name", RUNTIMES.names())
def test_looking_a_runtime_up_imports_nothing_that_it_runs_on(name: str) -> None:
    code = (
        "import sys; from paddle_lab.bundle.runtimes import RUNTIMES; RUNTIMES.get(sys.argv[1]);"
        "print(sorted({'paddle', 'paddlenlp', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module", params=RUNTIMES.names())
def made_for(
    request: pytest.FixtureRequest, larger: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A bundle that was made for the runtime, once, and the runtime's name."""
    if (refused := refused_here(request.param)) is not None:
        pytest.skip(str(refused.why))
    work = tmp_path_factory.mktemp("converting")
    folder = Path(shutil.copytree(larger, work / "bundle"))
    manifest = load_manifest(folder)
    files = convert_in_fresh_process(folder, work, request.param)
    entries = {name: file_entry(folder / name) for name in files}
    runtimes = {**manifest.runtimes, request.param: files}
    write(
        folder,
        dataclasses.replace(manifest, runtimes=runtimes, files={**manifest.files, **entries}),
    )
    return folder, request.param


@pytest.fixture
def converted(made_for: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    """A copy of it that a test may spoil."""
    return Path(shutil.copytree(made_for[0], tmp_path / "bundle")), made_for[1]


@pytest.mark.slow
def test_every_runtime_answers_as_the_trained_model_did(
    converted: tuple[Path, str], tmp_path: Path
) -> None:
    folder, name = converted
    (tmp_path / "work").mkdir()
    proof = check_in_fresh_process(folder, tmp_path / "work", runtime=name)
    assert proof.ok and proof.tokens_equal
    if RUNTIMES.get(name).exact:
        assert proof.answers_equal and proof.max_abs_diff <= 1e-5
    else:
        assert 1e-5 < proof.max_abs_diff < 1


@pytest.mark.slow
def test_every_runtime_gives_the_outputs_of_the_signature_whatever_the_batch(
    converted: tuple[Path, str],
) -> None:
    folder, name = converted
    loaded = load_bundle(folder, device="auto", threads=1, runtime=name)
    program = load_program(folder, loaded.manifest, name, "cpu", 1)
    for rows, tokens in ((1, 3), (5, 17), (2, 24), (1, 3)):
        inputs = {
            spec.name: np.ones((rows, tokens), spec.dtype)
            for spec in loaded.manifest.signature.inputs
        }
        found = program.run(inputs)
        assert list(found) == [spec.name for spec in loaded.manifest.signature.outputs]
        for spec in loaded.manifest.signature.outputs:
            sizes = {"rows": rows, "tokens": tokens}
            assert found[spec.name].shape == tuple(sizes.get(size, size) for size in spec.dims)
            assert found[spec.name].dtype == spec.dtype
            assert np.isfinite(found[spec.name]).all()


@pytest.mark.slow
def test_every_runtime_may_be_used_from_several_threads(converted: tuple[Path, str]) -> None:
    folder, name = converted
    loaded = load_bundle(folder, device="auto", threads=1, runtime=name)
    whole, found = loaded.logits(ROWS), {}

    def ask(number: int, mine: predictor.Predictor) -> None:
        found[number] = mine.logits(ROWS)

    threads = [
        threading.Thread(target=ask, args=(number, mine))
        for number, mine in enumerate([loaded, loaded, loaded.clone()])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.abs(found[number] - whole).max() <= 1e-5 for number in range(3))


@pytest.mark.slow
def test_no_runtime_loads_a_program_that_is_cut_off(converted: tuple[Path, str]) -> None:
    folder, name = converted
    manifest = load_manifest(folder)
    for file in manifest.runtimes[name]:
        whole = (folder / file).read_bytes()
        (folder / file).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(BundleError):
            load_program(folder, manifest, name, "cpu", 1)
        (folder / file).write_bytes(whole)


def test_an_unknown_runtime_and_one_that_the_bundle_has_not_are_told_apart(
    tmp_path: Path, abacus: str
) -> None:
    folder = make_bundle(tmp_path / "bundle")
    manifest = load_manifest(folder)
    with pytest.raises(UsageError, match="abakus"):
        load_program(folder, manifest, "abakus", "cpu", 1)
    with pytest.raises(BundleError) as caught:
        load_program(folder, manifest, abacus, "cpu", 1)
    assert caught.value.code == "bundle.no_runtime"
    assert FIRST_RUNTIME in caught.value.in_language("en")


def test_a_bundle_from_before_runtimes_were_named_has_paddles(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    rewrite(folder, lambda content: content.pop("runtimes"))
    assert load_manifest(folder).runtimes == {FIRST_RUNTIME: ("model.json", "model.pdiparams")}


@pytest.mark.parametrize(
    "runtimes", [[], {"paddle": []}, {"paddle": {"files": ["../x"]}}, {"a/b": {"files": []}}]
)
def test_runtimes_that_are_not_named_as_they_should_be_are_damage(
    tmp_path: Path, runtimes: Any
) -> None:
    folder = make_bundle(tmp_path / "bundle")
    rewrite(folder, lambda content: content.update(runtimes=runtimes))
    with pytest.raises(BundleError) as caught:
        load_manifest(folder)
    assert caught.value.code == "bundle.damaged"


class Abacus:
    """A runtime of another package: every output is the number of rows."""

    exact = False
    anywhere = True

    def choose_device(self, wanted: str) -> str:
        return "cpu"

    def convert(self, folder: Path, signature: Signature) -> tuple[str, ...]:
        (folder / "beads.bin").write_bytes(b"\x01")
        return ("beads.bin",)

    def load(self, folder: Path, manifest: Manifest, device: str, threads: int) -> Abacus:
        return self

    def clone(self) -> Abacus:
        return self

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        rows = len(next(iter(inputs.values())))
        return {"logits": np.full((rows, 2), rows, np.float32)}


@pytest.fixture
def abacus(monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with another runtime is installed."""
    point = importlib.metadata.EntryPoint("abacus", f"{__name__}:ABACUS", RUNTIMES.group)
    monkeypatch.setattr(type(point), "load", lambda self: Abacus())
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda group: [point] if group == RUNTIMES.group else []
    )
    monkeypatch.setattr(RUNTIMES, "_loaded", {})
    return "abacus"


def test_another_package_adds_a_runtime_by_its_entry_point(tmp_path: Path, abacus: str) -> None:
    folder = make_bundle(tmp_path / "bundle")
    manifest = load_manifest(folder)
    files = RUNTIMES.get(abacus).convert(folder, manifest.signature)
    write(
        folder,
        dataclasses.replace(
            manifest,
            runtimes={**manifest.runtimes, abacus: files},
            files={**manifest.files, "beads.bin": file_entry(folder / "beads.bin")},
        ),
    )
    program = load_program(folder, load_manifest(folder), abacus, "cpu", 1)
    assert program.run({"input_ids": np.ones((3, 4))})["logits"].tolist() == [[3.0, 3.0]] * 3
