"""Messages between front and worker: a JSON head and the bytes of arrays, each with its length.

No pickle: what a worker says is data, whatever it was made to load.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Awaitable, Callable, Mapping
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]

_SIZES: Final = struct.Struct("!II")
LARGEST_HEAD: Final = 1 << 20
LARGEST_BODY: Final = 1 << 30
#: The types of arrays that programs take and give.
DTYPES: Final = ("int64", "int32", "float32", "float64", "bool", "uint8")
_MOST_DIMS: Final = 6


class BadFrame(Exception):
    """What came is no message: the other side is not what it should be."""


def packed(head: Mapping[str, Any], arrays: Arrays | None = None) -> bytes:
    """A message as bytes. ``head`` has no key "arrays"."""
    given = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    described = [[name, str(array.dtype), list(array.shape)] for name, array in given.items()]
    text = json.dumps({**head, "arrays": described}, ensure_ascii=False).encode("utf-8")
    body = b"".join(array.tobytes() for array in given.values())
    return _SIZES.pack(len(text), len(body)) + text + body


def sizes_of(prefix: bytes) -> tuple[int, int]:
    """The lengths of head and body that a message begins with. Raises BadFrame."""
    head, body = _SIZES.unpack(prefix)
    if head > LARGEST_HEAD or body > LARGEST_BODY:
        raise BadFrame(f"a head of {head} bytes, a body of {body}")
    return int(head), int(body)


def unpacked(text: bytes, body: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """The head and the arrays of a message; the arrays are views of ``body``. Raises BadFrame."""
    try:
        head = json.loads(text)
        described = head.pop("arrays")
        arrays: dict[str, npt.NDArray[Any]] = {}
        at = 0
        for name, dtype, shape in described:
            if dtype not in DTYPES or len(shape) > _MOST_DIMS or any(size < 0 for size in shape):
                raise BadFrame(f"an array of {dtype} {shape}"[:200])
            kind = np.dtype(dtype)
            count = prod(shape)
            arrays[str(name)] = np.frombuffer(body, kind, count, at).reshape(shape)
            at += count * kind.itemsize
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadFrame(str(error)[:200]) from error
    if at != len(body):
        raise BadFrame(f"{len(body) - at} bytes more than its arrays have")
    return head, arrays


def read(take: Callable[[int], bytes]) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]] | None:
    """The next message of a pipe, None at its end. Raises BadFrame.

    ``take`` gives exactly so many bytes, or fewer at the end.
    """
    prefix = take(_SIZES.size)
    if not prefix:
        return None
    if len(prefix) < _SIZES.size:
        raise BadFrame("it ends within a message")
    head, body = sizes_of(prefix)
    text, content = take(head), take(body)
    if len(text) < head or len(content) < body:
        raise BadFrame("it ends within a message")
    return unpacked(text, content)


async def read_async(
    take: Callable[[int], Awaitable[bytes]],
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """The next message of a stream whose ``take`` is `StreamReader.readexactly`.

    Raises BadFrame, and what ``take`` raises at the end.
    """
    head, body = sizes_of(await take(_SIZES.size))
    return unpacked(await take(head), await take(body) if body else b"")
