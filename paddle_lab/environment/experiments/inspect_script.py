"""Run in the interpreter that is examined: what surrounds it, and which of its files are broken.

``inspect_script.py QUESTION [PATH ...]`` prints one JSON object behind a record separator.
"""

from __future__ import annotations

import sys

# What stands in the working folder must not be taken for the standard library here.
if sys.path and sys.path[0] == "":
    sys.path.pop(0)

import importlib.util
import json
import locale
import marshal
import os
import site
import struct
from collections.abc import Iterator
from typing import Any

_MOST_FILES = 60_000
_TAG = sys.implementation.cache_tag or ""


def surroundings() -> dict[str, Any]:
    """The folders and files beside the installed packages that decide what an import finds."""
    prefix, folders = _site_folders()
    user = site.getusersitepackages()
    standard = os.path.dirname(os.__file__)
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    known = {*folders, *site.getsitepackages(), *([user] if site.ENABLE_USER_SITE else [])}
    known.update(*map(_named_in, sorted(known)))
    # What else stands on the path was put there by a file that runs at start: a trial without that
    # file must be without it, too.
    paths = [p for p in sys.path if p in known and p not in given and not _within(p, standard)]
    return {
        "prefix": prefix,
        "paths": paths or folders,
        "user_site": user if site.ENABLE_USER_SITE and os.path.isdir(user) else None,
        "started": _started(sorted({*folders, *([user] if site.ENABLE_USER_SITE else [])})),
        "encoding": locale.getpreferredencoding(False).lower(),
        "user_base": site.getuserbase(),
    }


def _within(path: str, standard: str) -> bool:
    """Is this the standard library, or its part in C or in a zip file?"""
    rest = path[len(standard) :] if path.startswith(standard) else None
    return path.endswith(".zip") or rest in ("", os.sep + "lib-dynload")


def _site_folders() -> tuple[str, list[str]]:
    """The prefix and its site-packages, also where Python was started without ``site``."""
    prefix = sys.prefix
    above = os.path.dirname(os.path.dirname(os.path.abspath(sys.executable)))
    if os.path.exists(os.path.join(above, "pyvenv.cfg")):
        prefix = above
    return prefix, [f for f in site.getsitepackages([prefix]) if os.path.isdir(f)]


def _started(folders: list[str]) -> list[str]:
    """Files that run code whenever Python starts: sitecustomize.py, .pth files with an import."""
    found = []
    for name in ("sitecustomize", "usercustomize"):
        try:
            specification = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            specification = None
        if specification is not None and (specification.origin or "").endswith(".py"):
            found.append(str(specification.origin))
    for folder in folders:
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if name.endswith(".pth") and _has_code(os.path.join(folder, name)):
                found.append(os.path.join(folder, name))
    return found


def _named_in(folder: str) -> list[str]:
    """The folders that .pth files of this folder name in so many words."""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.endswith(".pth"):
            try:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    lines = [line.strip() for line in file]
            except OSError:
                continue
            lines = [line for line in lines if line and not line.startswith(("#", "import"))]
            found += [os.path.abspath(os.path.join(folder, line)) for line in lines]
    return found


def _has_code(file: str) -> bool:
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            return any(line.startswith(("import ", "import\t")) for line in opened)
    except OSError:
        return False


def bytecode(paths: list[str]) -> dict[str, Any]:
    """Compiled files that Python would use although they cannot be read, or are of other code.

    ``paths``: folders are searched, of single source files the compiled one is also compared.
    """
    found = []
    for path in paths:
        for source in _sources(path):
            compiled = importlib.util.cache_from_source(source)
            reason = _why_bad(source, compiled, compare=not os.path.isdir(path))
            if reason:
                found.append([source, compiled, reason])
    return {"found": found[:20]}


