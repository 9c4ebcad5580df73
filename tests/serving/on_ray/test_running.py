"""A service on Ray looks again: for bundles that were exchanged, and after Ray's own trouble."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from paddle_lab.serving.models import Place

OURS = ("paddle_lab.serving.on_ray.", "paddle_lab.bundle.on_ray.")


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module, with nothing behind Ray's names; none of it is left for other tests."""
    before = {name: module for name, module in sys.modules.items() if name.startswith(OURS)}
    for name in before:
        del sys.modules[name]
    for name in ("ray", "ray.serve", "ray.serve.handle", "ray.serve.config"):
        monkeypatch.setitem(sys.modules, name, MagicMock())
    yield importlib.import_module("paddle_lab.serving.on_ray.running")
    for name in [name for name in sys.modules if name.startswith(OURS)]:
        del sys.modules[name]
    sys.modules.update(before)


def test_what_ray_could_not_do_is_tried_again_at_the_next_look(
    running: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = running.OnRay([Place("a", "1", Path("a"))], MagicMock(), MagicMock(), MagicMock())
    monkeypatch.setattr(running, "looks_of", lambda _: "another bundle")
    tried: list[int] = []

    def deploy() -> None:
        service._looks = ["another bundle"]
        tried.append(len(tried))
        if len(tried) == 1:
            raise RuntimeError("the cluster was busy")

    monkeypatch.setattr(service, "_deploy", deploy)
    with pytest.raises(RuntimeError):
        service.look()
    service.look()
    service.look()
    assert tried == [0, 1], "again after the failure, and not once more after it went well"


def test_a_model_whose_name_begins_like_anothers_is_not_taken_for_it(running: Any) -> None:
    stem = running.stem_of(Place("a", "1", Path("a")))
    other = running.stem_of(Place("a-1", "2", Path("b")))
    assert other.startswith(stem)
    assert running.is_of(f"{stem}{'0' * 12}", stem)
    assert not running.is_of(f"{other}{'0' * 12}", stem)
