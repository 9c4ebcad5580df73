"""Arrays out of a file's bytes, from sizes that were checked first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T, Text

Weights = dict[str, NDArray[Any]]

LONGEST_NAME: Final = 400
_MOST_DIMENSIONS: Final = 8
_LARGEST_DIMENSION: Final = 2**31 - 1


def array_of(
    data: bytes,
    kind: str,
    shape: Sequence[Any],
    *,
    offset: int = 0,
    strides: Sequence[Any] | None = None,
    fortran: bool = False,
) -> NDArray[Any]:
    """A read-only array of numpy's ``kind`` over ``data``.

    ``offset`` and ``strides`` count elements; without strides the array takes up all of ``data``.
    The sums are done with Python's integers, which do not overflow. Raises ValueError when
    anything of it lies outside ``data``, or when it is larger than ``data`` (a stride of zero).
    """
    plain = np.dtype(kind)
    sizes = whole_numbers(shape)
    count = math.prod(sizes)
    if strides is None:
        if count * plain.itemsize != len(data):
            raise ValueError(f"{count} numbers expected, {len(data)} bytes found")
        flat = np.frombuffer(data, plain) if count else np.empty(0, plain)
        return flat.reshape(sizes, order="F" if fortran else "C")
    steps = whole_numbers(strides)
    held = len(data) // plain.itemsize
    if len(steps) != len(sizes) or type(offset) is not int or offset < 0:
        raise ValueError("its strides do not fit its shape")
    if count == 0:
        return np.empty(sizes, plain)
    last = offset + sum((size - 1) * step for size, step in zip(sizes, steps, strict=True))
    if last >= held or count > held:
        raise ValueError("a tensor reaches outside its storage")
    flat = np.frombuffer(data, plain, held)[offset:]
    view = np.lib.stride_tricks.as_strided(
        flat, sizes, [step * plain.itemsize for step in steps], writeable=False
    )
    return np.ascontiguousarray(view).reshape(sizes)


def whole_numbers(values: Sequence[Any]) -> tuple[int, ...]:
    """A shape: at most eight whole numbers from 0 up. Raises ValueError."""
    if type(values) not in (tuple, list) or len(values) > _MOST_DIMENSIONS:
        raise ValueError("it has no usable shape")
    if any(type(value) is not int or not 0 <= value <= _LARGEST_DIMENSION for value in values):
        raise ValueError("its shape holds something that is not a valid size")
    return tuple(values)


def widen_bfloat16(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """bfloat16 given as its 16 bits, as float32: the same numbers."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def check_name(name: object) -> str:
    """The name of a parameter. Raises ValueError when it is none."""
    if type(name) is not str or not 0 < len(name) <= LONGEST_NAME:
        raise ValueError("something in it has no usable name")
    return name


def damaged(path: Path, reason: str | Text) -> ModelError:
    """The error for a weight file that cannot be read."""
    why = T("{reason}", "{reason}", reason=reason[:300]) if isinstance(reason, str) else reason
    return ModelError(
        T("Cannot read the weights {file}", "无法读取权重文件 {file}", file=path),
        why,
        T(
            "The file is damaged or incomplete: copy or download it again.",
            "文件已损坏或不完整：请重新复制或下载。",
        ),
        code="model.damaged",
    )
