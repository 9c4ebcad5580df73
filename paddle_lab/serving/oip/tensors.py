"""Tensors of the protocol: in JSON, or as bytes behind it (extension ``binary_tensor_data``)."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.i18n import T
from paddle_lab.serving.problems import Refused
from paddle_lab.serving.problems import wrong_tensors as wrong
from paddle_lab.serving.requests import parsed

#: The protocol's names of types, and ours.
DATATYPES: Final = {
    "BOOL": "bool", "UINT8": "uint8", "INT8": "int8", "INT16": "int16", "INT32": "int32",
    "INT64": "int64", "FP32": "float32", "FP64": "float64",
}  # fmt: skip
BYTES: Final = "BYTES"
HEADER_LENGTH: Final = "inference-header-content-length"
_NAMES: Final = {ours: theirs for theirs, ours in DATATYPES.items()}
_LENGTH: Final = struct.Struct("<I")
_MOST_TENSORS: Final = 32
_MOST_DIMS: Final = 4


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
    """An output that is asked for, as bytes or in JSON; None of both: as the request says."""

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


def datatype_of(dtype: Any) -> str:
    """The protocol's name of a type."""
    return _NAMES[str(np.dtype(dtype))]


def read(body: bytes, header_length: str | None) -> Inference:
    """A request from its body. Raises Refused for what is none."""
    text, rest = _parted(body, header_length)
    content = parsed(text)
    inputs = _listed(content, "inputs")
    if not inputs:
        raise wrong(T("it has no inputs", "没有 inputs"))
    found: dict[str, Tensor] = {}
    for given in inputs:
        tensor, rest = _tensor(given, rest)
        if tensor.name in found:
            raise wrong(T("the input {name} is there twice", "输入 {name} 重复", name=tensor.name))
        found[tensor.name] = tensor
    if rest:
        raise wrong(T("{n} bytes belong to no input", "有 {n} 个字节不属于任何输入", n=len(rest)))
    id_ = content.get("id")
    if id_ is not None and not isinstance(id_, str):
        raise wrong(T("its id is not a text", "id 不是文本"))
    outputs = tuple(_wanted(given) for given in _listed(content, "outputs"))
    return Inference(id_, found, outputs, _parameters(content))


