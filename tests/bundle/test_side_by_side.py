"""Several processes answer as one predictor does, in the order of the rows, or say why not."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundle.tiny import ROWS

from paddle_lab.bundle import Predictor, load_bundle
from paddle_lab.bundle.manifest import load_manifest, write_manifest
from paddle_lab.bundle.side_by_side import Answering, side_by_side
from paddle_lab.errors import BundleError

pytestmark = pytest.mark.slow

TEXTS = [f"{row} {number}" for number in range(60) for row in ROWS]


@pytest.fixture
def predictor(copy_of: Path) -> Predictor:
    return load_bundle(copy_of, device="cpu", threads=1)


@pytest.fixture
def two(predictor: Predictor) -> Iterator[Answering]:
    with side_by_side(predictor, 2) as answering:
        yield answering


def test_all_are_answered_in_their_order(predictor: Predictor, two: Answering) -> None:
    parts = list(two.stream({"text": TEXTS}, batch_size=16))
    assert len(parts) > 2 and sum(map(len, parts)) == len(TEXTS)
    alone = predictor.predict(TEXTS)
    for one, other in zip(alone, (answer for part in parts for answer in part), strict=True):
        assert one.label == other.label
        assert one.probability == pytest.approx(other.probability, abs=1e-5)


def test_what_one_cannot_read_is_its_error_here_too(two: Answering) -> None:
    with pytest.raises(Exception, match="long_text"):
        list(two.stream({"text": TEXTS}, long_text="whole"))


def test_a_process_that_is_killed_ends_it_with_a_reason(two: Answering) -> None:
    parts = two.stream({"text": TEXTS})
    next(parts)
    pool: Any = two
    for pid in list(pool._pool._processes):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(BundleError) as raised:
        list(parts)
        list(two.stream({"text": TEXTS}))
    assert raised.value.code == "bundle.process_ended" and "--workers" in str(raised.value)


def test_answers_are_never_of_two_bundles(predictor: Predictor) -> None:
    manifest = load_manifest(predictor.folder)
    write_manifest(predictor.folder, dataclasses.replace(manifest, created="2026-01-01"))
    with side_by_side(predictor, 1) as answering, pytest.raises(BundleError) as raised:
        list(answering.stream({"text": TEXTS}))
    assert raised.value.code == "bundle.exchanged"
