"""Files from folders that anybody may have written: regular, bounded, and only what JSON can hold.

Runs, bundles, model folders, caches and fact sheets come from other people, other versions and
broken disks. Everything that reads one of their files reads it here, so that a FIFO does not block,
a large file does not fill the memory, and a number or a nesting that breaks the code behind is
refused with a reason. What the content means is checked by the caller.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import stat
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

MEGABYTE: Final = 1 << 20
#: The default bound for documents: many times what Paddle Lab itself writes into one.
LARGEST_DOCUMENT: Final = 16 * MEGABYTE
DEEPEST: Final = 64
#: Integers beyond this are neither counts nor sizes, and no float holds them exactly.
LARGEST_INTEGER: Final = 2**63 - 1
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# Never fails and never tries twice: an unclosed string ends with the data.
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")


class UnusableFile(ValueError):
    """A file is not what it should be; the text says why in a few plain words."""


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; links are followed.

    Raises UnusableFile for a directory, FIFO, socket or device, and OSError when it is absent or
    not permitted. Never blocks: a FIFO without a writer would hold ``open`` for ever.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except IsADirectoryError as error:  # where a directory cannot be opened at all
        raise UnusableFile("it is a directory, not a file") from error
    except ValueError as error:  # a NUL in the name
        raise UnusableFile(f"its name cannot be used: {error}") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "directory" if stat.S_ISDIR(mode) else "pipe or device"
        raise UnusableFile(f"it is a {kind}, not a file")
    return os.fdopen(descriptor, "rb")


def open_to_append(path: Path) -> int:
    """A descriptor that appends to a regular file, made when it is absent.

    Raises UnusableFile for anything else, OSError when it cannot be opened. Never blocks.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
    except IsADirectoryError as error:
        raise UnusableFile("it is a directory, not a file") from error
    except OSError as error:
        if error.errno == errno.ENXIO:  # a FIFO that nobody reads, or a socket
            raise UnusableFile("it is a pipe or device, not a file") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnusableFile("it is a pipe or device, not a file")
    return descriptor


def reason_of(error: Exception) -> str:
    """Why a file could not be read, in a few words, without its path."""
    return str(getattr(error, "strerror", None) or error)


def read_bytes(path: Path, limit: int = LARGEST_DOCUMENT) -> bytes:
    """The whole content of a regular file of at most ``limit`` bytes.

    Raises UnusableFile when it is longer or no regular file, OSError when it cannot be read.
    """
    with open_regular(path) as file:
        # Python makes room for as much as it is asked for, whatever the file holds.
        size = os.fstat(file.fileno()).st_size
        content = file.read(min(size, limit) + 1)
        if size < len(content) <= limit:  # it grew meanwhile
            content += file.read(limit + 1 - len(content))
    if len(content) > limit:
        raise UnusableFile(f"it is larger than {limit // MEGABYTE or 1} MB")
    return content


def sha256_of(path: Path) -> str:
    """SHA-256 of a regular file, in hexadecimal. Raises UnusableFile and OSError as the others."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while block := file.read(MEGABYTE):
            digest.update(block)
    return digest.hexdigest()


def read_text(path: Path, limit: int = LARGEST_DOCUMENT) -> str:
    """:func:`read_bytes` as UTF-8, with or without a byte order mark."""
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(f"it is not UTF-8 (byte {error.start})") from error


def read_object(path: Path, limit: int = LARGEST_DOCUMENT) -> dict[str, Any]:
    """The JSON object in a file; see :func:`parse_json` for what is refused.

    Raises UnusableFile when it is not one, OSError when the file cannot be read.
    """
    document = parse_json(read_bytes(path, limit))
    if not isinstance(document, dict):
        raise UnusableFile("it is not a JSON object")
    return document


def parse_json(content: bytes | str, deepest: int = DEEPEST) -> Any:
    """A JSON document whose numbers are finite and whose nesting is at most ``deepest``.

    Raises UnusableFile for anything else: NaN, infinities (``1e999`` too), integers of more than 64
    bits, half surrogates, text that is not UTF-8 or not JSON.
    """
    try:
        data = content.encode("utf-8") if isinstance(content, str) else content
        check_depth(data, deepest)
        text = data.decode("utf-8-sig")
        document = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, parse_int=_integer
        )
        if "\\u" in text:
            # A half surrogate passes json.loads and then breaks the first one who encodes it.
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnusableFile:
        raise
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise UnusableFile(f"it is not UTF-8 ({error.reason})") from error
    except (ValueError, RecursionError) as error:
        raise UnusableFile(f"it is not JSON ({error})") from error
    return document


def check_depth(data: bytes, deepest: int = DEEPEST) -> None:
    """Raise UnusableFile when brackets outside strings are nested deeper than ``deepest``."""
    if data.count(b"[") + data.count(b"{") <= deepest:
        return
    brackets = _STRING.sub(b"", data).translate(None, _NO_BRACKETS)
    depths = accumulate(1 if bracket in b"[{" else -1 for bracket in brackets)
    if max(depths, default=0) > deepest:
        raise UnusableFile(f"it is nested more than {deepest} deep")


def _no_constant(name: str) -> NoReturn:
    raise UnusableFile(f"it holds {name}, which is not a number in JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise UnusableFile(f"it holds the number {text[:40]}, which is too large")
    return value


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST_INTEGER:
        raise UnusableFile(f"it holds the number {text[:20]}…, which is too large")
    return int(text)