def _sources(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        yield from [path] if path.endswith(".py") else []
        return
    count = 0
    for folder, _, names in os.walk(path):
        if os.path.basename(folder) != "__pycache__":
            continue
        ending = f".{_TAG}.pyc"
        for name in names:
            count += 1
            if name.endswith(ending) and count < _MOST_FILES:
                yield os.path.join(os.path.dirname(folder), name[: -len(ending)] + ".py")


def _why_bad(source: str, compiled: str, compare: bool) -> str:
    """Why a compiled file that Python would take for ``source`` is no good; "" when it is."""
    content = _used(source, compiled)
    if content is None:
        return ""
    print("\x1elooking " + compiled, flush=True)  # what is read next may end this process
    try:
        code = marshal.loads(content[16:])
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "made from other source code" if compare and not _same(code, source) else ""


def _used(source: str, compiled: str) -> bytes | None:
    """The compiled file, when Python would use it: it names the state of the source beside it."""
    try:
        state = os.stat(source)
        with open(compiled, "rb") as file:
            content = file.read()
    except OSError:  # not there or not readable: Python does without it
        return None
    if len(content) < 16 or content[:4] != importlib.util.MAGIC_NUMBER:
        return None
    flags, modified, size = struct.unpack("<III", content[4:16])
    here = (int(state.st_mtime) & 0xFFFFFFFF, state.st_size & 0xFFFFFFFF)
    return content if flags or (modified, size) == here else None


def _same(code: Any, source: str) -> bool:
    try:
        with open(source, "rb") as file:
            return bool(code == compile(file.read(), source, "exec", dont_inherit=True))
    except (OSError, SyntaxError, ValueError):  # then it is not the compiled file that is wrong
        return True


def libraries(paths: list[str]) -> dict[str, Any]:
    """Shared libraries under these folders (or these files) that end before their own tables do."""
    found = []
    for path in paths:
        files = [path]
        if os.path.isdir(path):
            files = [os.path.join(f, name) for f, _, names in os.walk(path) for name in names]
        for file in files[:_MOST_FILES]:
            if ".so" in os.path.basename(file) or file.endswith((".pyd", ".dll", ".dylib")):
                size, needed = os.path.getsize(file), _needed(file)
                if needed > size:
                    found.append([file, str(size), str(needed)])
    return {"found": found[:20]}


def _needed(file: str) -> int:
    """How long an ELF file of 64 bits must be by its own tables; 1 for any other file."""
    with open(file, "rb") as opened:
        head = opened.read(64)
        if head[:5] != b"\x7fELF\x02" or len(head) < 64:
            return 64 if head[:4] == b"\x7fELF" else 1
        programs, sections = struct.unpack_from("<QQ", head, 32)
        entry, count, section_entry, section_count = struct.unpack_from("<HHHH", head, 54)
        opened.seek(programs)
        table = opened.read(entry * count)
    ends = [sections + section_entry * section_count, programs + entry * count]
    for start in range(0, len(table) - 55, max(entry, 56)):
        offset, size = struct.unpack_from("<Q16xQ", table, start + 8)
        ends.append(offset + size)
    return max(int(end) for end in ends)


def owners(paths: list[str]) -> dict[str, Any]:
    """Distribution and version that installed each of these files, and the size it had then."""
    from importlib import metadata

    found = {}
    for distribution in metadata.distributions():
        record = distribution.read_text("RECORD") or ""
        for path in paths:
            base = str(distribution.locate_file("")).rstrip("/\\") + os.sep
            inside = path[len(base) :].replace("\\", "/") if path.startswith(base) else ""
            line = next(
                (r for r in record.splitlines() if inside and r.startswith(inside + ",")), ""
            )
            if line:
                name = str(distribution.metadata["Name"] or "")
                found[path] = [name, str(distribution.version), line.rpartition(",")[2]]
    return {"found": found}


def main(question: str, *paths: str) -> None:
    """Answer one question."""
    answers = {"bytecode": bytecode, "libraries": libraries, "owners": owners}
    answer = surroundings() if question == "surroundings" else answers[question](list(paths))
    print("\x1e" + json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
