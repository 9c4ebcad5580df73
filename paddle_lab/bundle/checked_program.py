"""What a bundle's program may do: compute. Looked through before Paddle is given it.

A program of Paddle's can hold operators that read and write files or call back into Python. Here
every operator must be on a list of those that compute numbers from numbers, in one block, each from
what came before; its parameters must be what the file of parameters holds, byte for byte.
"""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any, BinaryIO, Final

from paddle_lab.bundle.problems import damaged, not_a_calculation
from paddle_lab.untrusted import LARGEST_INTEGER, UnusableFile, open_regular, parse_json, read_bytes

LARGEST_PROGRAM: Final = 64 << 20
_LARGEST_DESCRIPTION: Final = 1000
_MOST_NUMBERS: Final = 1 << 24  # that an operator may make out of nothing
_FLOAT32: Final = 5  # in Paddle's own numbering of types
#: 0: values as such; 1: Paddle's operators. "p" is a parameter. Nothing here reads, writes, prints,
#: calls, branches or repeats.
_COMPUTING: Final = """
    abs add add_n argmax assign bmm cast clip concat cumsum data divide dropout embedding equal erf
    exp expand expand_as fetch flatten floor full full_int_array full_like full_with_tensor gather
    gather_nd gelu greater_equal greater_than layer_norm less_equal less_than log log_softmax
    logical_and logical_not logical_or matmul max maximum mean min minimum multiply not_equal pow
    relu reshape rsqrt scale shape shape64 sigmoid silu slice softmax split split_with_num sqrt
    square squeeze stack strided_slice subtract sum swish tanh tile transpose tril triu unsqueeze
    unstack where
"""
OPERATORS: Final = {"p", "0.combine", "0.split", "0.slice"} | {
    f"1.{name}" for name in _COMPUTING.split()
}
_DETAILS: Final = frozenset({"#", "A", "DA", "I", "O", "OA", "QA"})
_TYPES: Final = """
    0.a_array 0.a_bool 0.a_f32 0.a_f64 0.a_i32 0.a_i64 0.a_str 1.a_dtype 1.a_intarray 1.a_place
    1.a_scalar 0.t_bool 0.t_dtensor 0.t_f16 0.t_f32 0.t_f64 0.t_i32 0.t_i64 0.t_ui8 0.t_vec
"""
_KINDS: Final = frozenset(_TYPES.split())

Shapes = dict[str, tuple[int, ...]]


def checked_program(folder: Path, name: str, params: str) -> bytes:
    """The program in ``folder / name`` in a form of our own writing, to be given to Paddle.

    ``params`` is its file of parameters. Raises BundleError for a program that does anything but
    compute (``bundle.untrusted``), or does not fit its parameters (``bundle.damaged``).
    """
    try:
        document = parse_json(read_bytes(folder / name, LARGEST_PROGRAM))
        shapes = _parameters(_operations(document))
    except _NotAllowed as found:
        raise not_a_calculation(folder, name, str(found)) from found
    except (OSError, UnusableFile, KeyError, TypeError, IndexError, ValueError) as error:
        raise damaged(folder, name, f"it is not a valid Paddle program ({error})"[:300]) from error
    try:
        with open_regular(folder / params) as file:
            _check_parameters(file, shapes)
    except (OSError, UnusableFile, ValueError, struct.error) as error:
        raise damaged(folder, params, str(error)) from error
    # Not the bytes that were read: Paddle's reader of JSON may see something else in them.
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


class _NotAllowed(Exception):
    """Names an operator that is not on the list."""


