"""Exporting a live model: the proof, and what it leaves behind."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def test_the_proof_says_what_was_compared(exported: tuple[Path, Any]) -> None:
    folder, proof = exported
    print(proof)
    assert proof.ok and proof.answers_equal and proof.tokens_equal
    assert 0 < proof.max_abs_diff <= 1e-4
