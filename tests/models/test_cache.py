"""Converted models that a kill left half made are never used, and go in time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from paddle_lab.models import cache


def store(target: Path) -> None:
    cache.store(target, {"a": 1}, ["[PAD]"], {}, {"w": np.zeros(3, np.float32)})


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("hours", [0, 2])
def test_a_killed_conversion_is_not_used_and_goes_after_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    target = tmp_path / "models" / "tiny-0123"

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as until_killed, pytest.raises(Killed):
        until_killed.setattr(cache, "sha256_of", die)
        until_killed.setattr(cache.shutil, "rmtree", lambda *_, **__: None)
        store(target)
    (half,) = target.parent.iterdir()
    assert not cache.is_whole(target) and not cache.is_whole(half)
    os.utime(half, (0, time.time() - hours * 3600))
    store(target)
    assert cache.is_whole(target)
    assert half.exists() == (hours == 0), "another process may still be at work on a young one"
