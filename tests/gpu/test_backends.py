"""The contract of a GPU backend, over every kind there is, and over one that a package adds."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence

import pytest

from paddle_lab.gpu.backends import BACKENDS, choose_backend
from paddle_lab.gpu.backends.none import NoBackend
from paddle_lab.gpu.readings import FastReading, Gpu, Inventory
from paddle_lab.gpu.throttle import Throttle


@pytest.mark.parametrize("name", BACKENDS.names())
def test_every_kind_keeps_the_contract(name: str) -> None:
    kind = BACKENDS.get(name)
    assert isinstance(kind.automatic, bool) and isinstance(kind.present(), bool)
    assert kind.make("no such option,", tuple) is None
    backend = kind.make("", tuple)
    assert backend is not None and backend.name == name
    assert choose_backend(name).__class__ is backend.__class__
    gpus = backend.open().gpus
    assert len(backend.fast()) == len(backend.slow()) == len(gpus)
    assert set(backend.links(range(len(gpus)))) <= set(range(len(gpus)))
    for reading in backend.fast():
        assert reading.throttle is None or reading.throttle in Throttle(63)
    assert backend.needs_reopening() in (True, False)
    backend.close()


class Abacus(NoBackend):
    """One device that is always half busy."""

    name = "abacus"

    def __init__(self) -> None:
        pass

    def open(self) -> Inventory:
        return Inventory(gpus=(Gpu("abacus-0", 0, "Abacus", 10),))

    def fast(self) -> list[FastReading]:
        return [FastReading(busy=50)]


class AbacusKind:
    automatic = True

    def present(self) -> bool:
        return True

    def make(self, options: str, own_pids: Callable[[], Sequence[int]]) -> Abacus | None:
        return None if options else Abacus()


def test_another_package_adds_a_kind_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = importlib.metadata.EntryPoint(
        "abacus", f"{__name__}:AbacusKind()", "paddle_lab.gpu_backends"
    )
    monkeypatch.setattr(type(point), "load", lambda self: AbacusKind())
    monkeypatch.setattr(
        importlib.metadata,
        "entry_points",
        lambda group: [point] if group == "paddle_lab.gpu_backends" else [],
    )
    assert "abacus" in BACKENDS.names()
    assert choose_backend("abacus").open().gpus[0].name == "Abacus"
    monkeypatch.setattr(BACKENDS.get("nvml").__class__, "present", lambda self: False)
    assert choose_backend("auto").name == "abacus", "the first whose driver is here"
    BACKENDS._loaded.pop("abacus")
