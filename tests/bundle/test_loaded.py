"""A program without its tokenizer, as worker processes load it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kits.onnx_bundle import TASKS, onnx_bundle, tokenizer_of_mini

from paddle_lab.bundle import load_bundle
from paddle_lab.bundle.loaded import load_program_of
from paddle_lab.errors import BundleError, UsageError


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    task, codec, _ = TASKS["classify"]
    folder = tmp_path_factory.mktemp("loaded") / "bundle"
    return onnx_bundle(folder, tokenizer_of_mini(), task, codec)


def test_it_gives_what_the_predictor_computes(bundle: Path) -> None:
    program, predictor = load_program_of(bundle, threads=1), load_bundle(bundle, threads=1)
    inputs = {"input_ids": np.array([[1, 700, 2]]), "token_type_ids": np.zeros((1, 3), np.int64)}
    found, expected = program.run_batch(inputs), predictor.run_batch(inputs)
    assert (program.runtime, program.device) == ("onnx", "cpu")
    np.testing.assert_array_equal(found["logits"], expected["logits"])


def test_no_tokenizer_is_made_for_it(bundle: Path) -> None:
    code = (
        "import sys; from paddle_lab.bundle.loaded import load_program_of\n"
        "load_program_of(sys.argv[1]); print('tokenizers' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(bundle)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


def test_what_load_bundle_refuses_it_refuses(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="threads"):
        load_program_of(bundle, threads=0)
    with pytest.raises(BundleError):
        load_program_of(bundle, runtime="paddle")
    with pytest.raises(BundleError):
        load_program_of(tmp_path)
