"""Tensors of the protocol, whichever form they travel in: checked once, in one place."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.i18n import T
from paddle_lab.serving.problems import Refused, too_large
from paddle_lab.serving.problems import wrong_tensors as wrong

#: The protocol's names of types, and ours.
DATATYPES: Final = {
    "BOOL": "bool", "UINT8": "uint8", "INT8": "int8", "INT16": "int16", "INT32": "int32",
    "INT64": "int64", "FP32": "float32", "FP64": "float64",
}  # fmt: skip
BYTES: Final = "BYTES"
#: Inputs or outputs that one request names at most.
MOST_TENSORS: Final = 32
_NAMES: Final = {ours: theirs for theirs, ours in DATATYPES.items()}
_LENGTH: Final = struct.Struct("<I")
_MOST_DIMS: Final = 4
_LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class Tensor:
    """Its elements in a flat list of texts (BYTES), or an array of its shape."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    texts: list[str] | None = None
    array: npt.NDArray[Any] | None = None


@dataclass(frozen=True)
class Wanted:
    """An output that is asked for, as bytes or as elements; None of both: as the request says."""

    name: str
    binary: bool | None = None


@dataclass(frozen=True)
class Inference:
    """A request for an inference, as it was read. ``outputs`` empty: all."""

    id: str | None
    inputs: dict[str, Tensor]
    outputs: tuple[Wanted, ...]
    parameters: dict[str, Any]

    def is_binary(self, wanted: Wanted) -> bool:
        """Whether an output is sent as bytes."""
        if wanted.binary is None:
            return self.parameters.get("binary_data_output") is True
        return wanted.binary


@dataclass(frozen=True)
class Head:
    """What a request says of an input beside its elements; made by :func:`head_of`."""

    name: str
    datatype: str
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many elements it has."""
        return prod(self.shape)


def datatype_of(dtype: Any) -> str:
    """The protocol's name of a type."""
    return _NAMES[str(np.dtype(dtype))]


def inference_of(
    id_: str | None, inputs: Iterable[Tensor], outputs: Iterable[Wanted], parameters: dict[str, Any]
) -> Inference:
    """A request made of its parts. Raises Refused for none, and for a name that is there twice."""
    found: dict[str, Tensor] = {}
    for tensor in inputs:
        if tensor.name in found:
            raise wrong(T("the input {name} is there twice", "输入 {name} 重复", name=tensor.name))
        found[tensor.name] = tensor
    if not found:
        raise wrong(T("it has no inputs", "没有 inputs"))
    return Inference(id_, found, tuple(outputs), parameters)


def check_number(key: str, count: int) -> None:
    """Raises Refused for more inputs or outputs than are taken."""
    if count > MOST_TENSORS:
        raise wrong(T("{key} has more than {most} tensors", "{key} 超过 {most} 个张量",
                      key=key, most=MOST_TENSORS))  # fmt: skip


def head_of(name: Any, datatype: Any, shape: Any, most_rows: int) -> Head:
    """Name, type and shape of an input, from anything: before its elements are looked at.

    Raises Refused, also for more rows than that.
    """
    if not _is_name(name):
        raise wrong(T("an input has no name", "输入没有名称"))
    if datatype != BYTES and (not isinstance(datatype, str) or datatype not in DATATYPES):
        raise wrong(T("{name} has a datatype that is not taken", "{name} 的 datatype 不受支持",
                      name=name))  # fmt: skip
    sizes = _sizes_of(shape)
    if sizes is None:
        raise wrong(T("the shape of {name} is not a list of sizes", "{name} 的 shape 不是尺寸列表",
                      name=name))  # fmt: skip
    head = Head(name, datatype, sizes)
    rows = head.count if datatype == BYTES else sizes[0] if sizes else 1
    if rows > most_rows:
        raise too_large(T("{n} rows", "{n} 行", n=rows), most_rows, "--max-texts")
    return head


def wanted_of(name: Any, parameters: Mapping[str, Any]) -> Wanted:
    """An output that is asked for. Raises Refused."""
    if not _is_name(name):
        raise wrong(T("an output has no name", "输出没有名称"))
    if parameters.get("classification"):
        raise wrong(T("classification is not offered; the output answer has all probabilities",
                      "不支持 classification；输出 answer 中有全部概率"))  # fmt: skip
    binary = parameters.get("binary_data")
    return Wanted(name, binary if isinstance(binary, bool) else None)


