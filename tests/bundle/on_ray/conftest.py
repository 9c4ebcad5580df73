"""A bundle that ONNX Runtime runs, rows of many lengths, and Ray as this process plays it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from bundle.tiny import build_tokenizer_json
from kits.onnx_bundle import onnx_bundle

from paddle_lab.bundle import Predictor, load_bundle

OF_RAY = ("paddle_lab.bundle.on_ray.across", "paddle_lab.bundle.on_ray.cluster")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    labels = {"labels": ["差评", "好评"]}
    return onnx_bundle(tmp_path / "bundle", build_tokenizer_json(), "classify", labels)


@pytest.fixture
def predictor(bundle: Path) -> Predictor:
    return load_bundle(bundle, threads=1)


class Ray:
    """A cluster in this process: what Ray Data is asked for, and what it does to the parts."""

    def __init__(self) -> None:
        self.cores, self.address = 4, ""
        self.asked: dict[str, Any] = {}
        self.context = SimpleNamespace(execution_options=SimpleNamespace(preserve_order=False))
        self.left = 0
        #: What becomes of the tables with answers, before they come.
        self.meanwhile: Any = lambda tables: tables

    def init(self, address: str, **_: Any) -> None:
        self.address = address

    def shutdown(self) -> None:
        self.left += 1

    def from_arrow(self, parts: list[Any]) -> Any:
        def map_batches(kind: Any, *, fn_constructor_args: tuple[Any, ...], **asked: Any) -> Any:
            self.asked = asked

            def iter_batches(**_: Any) -> Iterator[Any]:
                answerer = kind(*fn_constructor_args)
                yield from self.meanwhile(answerer(part) for part in parts)

            return SimpleNamespace(iter_batches=iter_batches)

        return SimpleNamespace(map_batches=map_batches)


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Ray:
    """In the place of the package, which is not in this environment."""
    played, module, data = Ray(), ModuleType("ray"), ModuleType("ray.data")
    values: dict[str, Any] = {
        "init": played.init, "shutdown": played.shutdown, "put": lambda value: [value],
        "get": lambda kept: kept[0], "nodes": lambda: [{"Alive": True}, {"Alive": False}],
        "cluster_resources": lambda: {"CPU": float(played.cores)},
        "available_resources": lambda: {"CPU": float(played.cores)}, "data": data,
    }  # fmt: skip
    vars(module).update(values)
    vars(data).update(
        from_arrow=played.from_arrow,
        ActorPoolStrategy=lambda **sizes: sizes,
        DataContext=SimpleNamespace(get_current=lambda: played.context),
    )
    monkeypatch.setitem(sys.modules, "ray", module)
    monkeypatch.setitem(sys.modules, "ray.data", data)
    for name in OF_RAY:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield played  # type: ignore[misc]
    for name in OF_RAY:
        sys.modules.pop(name, None)
