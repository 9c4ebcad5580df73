"""An ONNX file of a bundle may compute, and nothing else; one that is not whole is damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from paddle_lab.bundle.checked_onnx import OPERATORS, checked_onnx
from paddle_lab.errors import BundleError


def value(name: str, *sizes: int) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(sizes))


def a_model(*nodes: Any) -> Any:
    """A model that multiplies what it is given by weights of its own."""
    weights = numpy_helper.from_array(np.eye(3, dtype=np.float32), "weights")
    product = helper.make_node("MatMul", ["given", "weights"], ["found"])
    graph = helper.make_graph(
        [product, *nodes], "graph", [value("given", 2, 3)], [value("found", 2, 3)], [weights]
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def check(folder: Path, content: bytes) -> bytes:
    (folder / "model.onnx").write_bytes(content)
    return checked_onnx(folder, "model.onnx")


def test_a_calculation_is_given_on_as_it_is(tmp_path: Path) -> None:
    content = a_model().SerializeToString()
    assert check(tmp_path, content) == content


def branch() -> Any:
    inner = helper.make_graph(
        [helper.make_node("Identity", ["found"], ["other"])], "inner", [], [value("other", 2, 3)]
    )
    return a_model(helper.make_node("If", ["given"], ["x"], then_branch=inner, else_branch=inner))


def hidden_branch() -> Any:
    """An operator that is on the list, with a graph inside."""
    inner = helper.make_graph([], "inner", [], [])
    return a_model(helper.make_node("Add", ["given", "given"], ["x"], body=inner))


def weights_elsewhere() -> Any:
    model = a_model()
    weights = model.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="../../etc/passwd")
    return model


def location_alone() -> Any:
    model = a_model()
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    return model


def constant_elsewhere() -> Any:
    tensor = numpy_helper.from_array(np.ones(3, np.float32), "x")
    tensor.data_location = TensorProto.EXTERNAL
    return a_model(helper.make_node("Constant", [], ["x"], value=tensor))


def with_a_function() -> Any:
    model = a_model()
    model.functions.add(name="f", domain="mine")
    return model


def with_a_training() -> Any:
    model = a_model()
    model.training_info.add()
    return model


def sparse() -> Any:
    model = a_model()
    model.graph.sparse_initializer.add()
    return model


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: a_model(helper.make_node("Loop", [], ["x"])), "Loop"),
        (lambda: a_model(helper.make_node("Scan", [], ["x"], num_scan_inputs=1)), "Scan"),
        (lambda: a_model(helper.make_node("ConstantOfShape", ["given"], ["x"])), "ConstantOf"),
        (lambda: a_model(helper.make_node("StringNormalizer", ["x"], ["y"])), "StringNorm"),
        (lambda: a_model(helper.make_node("Add", ["a", "b"], ["x"], domain="mine")), "mine.Add"),
        (lambda: a_model(helper.make_node("PyOp", [], ["x"], domain="ai.onnx.contrib")), "PyOp"),
        (lambda: a_model(helper.make_node("", [], ["x"])), "nothing"),
        (branch, "If"),
        (hidden_branch, "field 6"),
        (weights_elsewhere, "another file"),
        (location_alone, "another file"),
        (constant_elsewhere, "another file"),
        (with_a_function, "field 25"),
        (with_a_training, "field 20"),
        (sparse, "field 15"),
    ],
)
def test_what_does_more_than_compute_is_refused(
    tmp_path: Path, make: Callable[[], Any], found: str
) -> None:
    with pytest.raises(BundleError) as caught:
        check(tmp_path, make().SerializeToString())
    assert caught.value.code == "bundle.untrusted"
    assert found in caught.value.in_language("en")


def test_a_second_name_behind_the_first_is_refused(tmp_path: Path) -> None:
    """One reader may take the first, another the last."""
    model = a_model()
    node = model.graph.node[0].SerializeToString() + b"\x22\x04Loop"
    rest = onnx.GraphProto()
    rest.CopyFrom(model.graph)
    del rest.node[:]
    graph = b"\x0a" + bytes([len(node)]) + node + rest.SerializeToString()
    model.ClearField("graph")
    size = len(graph).to_bytes(1, "little") if len(graph) < 128 else _varint(len(graph))
    with pytest.raises(BundleError) as caught:
        check(tmp_path, model.SerializeToString() + b"\x3a" + size + graph)
    assert caught.value.code == "bundle.damaged"


def _varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def test_two_graphs_are_refused(tmp_path: Path) -> None:
    content = a_model().SerializeToString()
    with pytest.raises(BundleError, match="2 graphs"):
        check(tmp_path, content + content)


def test_another_format_of_onnx_runtimes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="another format"):
        check(tmp_path, b"\x10\x00\x00\x00ORTM" + bytes(64))


@pytest.mark.parametrize("content", [b"", b"\x00", b"{}", b"\x3a\xff\xff\xff\xff\x7f", b"\x08" * 9])
def test_what_is_no_model_is_damage(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BundleError) as caught:
        check(tmp_path, content)
    assert caught.value.code in ("bundle.damaged", "bundle.untrusted")


def test_a_model_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    content = a_model().SerializeToString()
    for size in range(len(content)):
        with pytest.raises(BundleError):
            check(tmp_path, content[:size])


def test_no_operator_on_the_list_takes_a_graph() -> None:
    for name in OPERATORS:
        schema = onnx.defs.get_schema(name)
        kinds = {attribute.type for attribute in schema.attributes.values()}
        assert onnx.defs.OpSchema.AttrType.GRAPH not in kinds, name
