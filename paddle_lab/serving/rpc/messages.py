"""The messages that travel over gRPC, described here and made into classes when they are asked for.

There is no generated code: what protoc writes works with one range of versions of protobuf, and
says no to all others when it is imported. The names of messages do not travel; numbers and types of
their fields do. In each message here the fields are numbered from 1 in their order.
"""

from __future__ import annotations

import functools
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from paddle_lab.serving.rpc.counting import has_more

#: The service of the Open Inference Protocol, and the one that says whether a service is well.
INFERENCE: Final = "inference.GRPCInferenceService"
HEALTH: Final = "grpc.health.v1.Health"

_PACKAGE: Final = "inference"
#: ``*`` repeated, ``|`` one of those that have it, ``map`` from texts to parameters.
_MESSAGES: Final[dict[str, str]] = {
    "ServerLiveRequest": "",
    "ServerLiveResponse": "bool live",
    "ServerReadyRequest": "",
    "ServerReadyResponse": "bool ready",
    "ModelReadyRequest": "string name, string version",
    "ModelReadyResponse": "bool ready",
    "ServerMetadataRequest": "",
    "ServerMetadataResponse": "string name, string version, string* extensions",
    "ModelMetadataRequest": "string name, string version",
    "ModelMetadataResponse": (
        "string name, string* versions, string platform, TensorMetadata* inputs, "
        "TensorMetadata* outputs"
    ),
    "TensorMetadata": "string name, string datatype, int64* shape",
    "InferParameter": (
        "bool| bool_param, int64| int64_param, string| string_param, double| double_param, "
        "uint64| uint64_param"
    ),
    "InferTensorContents": (
        "bool* bool_contents, int32* int_contents, int64* int64_contents, uint32* uint_contents, "
        "uint64* uint64_contents, float* fp32_contents, double* fp64_contents, "
        "bytes* bytes_contents"
    ),
    "InferTensor": (
        "string name, string datatype, int64* shape, map parameters, InferTensorContents contents"
    ),
    "InferRequestedOutput": "string name, map parameters",
    "ModelInferRequest": (
        "string model_name, string model_version, string id, map parameters, InferTensor* inputs, "
        "InferRequestedOutput* outputs, bytes* raw_input_contents"
    ),
    "ModelInferResponse": (
        "string model_name, string model_version, string id, map parameters, InferTensor* outputs, "
        "bytes* raw_output_contents"
    ),
    # Of grpc.health.v1; its status is an enumeration, which travels as a whole number.
    "HealthCheckRequest": "string service",
    "HealthCheckResponse": "int32 status",
}
_Field: Final = descriptor_pb2.FieldDescriptorProto
_MAP: Final = "map"
_CHOICE: Final = "parameter_choice"


def message(name: str) -> Any:
    """The class of a message."""
    return _classes()[name]


def read(name: str, content: bytes, most_fields: int) -> Any:
    """A message from its bytes.

    Raises ValueError for bytes that are none of that name, OverflowError for more fields.
    """
    kind = message(name)
    if has_more(kind.DESCRIPTOR, content, most_fields):
        raise OverflowError(most_fields)
    try:
        return kind.FromString(content)
    except DecodeError as error:
        raise ValueError(f"these bytes are no {name}") from error


@functools.cache
def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="paddle_lab/serving.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        described = file.message_type.add(name=name)
        for number, field in enumerate(fields.split(", ") if fields else [], 1):
            _describe(described, number, *field.split(" "))
    # A pool of its own: one name may be described in many ways within a process.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }


def _describe(described: Any, number: int, kind: str, name: str) -> None:
    """Add one field."""
    plain = kind.rstrip("*|")
    repeated = kind.endswith("*") or plain == _MAP
    field = described.field.add(
        name=name, number=number,
        label=_Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL,
    )  # fmt: skip
    if plain == _MAP:
        plain = f"{described.name}.ParametersEntry"
        entry = described.nested_type.add(name="ParametersEntry")
        entry.options.map_entry = True
        _describe(entry, 1, "string", "key")
        _describe(entry, 2, "InferParameter", "value")
    if kind.endswith("|"):
        if not described.oneof_decl:
            described.oneof_decl.add(name=_CHOICE)
        field.oneof_index = 0
    if plain[0].isupper():
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{plain}"
    else:
        field.type = getattr(_Field, f"TYPE_{plain.upper()}")