def written(head: Mapping[str, Any], outputs: Sequence[tuple[Tensor, bool]]) -> tuple[bytes, int]:
    """The body of an answer, and how long its JSON is; 0 where there is nothing but JSON."""
    described, parts = [], []
    for tensor, binary in outputs:
        about: dict[str, Any] = {
            "name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape),
        }  # fmt: skip
        if binary:
            parts.append(_bytes_of(tensor))
            about["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            about["data"] = _data_of(tensor)
        described.append(about)
    text = json.dumps(
        {**head, "outputs": described}, ensure_ascii=False, separators=(",", ":")
    ).encode("utf-8")
    return text + b"".join(parts), len(text) if parts else 0


def _parted(body: bytes, header_length: str | None) -> tuple[bytes, bytes]:
    if header_length is None:
        return body, b""
    if not (header_length.isascii() and header_length.isdigit()) or len(header_length) > 12:
        raise wrong(T("Inference-Header-Content-Length is no number",
                       "Inference-Header-Content-Length 不是数字"))  # fmt: skip
    length = int(header_length)
    if length > len(body):
        raise wrong(T("Inference-Header-Content-Length is beyond the body",
                       "Inference-Header-Content-Length 超出正文"))  # fmt: skip
    return body[:length], body[length:]


def _tensor(given: Any, rest: bytes) -> tuple[Tensor, bytes]:
    """A tensor, and what of the bytes belongs to those behind it."""
    if not isinstance(given, dict):
        raise wrong(T("an input is not an object", "输入不是对象"))
    name, datatype = given.get("name"), given.get("datatype")
    if not isinstance(name, str) or not name or len(name) > 200:
        raise wrong(T("an input has no name", "输入没有名称"))
    if datatype != BYTES and datatype not in DATATYPES:
        raise wrong(T("{name} has a datatype that is not taken", "{name} 的 datatype 不受支持",
                       name=name))  # fmt: skip
    shape = _shape_of(given.get("shape"))
    if shape is None:
        raise wrong(T("the shape of {name} is not a list of sizes", "{name} 的 shape 不是尺寸列表",
                       name=name))  # fmt: skip
    count = prod(shape)
    size = _parameters(given).get("binary_data_size")
    if size is None:
        if "data" not in given:
            raise wrong(T("{name} has no data", "{name} 没有数据", name=name))
        return _from_json(name, datatype, shape, given["data"]), rest
    if type(size) is not int or not 0 <= size <= len(rest) or "data" in given:
        raise wrong(T("the bytes of {name} are not there", "缺少 {name} 的字节", name=name))
    content, rest = rest[:size], rest[size:]
    if datatype == BYTES:
        texts = _texts_of(name, content, count)
        return Tensor(name, datatype, shape, texts=texts), rest
    kind = np.dtype(DATATYPES[datatype]).newbyteorder("<")
    if size != count * kind.itemsize:
        raise _size(name, count)
    array = np.frombuffer(content, kind).reshape(shape)
    return Tensor(name, datatype, shape, array=array), rest


def _from_json(name: str, datatype: str, shape: tuple[int, ...], data: Any) -> Tensor:
    elements = _flat(data)
    if len(elements) != prod(shape):
        raise _size(name, prod(shape))
    if datatype == BYTES:
        if not all(isinstance(one, str) for one in elements):
            raise wrong(T("{name} holds what is no text", "{name} 中有非文本内容", name=name))
        return Tensor(name, datatype, shape, texts=elements)
    kind = np.dtype(DATATYPES[datatype])
    allowed = {"b": (bool,), "f": (int, float)}.get(kind.kind, (int,))
    if not all(type(one) in allowed for one in elements):
        raise wrong(T("{name} holds what is not {kind}", "{name} 中有不是 {kind} 的值",
                       name=name, kind=datatype))  # fmt: skip
    if kind.kind in "iu" and elements:
        limits = np.iinfo(kind)
        if min(elements) < limits.min or max(elements) > limits.max:
            raise wrong(T("{name} holds what is not {kind}", "{name} 中有不是 {kind} 的值",
                           name=name, kind=datatype))  # fmt: skip
    return Tensor(name, datatype, shape, array=np.array(elements, kind).reshape(shape))


def _flat(data: Any) -> list[Any]:
    """The elements, row after row; the parser has bounded how deep they are nested."""
    if not isinstance(data, list):
        return [data]
    found: list[Any] = []
    for one in data:
        if isinstance(one, list):
            found += _flat(one)
        else:
            found.append(one)
    return found


def _texts_of(name: str, content: bytes, count: int) -> list[str]:
    """Texts, each with its length before it."""
    texts: list[str] = []
    at = 0
    while at + _LENGTH.size <= len(content) and len(texts) < count:
        (length,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size
        if length > len(content) - at:
            raise _size(name, count)
        try:
            texts.append(content[at : at + length].decode("utf-8"))
        except UnicodeDecodeError as error:
            raise wrong(T("{name} is not UTF-8", "{name} 不是 UTF-8", name=name)) from error
        at += length
    if at != len(content) or len(texts) != count:
        raise _size(name, count)
    return texts


def _bytes_of(tensor: Tensor) -> bytes:
    if tensor.texts is not None:
        parts = [text.encode("utf-8") for text in tensor.texts]
        return b"".join(_LENGTH.pack(len(part)) + part for part in parts)
    assert tensor.array is not None
    little = tensor.array.dtype.newbyteorder("<")
    return np.ascontiguousarray(tensor.array, little).tobytes()


def _data_of(tensor: Tensor) -> list[Any]:
    if tensor.texts is not None:
        return list(tensor.texts)
    assert tensor.array is not None
    return list(tensor.array.reshape(-1).tolist())


def _shape_of(given: Any) -> tuple[int, ...] | None:
    """None for what is no shape."""
    if not isinstance(given, list) or len(given) > _MOST_DIMS:
        return None
    if not all(type(size) is int and 0 <= size < 1 << 31 for size in given):
        return None
    return tuple(given)


def _wanted(given: Any) -> Wanted:
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(name, str):
        raise wrong(T("an output has no name", "输出没有名称"))
    parameters = _parameters(given)
    if parameters.get("classification"):
        raise wrong(T("classification is not offered; the output answer has all probabilities",
                       "不支持 classification；输出 answer 中有全部概率"))  # fmt: skip
    binary = parameters.get("binary_data")
    return Wanted(name, binary if isinstance(binary, bool) else None)


def _listed(content: Mapping[str, Any], key: str) -> list[Any]:
    values = content.get(key, [])
    if not isinstance(values, list) or len(values) > _MOST_TENSORS:
        raise wrong(T("{key} is not a list of tensors", "{key} 不是张量列表", key=key))
    return values


def _parameters(content: Mapping[str, Any]) -> dict[str, Any]:
    values = content.get("parameters", {})
    if not isinstance(values, dict):
        raise wrong(T("parameters is not an object", "parameters 不是对象"))
    return values


def _size(name: str, count: int) -> Refused:
    return wrong(T("{name} does not hold the {n} elements of its shape",
                    "{name} 的元素数不等于其 shape 的 {n} 个", name=name, n=count))  # fmt: skip
