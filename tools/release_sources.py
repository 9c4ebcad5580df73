"""The sources of a wheel or of an archive of sources, laid out as they would be installed.

Nothing is run: entries are read, paths checked, and of compiled modules an empty file is left.
"""

from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from names_of_release import is_passed_over

_LARGEST: Final = 4_000_000  # bytes of one source
_READ: Final = (".py", ".pyi")
_COMPILED: Final = (".so", ".pyd")
_TO_COMPILE: Final = (".pyx",)
_INSTALLED: Final = re.compile(r"^[^/]+\.data/(?:purelib|platlib)/")
_TOPS: Final = re.compile(r"(?:^|/)[^/]+\.egg-info/top_level\.txt$")
#: Folders of an archive in which packages lie, the first that has one.
_BASES: Final = ("src", "lib3", "python3", "lib", "python", "py")
#: Folders at the top of an archive that are not installed.
_OTHERS: Final = frozenset(
    {"tests", "test", "testing", "docs", "doc", "examples", "example", "demo", "demos", "tools"}
    | {"scripts", "benchmarks", "benchmark", "setup", "conftest", "tasks", "noxfile", "build"}
)


def unpack_wheel(file: Path, folder: Path) -> None:
    """The modules of the wheel, below ``folder``."""
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            inner = _INSTALLED.sub("", info.filename)
            if inner.endswith(_COMPILED):
                _write(folder, inner, b"")
            elif inner.endswith(_READ) and info.file_size <= _LARGEST:
                _write(folder, inner, archive.read(info))


def unpack_sources(file: Path, folder: Path, project: str) -> None:
    """The modules of an archive of sources, below ``folder``, as if they were installed there."""
    contents: dict[str, bytes] = {}
    tops: set[str] = set()
    for name, content in _entries(file):
        inner = name.partition("/")[2]  # below the folder of the release
        if _TOPS.search(inner):
            tops |= set(content.decode("utf-8", "replace").split())
        elif inner.endswith((*_READ, *_TO_COMPILE)):
            contents[inner] = content
    own = {project.replace("-", "_").lower(), project.replace("-", "").lower()}
    for top in sorted(tops or _packages(contents, own)):
        base = _base(contents, top)
        for inner, content in contents.items():
            rest = inner.removeprefix(base)
            is_below = rest.startswith(f"{top}/") or rest in (f"{top}.py", f"{top}.pyx")
            if inner.startswith(base) and is_below:
                _write(folder, rest, b"" if rest.endswith(_TO_COMPILE) else content)


def _entries(file: Path) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                if _is_wanted(info.filename) and info.file_size <= _LARGEST:
                    yield info.filename, archive.read(info)
        return
    with tarfile.open(file) as packed:
        for member in packed:
            wanted = member.isfile() and _is_wanted(member.name) and member.size <= _LARGEST
            stream = packed.extractfile(member) if wanted else None
            if stream is not None:
                yield member.name.removeprefix("./"), stream.read()


def _is_wanted(name: str) -> bool:
    return name.endswith((*_READ, *_TO_COMPILE, "top_level.txt"))


def _packages(contents: dict[str, bytes], own: set[str]) -> set[str]:
    """Folders with an ``__init__.py`` at the top or in a folder for sources, or the one module."""
    found: dict[str, set[str]] = {}
    for inner in contents:
        base, top = _split(inner)
        if top and top not in _OTHERS and not top.startswith("test"):
            found.setdefault(base, set()).add(top)
    for base in (*_BASES, ""):
        if found.get(base):
            return found[base]
    return {inner.removesuffix(".py") for inner in contents if inner.removesuffix(".py") in own}


def _split(inner: str) -> tuple[str, str]:
    """The folder for sources and the package of ``src/alpha/__init__.py``; ("", "") of others."""
    parts = inner.split("/")
    if parts[-1] == "__init__.py" and len(parts) == 2 and parts[0] not in _BASES:
        return "", parts[0]
    if parts[-1] == "__init__.py" and len(parts) == 3 and parts[0] in _BASES:
        return parts[0], parts[1]
    return "", ""


def _base(contents: dict[str, bytes], top: str) -> str:
    """The folder before ``top``, with its slash; that at the top of the archive where it can be."""
    bases = ("", *(f"{one}/" for one in _BASES))
    for shape in (f"{top}/__init__.py", f"{top}.py", f"{top}.pyx"):
        for base in bases:
            if f"{base}{shape}" in contents:
                return base
        deeper = [one for one in contents if one.endswith(f"/{shape}") and one.count("/") <= 3]
        if deeper:
            return min(deeper, key=len).removesuffix(shape)
    spaces = (one for one in bases if any(inner.startswith(f"{one}{top}/") for inner in contents))
    return next(spaces, "")


def _write(folder: Path, inner: str, content: bytes) -> None:
    path = PurePosixPath(inner)
    if path.is_absolute() or ".." in path.parts or is_passed_over(inner):
        return
    target = folder / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except OSError:  # a name that this file system does not take, or a folder of that name
        return
