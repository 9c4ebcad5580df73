"""What of a bundle arrives on a node: the bytes of its manifest, or an error that says so."""

from __future__ import annotations

import dataclasses
import pickle
import tempfile
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.bundle import Predictor, load_bundle
from paddle_lab.bundle.manifest import load_manifest, write_manifest
from paddle_lab.bundle.on_ray.parcel import Parcel, opened, packed
from paddle_lab.errors import BundleError

TEXTS = ["质量很好", "太差了，不会再买。", "", "快" * 60]


def changed(parcel: Parcel, **files: bytes) -> Parcel:
    return dataclasses.replace(parcel, files={**parcel.files, **files})


def test_what_arrives_answers_as_what_was_sent(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "node"
    work.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    there = opened(pickle.loads(pickle.dumps(packed(predictor))))
    found = [one.to_json() for one in there.predict(TEXTS)]
    assert found == [one.to_json() for one in predictor.predict(TEXTS)]
    assert list(work.iterdir()) == []  # it is loaded, and its files are gone


def test_only_what_the_runtime_reads_travels(bundle: Path) -> None:
    manifest, paddle = load_manifest(bundle), ("model.json", "model.pdiparams")
    both = {"paddle": paddle, **manifest.runtimes}
    write_manifest(bundle, dataclasses.replace(manifest, runtimes=both))
    parcel = packed(load_bundle(bundle, runtime="onnx"))
    assert set(parcel.files) == {"model.onnx", "tokenizer.json", "proof.json"}
    assert set(parcel.manifest["runtimes"]) == {"onnx"}


def test_a_byte_that_changed_on_the_way_is_found(predictor: Predictor) -> None:
    parcel = packed(predictor)
    for name, content in parcel.files.items():
        other = content[:-1] + bytes([content[-1] ^ 1])
        with pytest.raises(BundleError) as raised:
            opened(changed(parcel, **{name: other}))
        assert raised.value.code == "bundle.damaged" and name in str(raised.value)


def test_a_manifest_that_was_edited_is_refused(predictor: Predictor) -> None:
    parcel = packed(predictor)
    edited: dict[str, Any] = {**parcel.manifest, "max_len": 31}
    with pytest.raises(BundleError) as raised:
        opened(dataclasses.replace(parcel, manifest=edited))
    assert "checksum" in str(raised.value)


def test_a_file_that_the_manifest_does_not_name_is_never_written(
    predictor: Predictor, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    assert opened(changed(packed(predictor), **{str(outside): b"x", "../more": b"x"}))
    assert not outside.exists()


def test_another_bundle_in_the_folder_is_not_sent(predictor: Predictor) -> None:
    manifest = load_manifest(predictor.folder)
    write_manifest(predictor.folder, dataclasses.replace(manifest, created="2030-01-01"))
    with pytest.raises(BundleError) as raised:
        packed(predictor)
    assert raised.value.code == "bundle.exchanged"
