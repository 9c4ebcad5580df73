"""Requests and answers of the protocol as JSON, or as bytes behind it (``binary_tensor_data``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.i18n import T
from paddle_lab.serving.oip.tensors import (
    Inference,
    Tensor,
    Wanted,
    bytes_of,
    check_number,
    elements_of,
    from_bytes,
    from_elements,
    head_of,
    inference_of,
    wanted_of,
)
from paddle_lab.serving.problems import wrong_tensors as wrong
from paddle_lab.serving.requests import Bounds, parsed

HEADER_LENGTH: Final = "inference-header-content-length"


def read(body: bytes, header_length: str | None, most_rows: int = Bounds.rows) -> Inference:
    """A request from its body. Raises Refused for what is none, and for more rows than that."""
    text, rest = _parted(body, header_length)
    content = parsed(text)
    inputs: list[Tensor] = []
    for given in _listed(content, "inputs"):
        tensor, rest = _tensor(given, rest, most_rows)
        inputs.append(tensor)
    if rest:
        raise wrong(T("{n} bytes belong to no input", "有 {n} 个字节不属于任何输入", n=len(rest)))
    id_ = content.get("id")
    if id_ is not None and not isinstance(id_, str):
        raise wrong(T("its id is not a text", "id 不是文本"))
    outputs = [_wanted(given) for given in _listed(content, "outputs")]
    return inference_of(id_, inputs, outputs, _parameters(content))


def written(head: Mapping[str, Any], outputs: Sequence[tuple[Tensor, bool]]) -> tuple[bytes, int]:
    """The body of an answer, and how long its JSON is; 0 where there is nothing but JSON."""
    described, parts = [], []
    for tensor, binary in outputs:
        about: dict[str, Any] = {
            "name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape),
        }  # fmt: skip
        if binary:
            parts.append(bytes_of(tensor))
            about["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            about["data"] = elements_of(tensor)
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


def _tensor(given: Any, rest: bytes, most_rows: int) -> tuple[Tensor, bytes]:
    """A tensor, and what of the bytes belongs to those behind it."""
    if not isinstance(given, dict):
        raise wrong(T("an input is not an object", "输入不是对象"))
    head = head_of(given.get("name"), given.get("datatype"), given.get("shape"), most_rows)
    size = _parameters(given).get("binary_data_size")
    if size is None:
        if "data" not in given:
            raise wrong(T("{name} has no data", "{name} 没有数据", name=head.name))
        return from_elements(head, _flat(given["data"])), rest
    if type(size) is not int or not 0 <= size <= len(rest) or "data" in given:
        raise wrong(T("the bytes of {name} are not there", "缺少 {name} 的字节", name=head.name))
    return from_bytes(head, rest[:size]), rest[size:]


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


def _wanted(given: Any) -> Wanted:
    if not isinstance(given, dict):
        raise wrong(T("an output is not an object", "输出不是对象"))
    return wanted_of(given.get("name"), _parameters(given))


def _listed(content: Mapping[str, Any], key: str) -> list[Any]:
    values = content.get(key, [])
    if not isinstance(values, list):
        raise wrong(T("{key} is not a list of tensors", "{key} 不是张量列表", key=key))
    check_number(key, len(values))
    return values


def _parameters(content: Mapping[str, Any]) -> dict[str, Any]:
    values = content.get("parameters", {})
    if not isinstance(values, dict):
        raise wrong(T("parameters is not an object", "parameters 不是对象"))
    return values
