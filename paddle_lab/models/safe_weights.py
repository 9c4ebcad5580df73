"""Reading weight files without running what is in them.

A ``.pdparams`` or ``pytorch_model.bin`` file is a pickle: a program that can do anything when
loaded. Here it is read by an unpickler that knows only what tensors are made of; any other name
in the file is refused, by name, unless the caller trusts the file. safetensors files hold no
program at all.
"""

from __future__ import annotations

import json
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paddle_lab.errors import ModelError
from paddle_lab.models.careful_pickle import (
    Weights,
    damaged,
    read_paddle_pickle,
    read_torch_zip,
    widen_bfloat16,
)

MAX_SAFETENSORS_HEADER = 100_000_000
# safetensors' own names of what we load; bf16 has no numpy type and is widened to float32.
_SAFETENSORS_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "|i1", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip


def read_weights(path: Path, *, trust: bool = False) -> Weights:
    """All arrays of a ``.safetensors``, ``.pdparams`` or PyTorch ``.bin``/``.pt`` file, by name.

    bfloat16 comes back as float32, everything else in its own type. With ``trust``, a pickle that
    the careful reader refuses is loaded as Python loads it, which runs whatever it contains.

    Raises ModelError when the file is missing, cut short, damaged, of another kind, or not trusted.
    """
    try:
        if path.suffix == ".safetensors":
            return _read_safetensors(path)
        if zipfile.is_zipfile(path):
            return read_torch_zip(path)
        return read_paddle_pickle(path, trust)
    except ModelError:
        raise
    except Exception as error:  # a damaged file can fail anywhere in the parsers
        raise damaged(path, f"{type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class SafetensorsEntries:
    """What a safetensors file says it holds: shapes and types by name, and its ``format`` mark."""

    shapes: dict[str, tuple[int, ...]]
    types: dict[str, str]
    format: str | None


def safetensors_entries(path: Path) -> SafetensorsEntries:
    """Read the header alone, and check that the data it promises is all there.

    Raises ModelError when the file is missing, cut short or damaged.
    """
    try:
        header, _, metadata = _safetensors_header(path)
        return SafetensorsEntries(
            {name: tuple(entry["shape"]) for name, entry in header.items()},
            {name: str(entry["dtype"]) for name, entry in header.items()},
            metadata.get("format"),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, str(error)) from error


def _safetensors_header(path: Path) -> tuple[dict[str, Any], int, dict[str, str]]:
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(8)
        if len(first) < 8:
            raise ValueError("the file is shorter than its header")
        (length,) = struct.unpack("<Q", first)
        if length > min(size - 8, MAX_SAFETENSORS_HEADER):
            raise ValueError("the file is shorter than its header")
        header = json.loads(file.read(length))
    metadata = header.pop("__metadata__", None) or {}
    end = max((int(entry["data_offsets"][1]) for entry in header.values()), default=0)
    if 8 + length + end != size:
        raise ValueError(f"{8 + length + end} bytes expected, {size} found")
    return header, 8 + length, metadata


def _read_safetensors(path: Path) -> Weights:
    header, offset, _ = _safetensors_header(path)
    content = np.fromfile(path, dtype=np.uint8)
    weights: Weights = {}
    for name, entry in header.items():
        start, end = (offset + int(value) for value in entry["data_offsets"])
        kind = np.dtype(_SAFETENSORS_TYPES[entry["dtype"]])
        array = content[start:end].copy().view(kind).reshape(entry["shape"])
        weights[name] = widen_bfloat16(array) if entry["dtype"] == "BF16" else array
    return weights
