"""Requests and answers of the protocol as messages of gRPC, typed or as raw bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.i18n import T
from paddle_lab.serving.oip.tensors import (
    BYTES,
    Inference,
    Tensor,
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
from paddle_lab.serving.rpc.messages import message

#: The field of typed contents by type.
_FIELDS: Final = {
    BYTES: "bytes_contents", "BOOL": "bool_contents", "UINT8": "uint_contents",
    "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents",
    "INT64": "int64_contents", "FP32": "fp32_contents", "FP64": "fp64_contents",
}  # fmt: skip


def read(given: Any, most_rows: int) -> Inference:
    """A request from its message. Raises Refused for what is none, and for more rows than that."""
    check_number("inputs", len(given.inputs))
    check_number("outputs", len(given.outputs))
    raw = given.raw_input_contents
    if raw and len(raw) != len(given.inputs):
        raise wrong(T("raw_input_contents has {n} parts for {inputs} inputs",
                      "raw_input_contents 有 {n} 个部分，输入有 {inputs} 个",
                      n=len(raw), inputs=len(given.inputs)))  # fmt: skip
    inputs = [
        _tensor(one, raw[number] if raw else None, most_rows)
        for number, one in enumerate(given.inputs)
    ]
    outputs = [wanted_of(one.name, _parameters(one.parameters)) for one in given.outputs]
    return inference_of(given.id or None, inputs, outputs, _parameters(given.parameters))


def written(head: Mapping[str, str], outputs: Sequence[Tensor], *, raw: bool) -> Any:
    """The message of an answer: with ``raw`` all elements as bytes, else all typed."""
    answer = message("ModelInferResponse")(**head)
    for tensor in outputs:
        about = answer.outputs.add(
            name=tensor.name, datatype=tensor.datatype, shape=list(tensor.shape)
        )
        if raw:
            answer.raw_output_contents.append(bytes_of(tensor))
            continue
        elements = [
            one.encode("utf-8") if isinstance(one, str) else one for one in elements_of(tensor)
        ]
        getattr(about.contents, _FIELDS[tensor.datatype]).extend(elements)
    return answer


def _tensor(given: Any, raw: bytes | None, most_rows: int) -> Tensor:
    head = head_of(given.name, given.datatype, list(given.shape), most_rows)
    filled = [field.name for field, _ in given.contents.ListFields()]
    if raw is not None:
        if filled:
            raise wrong(T("{name} has contents beside raw_input_contents",
                          "{name} 同时有 contents 和 raw_input_contents",
                          name=head.name))  # fmt: skip
        return from_bytes(head, raw)
    field = _FIELDS[head.datatype]
    if filled not in ([], [field]):
        raise wrong(T("the contents of {name} are in {found}, those of {kind} belong in {field}",
                      "{name} 的内容在 {found} 中，{kind} 的内容应在 {field} 中", name=head.name,
                      found=", ".join(filled), kind=head.datatype, field=field))  # fmt: skip
    return from_elements(head, list(getattr(given.contents, field)))


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Their values; None for one that has none."""
    found: dict[str, Any] = {}
    for name, parameter in given.items():
        kind = parameter.WhichOneof("parameter_choice")
        found[name] = getattr(parameter, kind) if kind is not None else None
    return found
