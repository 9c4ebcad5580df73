"""A predictor in other processes: a fork uses it as it is, a pickle loads its folder again."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle.tiny import LABELS, ROWS, python

from paddle_lab.bundle import load_bundle
from paddle_lab.errors import BundleError, UsageError

pytestmark = pytest.mark.slow

FORKS = """
import json, multiprocessing, sys
import paddle_lab
from paddle_lab.errors import PaddleLabError

texts = [text * 3 for text in ("质量很好", "太差了", "一般")] * 40
predictor = paddle_lab.load_bundle(sys.argv[1], device="cpu")
expected = [answer.label for answer in predictor.predict(texts)]


def ask(number):
    try:
        return [answer.label for answer in predictor.predict(texts)] == expected
    except PaddleLabError as error:
        return error.code


with multiprocessing.get_context("fork").Pool(2) as pool:
    print(json.dumps(pool.map(ask, range(4), chunksize=1)))
    pool.close()
    pool.join()
"""


def in_forks(bundle: Path, monkeypatch: pytest.MonkeyPatch, openmp: str | None) -> list[Any]:
    if openmp is None:
        monkeypatch.delenv("KMP_INIT_AT_FORK", raising=False)
    else:
        monkeypatch.setenv("KMP_INIT_AT_FORK", openmp)
    done = python(FORKS, str(bundle), timeout=100)
    assert done.returncode == 0 and "tokenizers" not in done.stderr, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def test_forks_answer_as_their_parent(
    exported: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_forks(exported[0], monkeypatch, None) == [True] * 4


def test_where_openmp_would_wait_for_ever_a_fork_is_told_why_not(
    exported: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_forks(exported[0], monkeypatch, "FALSE") == ["bundle.forked"] * 4


SHELL = """
import os, pty, sys
import paddle_lab

paddle_lab.load_bundle(sys.argv[1], device="cpu").predict(["质量很好"] * 8)
child, terminal = pty.fork()  # as a notebook runs `!ls`
if child == 0:
    os.execv("/bin/sh", ["sh", "-c", "echo listed"])
content = b""
while True:
    try:
        block = os.read(terminal, 1000)
    except OSError:
        break
    if not block:
        break
    content += block
os.waitpid(child, 0)
print(repr(content.decode()), os.environ.get("TOKENIZERS_PARALLELISM"))
"""


def test_a_shell_command_after_a_prediction_shows_its_own_output_alone(
    exported: tuple[Path, Any],
) -> None:
    done = python(SHELL, str(exported[0]))
    assert done.stdout.strip() == r"'listed\r\n' None"


def test_on_a_gpu_a_fork_is_told_why_not(predictor: Any) -> None:
    clone = predictor.clone()
    clone._program._on_gpu = True
    assert clone.predict("好")
    clone._program._process += 1
    with pytest.raises(BundleError, match="fork") as caught:
        clone.predict("好")
    assert caught.value.code == "bundle.forked" and "spawn" in str(caught.value.fix)


def test_a_pickle_is_the_folder_loaded_again(copy_of: Path) -> None:
    predictor = load_bundle(copy_of, device="cpu", threads=1).renamed({LABELS[0]: "bad"})
    content = pickle.dumps(predictor)
    assert len(content) < 2000
    again = pickle.loads(content)
    assert again.labels == ["bad", *LABELS[1:]] == predictor.labels
    assert np.abs(again.logits(ROWS) - predictor.logits(ROWS)).max() <= 1e-5
    shutil.rmtree(copy_of)
    with pytest.raises(BundleError):
        pickle.loads(content)


def test_labels_can_be_renamed_and_the_first_predictor_keeps_its_own(predictor: Any) -> None:
    renamed = predictor.renamed({LABELS[0]: "bad", LABELS[1]: "good"})
    assert renamed.labels == ["bad", "good", LABELS[2]] and predictor.labels == LABELS
    (before,), (after,) = predictor.predict("质量很好"), renamed.predict("质量很好")
    assert list(after.probabilities.values()) == list(before.probabilities.values())
    assert renamed.renamed({"bad": LABELS[0], "good": LABELS[1]}).predict("质量很好") == [before]


@pytest.mark.parametrize(
    "names", [{"没有": "x"}, {LABELS[0]: LABELS[1]}, {LABELS[0]: ""}, {LABELS[0]: 5}]
)
def test_names_that_make_no_sense_are_refused(predictor: Any, names: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        predictor.renamed(names)


@pytest.mark.parametrize("number", [np.int64(2), np.int32(2), np.uint8(2)])
def test_whole_numbers_of_numpy_are_numbers(exported: tuple[Path, Any], number: Any) -> None:
    predictor = load_bundle(exported[0], device="cpu", threads=number)
    assert len(predictor.predict(ROWS, batch_size=number)) == len(ROWS)
    assert len(predictor.logits(ROWS, batch_size=number)) == len(ROWS)


@pytest.mark.parametrize("number", [True, np.float64(2.5), 2.0, np.int64(0), None])
def test_what_is_no_whole_number_is_refused(predictor: Any, number: Any) -> None:
    with pytest.raises(UsageError):
        predictor.predict("好", batch_size=number)
