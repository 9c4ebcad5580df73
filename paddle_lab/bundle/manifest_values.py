"""The values of a manifest, read strictly: what is of another type or unsafe raises `Wrong`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.tasks.codec import TensorSpec

_MOST_DIMS: Final = 6
PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Wrong(Exception):
    """What is wrong with a manifest's content."""


@dataclass(frozen=True)
class FileEntry:
    """A file of the bundle: SHA-256 in hexadecimal and size in bytes."""

    sha256: str
    bytes: int


def typed(content: Mapping[str, Any], key: str, kind: type) -> Any:
    """The value of ``key``, which is of exactly this type."""
    value = content.get(key)
    if type(value) is not kind:  # a bool is not an int here
        raise Wrong(f"{key} is {type(value).__name__}, {kind.__name__} expected")
    return value


def texts(content: Mapping[str, Any], key: str) -> list[str]:
    """A list of texts, none of them empty."""
    values: list[str] = typed(content, key, list)
    if not all(isinstance(value, str) and value for value in values):
        raise Wrong(f"{key} holds something that is not text")
    return values


def numbers(content: Mapping[str, Any]) -> dict[str, float | None]:
    """The metrics by name."""
    values: dict[str, float | None] = typed(content, "metrics", dict)
    for name, value in values.items():
        if value is not None and type(value) not in (int, float):
            raise Wrong(f"the metric {name!r} is not a number")
    return values


def file_name(name: str) -> str:
    """A relative path with ``/``: no ``..``, no drive, no hidden part, none that escapes."""
    parts = name.split("/")
    if len(parts) > 4 or not all(PART.fullmatch(part) for part in parts):
        raise Wrong(f"{name[:100]!r} is not a file name of a bundle")
    return name


def entry_of(name: str, entry: Any) -> FileEntry:
    """Hash and size of a file."""
    if not isinstance(entry, dict):
        raise Wrong(f"files[{name!r}] is not an object")
    sha256, size = typed(entry, "sha256", str), typed(entry, "bytes", int)
    if not _SHA256.fullmatch(sha256) or size < 0:
        raise Wrong(f"files[{name!r}] has no usable hash or size")
    return FileEntry(sha256, size)


def tensor(item: Any) -> TensorSpec:
    """One input or output of the signature."""
    if not isinstance(item, dict):
        raise Wrong("the signature holds something that is not a valid tensor")
    dims = typed(item, "dims", list)
    if not dims or len(dims) > _MOST_DIMS or not all(_is_dim(size) for size in dims):
        raise Wrong("the signature holds a tensor without usable dimensions")
    return TensorSpec(typed(item, "name", str), tuple(dims), typed(item, "dtype", str))


def _is_dim(size: Any) -> bool:
    return size in ("rows", "tokens") or (type(size) is int and 1 <= size <= 1 << 24)
