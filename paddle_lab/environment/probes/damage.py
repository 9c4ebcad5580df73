"""Is a file whose size differs from its record damaged, or did somebody change it?"""

from __future__ import annotations

import os
import re
import struct
import warnings

_LARGEST_SOURCE = 5_000_000  # bytes
# What nothing imports or needs at run time, as pictures. Slim images leave it out on purpose.
_HARMLESS_ENDINGS = frozenset(
    [
        "a",
        "c",
        "cc",
        "cmake",
        "cpp",
        "cu",
        "cuh",
        "gif",
        "h",
        "hh",
        "hpp",
        "ico",
        "inc",
        "ipynb",
        "lib",
        "map",
        "md",
        "markdown",
        "pc",
        "png",
        "pxd",
        "pyi",
        "pyx",
        "rst",
        "svg",
        "typed",
        "woff",
        "woff2",
    ]
)
_HARMLESS_NAMES = re.compile(
    r"(?i)(?:license|licence|copying|notice|authors?|readme|changelog|changes|history|makefile"
    r"|third.?party.*|\.git.*)(?:[.\-_].*)?"
)
_OF_CODE = frozenset(["py", "so", "pyd", "dll", "dylib"])
_TEST_FOLDERS = frozenset(["test", "tests"])
_LIBRARY = re.compile(r"\.(?:so(?:\.[\d.]+)?|pyd|dll|dylib)$")


def harmless(path: str) -> bool:
    """May the recorded file ``path`` be absent or different without anybody's loss?"""
    folder, _, name = path.rpartition("/")
    return name != "METADATA" if is_metadata(folder) else is_test(folder) or harmless_name(name)


def is_metadata(folder: str) -> bool:
    """Does ``folder`` hold the metadata of a distribution?"""
    return folder.partition("/")[0].endswith((".dist-info", ".egg-info"))


def is_test(folder: str) -> bool:
    """Is ``folder`` one of tests, or inside of one?"""
    return "test" in folder and not _TEST_FOLDERS.isdisjoint(folder.split("/"))


def harmless_name(name: str) -> bool:
    """Is a file of this name one that nothing imports or opens at run time?"""
    ending = name.rpartition(".")[2].lower()
    if ending in _HARMLESS_ENDINGS:
        return True
    return ending not in _OF_CODE and _HARMLESS_NAMES.fullmatch(name) is not None


def is_library(path: str) -> bool:
    """Is it a file of machine code that a process loads?"""
    return _LIBRARY.search(path) is not None


def state_of(path: str, recorded: int, size: int | None) -> str:
    """``missing``, ``empty``, ``cut off``, ``unreadable``, ``not Python`` or ``changed``.

    ``recorded`` and ``size`` are in bytes and differ; ``size`` is None when there is no file. Only
    ``changed`` may have been done on purpose: a whole library, a source that still is Python, data.
    """
    if size is None:
        return "missing"
    if size == 0:
        return "empty"
    try:
        if is_library(path):
            return _library_state(path, recorded, size)
        if path.endswith(".py"):
            return _source_state(path, recorded, size)
    except OSError:
        return "unreadable"
    return "changed"


def _library_state(path: str, recorded: int, size: int) -> str:
    with open(path, "rb") as file:
        head = file.read(64)
    if head[:4] != b"\x7fELF":
        # Mach-O and PE: tools that sign make them longer, nothing useful makes them shorter.
        known = head[:2] == b"MZ" or head[:4] in (
            b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"
        )  # fmt: skip
        return "changed" if known and size >= recorded else "cut off"
    return "changed" if size >= elf_size(path) > 0 else "cut off"


def elf_size(path: str) -> int:
    """Bytes that a 64-bit ELF file must have by its own tables; 0 when its head is damaged.

    Stripped or patched libraries differ from their record and are whole by this measure.
    """
    with open(path, "rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[4] != 2 or head[5] not in (1, 2):
            return 0
        order = "<" if head[5] == 1 else ">"
        programs, sections = struct.unpack(order + "QQ", head[32:48])
        program_size, programs_n, section_size, sections_n = struct.unpack(
            order + "HHHH", head[54:62]
        )
        end = max(programs + program_size * programs_n, sections + section_size * sections_n)
        file.seek(programs)
        table = file.read(program_size * programs_n)
    for start in range(0, len(table) - 55, max(program_size, 56)):
        offset, _, _, length = struct.unpack(order + "QQQQ", table[start + 8 : start + 40])
        end = max(end, offset + length)
    return int(end)


def _source_state(path: str, recorded: int, size: int) -> str:
    if size > _LARGEST_SOURCE:
        return "changed"
    with open(path, "rb") as file:
        content = file.read()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(content, os.path.basename(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # ValueError: it holds a NUL
        return "cut off" if size < recorded else "not Python"
    # An editor ends a text with a line break; a copy that was interrupted ends anywhere.
    return "cut off" if size < recorded and not content.endswith((b"\n", b"\r")) else "changed"