def _operations(document: Any) -> list[dict[str, Any]]:
    """The operators of the only block, each on the list and fed by earlier ones alone."""
    base, program = document["base_code"], document["program"]
    if document.keys() != {"base_code", "program"} or base["magic"] != "pir":
        raise ValueError("another format")
    (region,) = program["regions"]
    (block,) = region["blocks"]
    if program.keys() != {"regions"} or block["args"] or not isinstance(block["ops"], list):
        raise ValueError("more than one block")
    known = {0}  # an input that is left out
    for operator in block["ops"]:
        name = operator["#"]
        if not isinstance(name, str) or name not in OPERATORS:
            raise _NotAllowed(str(name)[:80])
        if not operator.keys() <= _DETAILS:
            raise _NotAllowed(f"{name} with {', '.join(sorted(operator.keys() - _DETAILS))}"[:80])
        if any(operand["%"] not in known for operand in operator.get("I", ())):
            raise ValueError(f"{name} uses what nothing has made")
        made = operator["O"] if isinstance(operator["O"], list) else [operator["O"]]
        for key in ("A", "DA", "OA", "QA", "O"):
            _check_details(operator.get(key, []))
        _check_size(name, operator)
        known.update(_identity(value) for value in made)
    return list(block["ops"])


def _identity(value: Any) -> int:
    number = value["%"]
    if type(number) is not int or not 0 <= number <= LARGEST_INTEGER:
        raise ValueError("a value has no number")
    return number


def _check_details(value: Any) -> None:
    """Only kinds of attributes and types that the listed operators have."""
    if isinstance(value, dict):
        kind = value.get("#")
        if kind is not None and (not isinstance(kind, str) or kind not in _KINDS):
            raise _NotAllowed(str(kind)[:80])
        for item in value.values():
            _check_details(item)
    elif isinstance(value, list):
        for item in value:
            _check_details(item)


def _check_size(name: str, operator: dict[str, Any]) -> None:
    """A small program must not make a huge tensor."""
    if name != "1.full":
        return
    for attribute in operator["A"]:
        shape = attribute["AT"]["D"] if attribute["N"] == "shape" else []
        if any(type(size) is not int or size < 0 for size in shape):
            raise ValueError(f"{name} has no usable shape")
        if math.prod(shape) > _MOST_NUMBERS:
            raise ValueError(f"{name} makes a tensor of {math.prod(shape)} numbers")


def _parameters(operations: list[dict[str, Any]]) -> Shapes:
    """The shapes of the parameters by name, in the order in which their file holds them."""
    shapes: Shapes = {}
    for operator in operations:
        if operator["#"] != "p":
            continue
        name, type_ = operator["A"][3], operator["O"]["TT"]
        sizes = type_["D"][1]
        if type_["D"][0] != {"#": "0.t_f32"} or not isinstance(name, str) or name in shapes:
            raise ValueError("a parameter is not of float32")
        if any(type(size) is not int or size < 1 for size in sizes):
            raise ValueError("a parameter has no usable shape")
        shapes[name] = tuple(sizes)
    return dict(sorted(shapes.items()))


def _check_parameters(file: BinaryIO, shapes: Shapes) -> None:
    """Each parameter in turn: version, no levels, version, description, numbers; and then the end.

    Raises ValueError when the file holds anything else than ``shapes``.
    """
    for name, shape in shapes.items():
        version, levels, tensor_version, length = struct.unpack("<IQIi", file.read(20))
        if version or levels or tensor_version or not 0 < length <= _LARGEST_DESCRIPTION:
            raise ValueError(f"the parameter {name[:80]} has an unknown header")
        if _description(file.read(length)) != (_FLOAT32, shape):
            raise ValueError(f"the parameter {name[:80]} is not as in the program")
        file.seek(4 * math.prod(shape), 1)
    end = file.tell()
    if file.seek(0, 2) != end:
        raise ValueError(f"{end} bytes expected, {file.tell()} found")


def _description(content: bytes) -> tuple[int, tuple[int, ...]]:
    """Type and shape of a tensor, from protobuf's form of them: field 1, then field 2 repeated."""
    numbers: list[int] = []
    value = shift = 0
    for byte in content:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value = shift = 0
        elif shift > 56:
            raise ValueError("a description holds no sizes")
    fields, values = numbers[::2], numbers[1::2]
    if shift or len(fields) != len(values) or fields != [8] + [16] * (len(fields) - 1):
        raise ValueError("a description holds something else than type and shape")
    return values[0], tuple(values[1:])
