"""The one reader of weight files: it runs nothing of what is in them.

A ``.pdparams`` or ``pytorch_model.bin`` file is a pickle: a program that can do anything when
loaded. It is read by :mod:`paddle_lab.models.careful_pickle`; whatever asks for more is refused by
name, unless the person trusts the file. safetensors files hold no program at all. Which of the
three a file is, its content says. No index, configuration or other file beside it is looked at.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from paddle_lab.errors import ModelError
from paddle_lab.models.arrays import (
    Weights,
    array_of,
    check_name,
    damaged,
    whole_numbers,
    widen_bfloat16,
)
from paddle_lab.models.pickled_weights import read_paddle_pickle, read_torch_zip
from paddle_lab.untrusted import UnusableFile, open_regular, parse_json, read_bytes

#: Several times the largest encoder there is (1.3 GB).
LARGEST_WEIGHTS: Final = 8 << 30
#: A parameter takes some 120 bytes; an encoder has a few hundred of them.
LARGEST_HEADER: Final = 4 << 20
_ZIP: Final = b"PK\x03\x04"
# safetensors' own names of what we load; bf16 has no numpy type and is widened to float32.
_SAFETENSORS_TYPES: Final = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "|i1", "U8": "|u1", "BOOL": "|u1",
}  # fmt: skip


def read_weights(path: Path, *, trust: bool = False, sha256: str | None = None) -> Weights:
    """All arrays of a ``.safetensors``, ``.pdparams`` or PyTorch ``.bin``/``.pt`` file, by name.

    bfloat16 comes back as float32, everything else in its own type. With ``trust``, a pickle that
    the careful reader refuses is loaded as Python loads it, which runs whatever it contains. With
    ``sha256``, what is read is what had that hash before, also when the file changes meanwhile.

    Raises ModelError when the file is missing, cut short, damaged, of another kind, or not trusted.
    """
    try:
        content = read_bytes(path, LARGEST_WEIGHTS)
        if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError("it changed while it was read")
        if weights_format(path) == "safetensors":
            return _read_safetensors(content)
        if content.startswith(_ZIP):
            return read_torch_zip(path, content)
        return read_paddle_pickle(path, content, trust=trust)
    except ModelError:
        raise
    except Exception as error:  # a damaged file can fail anywhere in the parsers of zip files
        reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise damaged(path, reason) from error


def weights_format(path: Path) -> str:
    """``safetensors`` or ``pickle``, by the content. Raises ModelError for a file that cannot be
    read, and for one that is called ``.safetensors`` and is something else."""
    try:
        with open_regular(path) as file:
            first = file.read(9)
            size = file.seek(0, 2)
    except (OSError, UnusableFile) as error:
        raise damaged(path, str(error)) from error
    if not first:
        raise damaged(path, "the file is empty")
    # A pickle that begins like this would be as long as the number that its first bytes make.
    if first[8:] == b"{" and _length(first) <= size - 8:
        return "safetensors"
    if path.suffix == ".safetensors":
        raise damaged(path, "the file is shorter than its header, or no safetensors file")
    return "pickle"


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
        with open_regular(path) as file:
            first = file.read(8)
            header = file.read(min(_length(first), LARGEST_HEADER + 1))
            entries, mark = _parse_header(first, header, file.seek(0, 2))
    except (OSError, ValueError) as error:
        raise damaged(path, str(error)) from error
    return SafetensorsEntries(
        {name: entry.shape for name, entry in entries.items()},
        {name: entry.kind for name, entry in entries.items()},
        mark,
    )


@dataclass(frozen=True)
class _Entry:
    """One array of a safetensors file; ``start`` and ``end`` in bytes behind the header."""

    kind: str
    shape: tuple[int, ...]
    start: int
    end: int


def _length(first: bytes) -> int:
    if len(first) < 8:
        raise ValueError("the file is shorter than its header")
    return int(struct.unpack("<Q", first[:8])[0])


def _parse_header(first: bytes, header: bytes, size: int) -> tuple[dict[str, _Entry], str | None]:
    """The entries, which follow one another without gap or overlap to the end of the file."""
    length = _length(first)
    if length > LARGEST_HEADER:
        raise ValueError(f"its header is larger than {LARGEST_HEADER >> 20} MB")
    if length > size - 8 or len(header) != length:
        raise ValueError("the file is shorter than its header")
    table = parse_json(header)
    if type(table) is not dict:
        raise ValueError("its header is not a JSON object")
    metadata = table.pop("__metadata__", None)
    mark = metadata.get("format") if type(metadata) is dict else None
    entries = {check_name(name): _entry(entry) for name, entry in table.items()}
    end = 0
    for entry in sorted(entries.values(), key=lambda entry: (entry.start, entry.end)):
        if entry.start != end:
            raise ValueError("its arrays overlap, or leave something out")
        end = entry.end
    if 8 + length + end != size:
        raise ValueError(f"{8 + length + end} bytes expected, {size} found")
    return entries, mark if type(mark) is str else None


def _entry(entry: Any) -> _Entry:
    if not isinstance(entry, Mapping) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError("its header holds something that is not a valid array")
    kind, offsets = entry["dtype"], entry["data_offsets"]
    if type(kind) is not str or kind not in _SAFETENSORS_TYPES:
        raise ValueError(f"numbers of the type {str(kind)[:20]!r} are not weights")
    shape = whole_numbers(entry["shape"])
    if type(offsets) is not list or [type(offset) for offset in offsets] != [int, int]:
        raise ValueError("its header has no usable offsets")
    start, end = offsets
    if start < 0 or end - start != math.prod(shape) * np.dtype(_SAFETENSORS_TYPES[kind]).itemsize:
        raise ValueError("a shape in its header does not fit the bytes")
    return _Entry(kind, shape, start, end)


def _read_safetensors(content: bytes) -> Weights:
    length = _length(content)
    entries, _ = _parse_header(content, content[8 : 8 + length], len(content))
    weights: Weights = {}
    for name, entry in entries.items():
        data = content[8 + length + entry.start : 8 + length + entry.end]
        array = array_of(data, _SAFETENSORS_TYPES[entry.kind], entry.shape)
        if entry.kind == "BF16":
            array = widen_bfloat16(array)
        weights[name] = array != 0 if entry.kind == "BOOL" else array
    return weights
