"""A small bundle that was made of an earlier bundle of its run is told from one of the present."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest
from bundle.making import FILES, make_bundle, rewrite

from paddle_lab.bundle.manifest import file_entry, load_manifest, write_manifest
from paddle_lab.bundle.older_small import MADE_OF, made_of, older_small

NAMED = {"labels": ["坏", "好"]}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with its bundle, and a small one made of it."""
    whole = make_bundle(tmp_path / "run" / "bundle")
    figures = {"words": [10, 5], MADE_OF: made_of(load_manifest(whole))}
    make_bundle(tmp_path / "run" / "bundle-small", source={"small": figures})
    return tmp_path / "run"


def again(run: Path, **changes: Any) -> None:
    """The bundle of the run is exported again."""
    shutil.rmtree(run / "bundle")
    make_bundle(run / "bundle", **changes)


def without_origin(manifest: dict[str, Any]) -> None:
    del manifest["source"]["small"][MADE_OF]


def test_one_of_the_present_bundle_is_passed_over(run: Path) -> None:
    assert older_small(run / "bundle-small") is None
    again(run)
    assert older_small(run / "bundle-small") is None, "the same weights and labels"
    bundle = run / "bundle"
    (bundle / "model.onnx").write_bytes(b"onnx")
    manifest = load_manifest(bundle)
    files = {**manifest.files, "model.onnx": file_entry(bundle / "model.onnx")}
    runtimes = {**manifest.runtimes, "onnx": ("model.onnx",)}
    write_manifest(bundle, dataclasses.replace(manifest, files=files, runtimes=runtimes))
    assert older_small(run / "bundle-small") is None, "another runtime"


def test_other_labels_are_said_with_the_command_that_helps(run: Path) -> None:
    again(run, codec=NAMED)
    said = older_small(run / "bundle-small")
    assert said is not None
    for language in ("en", "zh"):
        assert "%ernie_export run --small" in said.in_language(language)


def test_other_weights_are_said(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "model.pdiparams", b"trained on")
    again(run)
    assert older_small(run / "bundle-small") is not None


def test_one_that_does_not_say_what_it_was_made_of_is_judged_by_its_labels(run: Path) -> None:
    rewrite(run / "bundle-small", without_origin)
    assert older_small(run / "bundle-small") is None
    again(run, codec=NAMED)
    assert older_small(run / "bundle-small") is not None


def test_a_bundle_alone_or_a_broken_one_beside_it_says_nothing(run: Path, tmp_path: Path) -> None:
    shutil.move(run / "bundle-small", tmp_path / "bundle-small")
    assert older_small(tmp_path / "bundle-small") is None
    assert older_small(run / "bundle") is None and older_small(run / "absent") is None
    shutil.move(tmp_path / "bundle-small", run / "bundle-small")
    again(run, codec=NAMED)
    (run / "bundle" / "manifest.json").write_text("{")
    assert older_small(run / "bundle-small") is None