def from_bytes(head: Head, content: bytes) -> Tensor:
    """A tensor whose elements stand in bytes, one after the other. Raises Refused."""
    if head.datatype == BYTES:
        texts = _texts_in(head, content)
        return Tensor(head.name, head.datatype, head.shape, texts=texts)
    kind = np.dtype(DATATYPES[head.datatype]).newbyteorder("<")
    if len(content) != head.count * kind.itemsize:
        raise _size(head)
    if kind.kind == "b" and content.translate(None, b"\x00\x01"):
        raise _not_of_kind(head)
    array = np.frombuffer(content, kind).reshape(head.shape)
    return Tensor(head.name, head.datatype, head.shape, array=array)


def from_elements(head: Head, elements: Sequence[Any]) -> Tensor:
    """A tensor of a flat list of elements. Raises Refused."""
    if len(elements) != head.count:
        raise _size(head)
    if head.datatype == BYTES:
        texts = [_text_of(head, one) for one in elements]
        return Tensor(head.name, head.datatype, head.shape, texts=texts)
    kind = np.dtype(DATATYPES[head.datatype])
    allowed = {"b": (bool,), "f": (int, float)}.get(kind.kind, (int,))
    if not all(type(one) in allowed for one in elements):
        raise _not_of_kind(head)
    if kind.kind in "iu" and elements:
        limits = np.iinfo(kind)
        if min(elements) < limits.min or max(elements) > limits.max:
            raise _not_of_kind(head)
    array = np.array(elements, kind).reshape(head.shape)
    return Tensor(head.name, head.datatype, head.shape, array=array)


def bytes_of(tensor: Tensor) -> bytes:
    """The elements of an output as bytes."""
    if tensor.texts is not None:
        parts = [text.encode("utf-8") for text in tensor.texts]
        return b"".join(_LENGTH.pack(len(part)) + part for part in parts)
    assert tensor.array is not None
    little = tensor.array.dtype.newbyteorder("<")
    return np.ascontiguousarray(tensor.array, little).tobytes()


def elements_of(tensor: Tensor) -> list[Any]:
    """The elements of an output, row after row."""
    if tensor.texts is not None:
        return list(tensor.texts)
    assert tensor.array is not None
    return list(tensor.array.reshape(-1).tolist())


def _texts_in(head: Head, content: bytes) -> list[str]:
    """Texts, each with its length before it."""
    texts: list[str] = []
    at = 0
    while at + _LENGTH.size <= len(content) and len(texts) < head.count:
        (length,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size
        if length > len(content) - at:
            raise _size(head)
        texts.append(_text_of(head, content[at : at + length]))
        at += length
    if at != len(content) or len(texts) != head.count:
        raise _size(head)
    return texts


def _text_of(head: Head, given: Any) -> str:
    if isinstance(given, str):
        return given
    if not isinstance(given, bytes):
        raise wrong(T("{name} holds what is no text", "{name} 中有非文本内容", name=head.name))
    try:
        return given.decode("utf-8")
    except UnicodeDecodeError as error:
        raise wrong(T("{name} is not UTF-8", "{name} 不是 UTF-8", name=head.name)) from error


def _is_name(given: Any) -> bool:
    return isinstance(given, str) and 0 < len(given) <= _LONGEST_NAME


def _sizes_of(given: Any) -> tuple[int, ...] | None:
    """None for what is no shape."""
    if not isinstance(given, list) or len(given) > _MOST_DIMS:
        return None
    if not all(type(size) is int and 0 <= size < 1 << 31 for size in given):
        return None
    return tuple(given)


def _size(head: Head) -> Refused:
    return wrong(T("{name} does not hold the {n} elements of its shape",
                   "{name} 的元素数不等于其 shape 的 {n} 个",
                   name=head.name, n=head.count))  # fmt: skip


def _not_of_kind(head: Head) -> Refused:
    return wrong(T("{name} holds what is not {kind}", "{name} 中有不是 {kind} 的值",
                   name=head.name, kind=head.datatype))  # fmt: skip
