"""What an ONNX file of a bundle may do: compute. Looked through before ONNX Runtime is given it.

A model can hold operators of other libraries, graphs that branch and repeat, and weights that lie
in other files. Here every operator is one of ONNX's own that compute numbers from numbers, in one
graph, and every weight is in the file. Only the frame of the file is read, so neither onnx nor
protobuf need be installed. Fields and numbers: onnx/onnx.proto of ONNX 1.17.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from paddle_lab.bundle.problems import damaged, not_a_calculation
from paddle_lab.untrusted import UnusableFile, read_bytes

LARGEST_MODEL: Final = 2 << 30
_COMPUTING: Final = """
    Abs Add And ArgMax Cast Clip Concat Constant CumSum DequantizeLinear Div DynamicQuantizeLinear
    Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm Greater
    GreaterOrEqual Identity LayerNormalization Less LessOrEqual Log LogSoftmax MatMul MatMulInteger
    Max Min Mul Neg Not Or Pow QuantizeLinear ReduceMax ReduceMean ReduceMin ReduceSum Relu Reshape
    Shape Sigmoid Slice Softmax Split Sqrt Squeeze Sub Tanh Tile Transpose Trilu Unsqueeze Where
"""
OPERATORS: Final = frozenset(_COMPUTING.split())
# Numbers of fields, by message. What is not named here is refused.
_MODEL: Final = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 14})
_GRAPH, _OPSET, _NODE_OF_GRAPH, _INITIALIZER = 7, 8, 1, 5
_GRAPH_FIELDS: Final = frozenset({1, 2, 5, 10, 11, 12, 13, 14, 16})
_OP_TYPE, _ATTRIBUTE, _DOMAIN = 4, 5, 7
_NODE_FIELDS: Final = frozenset({1, 2, 3, 4, 5, 6, 7, 9})
_TENSOR_OF_ATTRIBUTE: Final = 5
_ATTRIBUTE_FIELDS: Final = frozenset({1, 2, 3, 4, 5, 7, 8, 9, 13, 20})
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_TENSOR_FIELDS: Final = frozenset(range(1, 15)) - {3}
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_FLATBUFFER: Final = b"ORTM"

#: Its number, its content where it has some, and its value where it is a whole number.
Field = tuple[int, memoryview, int]


def checked_onnx(folder: Path, name: str) -> bytes:
    """The model in ``folder / name``, to be given to ONNX Runtime as it is.

    Raises BundleError for one that does anything but compute (``bundle.untrusted``), or is no
    whole model (``bundle.damaged``).
    """
    try:
        content = read_bytes(folder / name, LARGEST_MODEL)
        if content[4:8] == _FLATBUFFER:  # ONNX Runtime would read it in its own format
            raise ValueError("another format")
        _check_model(memoryview(content))
    except _NotAllowed as found:
        raise not_a_calculation(folder, name, str(found)) from found
    except (OSError, UnusableFile, ValueError) as error:
        raise damaged(folder, name, f"it is not a valid ONNX model ({error})"[:300]) from error
    return content


class _NotAllowed(Exception):
    """Names what is not on the lists."""


def _check_model(content: memoryview) -> None:
    parts = [(number, value) for number, value, _ in _fields(content, _MODEL)]
    graphs = [value for number, value in parts if number == _GRAPH]
    if len(graphs) != 1:
        raise ValueError(f"{len(graphs)} graphs")
    if all(number != _OPSET for number, _ in parts):
        raise ValueError("no version of its operators")
    nodes = 0
    for number, value, _ in _fields(graphs[0], _GRAPH_FIELDS):
        if number == _NODE_OF_GRAPH:
            _check_node(value)
            nodes += 1
        elif number == _INITIALIZER:
            _check_tensor(value)
    if not nodes:
        raise ValueError("no operators")


def _check_node(content: memoryview) -> None:
    found: dict[int, str] = {}
    attributes: list[memoryview] = []
    for number, value, _ in _fields(content, _NODE_FIELDS):
        if number in (_OP_TYPE, _DOMAIN):
            if number in found:  # readers may take either
                raise ValueError("an operator of two names")
            found[number] = bytes(value).decode("utf-8", "replace")
        elif number == _ATTRIBUTE:
            attributes.append(value)
    operator, domain = found.get(_OP_TYPE, ""), found.get(_DOMAIN, "")
    if domain or operator not in OPERATORS:
        raise _NotAllowed(f"{domain}.{operator}"[:80] if domain else operator[:80] or "nothing")
    for attribute in attributes:
        for number, value, _ in _fields(attribute, _ATTRIBUTE_FIELDS):
            if number == _TENSOR_OF_ATTRIBUTE:
                _check_tensor(value)


def _check_tensor(content: memoryview) -> None:
    for number, _, value in _fields(content, _TENSOR_FIELDS):
        if number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value):
            raise _NotAllowed("weights in another file")


def _fields(content: memoryview, known: frozenset[int]) -> Iterator[Field]:
    """The fields of one message: number and, where it has some, content. Raises ValueError."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        number, kind = key >> 3, key & 7
        if number not in known:
            raise _NotAllowed(f"field {number}")
        begin, value = at, 0
        if kind == _VARINT:
            value, at = _varint(content, at)
        elif kind == _BYTES:
            size, begin = _varint(content, at)
            at = begin + size
        elif kind in (_EIGHT, _FOUR):
            at += 8 if kind == _EIGHT else 4
        else:
            raise ValueError(f"field {number} has no readable kind")
        if at > len(content):
            raise ValueError("it is cut off")
        yield number, content[begin:at] if kind == _BYTES else content[:0], value


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(content) or shift > 63:
            raise ValueError("it is cut off")
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
