"""A person's own file that a library ran instead of the module it wanted."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from paddle_lab.environment.blame.owners import owner_of
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.parties import asked
from paddle_lab.environment.blame.places import is_file
from paddle_lab.environment.blame.structure import PERSON, STDLIB, Frame, Traceback
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.renaming import renaming
from paddle_lab.i18n import T

_RENAMING = re.compile(r"consider renaming '(?P<path>[^'\n]{1,1000})'")
_NOT_A_PACKAGE = re.compile(r"No module named '(?P<top>\w+)\.[\w.]+'; '(?P=top)' is not a package")


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """The file, named exactly, when the frames or the message show it; else nothing."""
    for path, by in _suspects(trace, facts):
        plain = path.replace("\\", "/")
        name = _module_name(plain)
        return [_finding(path, name, by, facts, here and is_file(path, facts))]
    return []


def _suspects(trace: Traceback, facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """File and who ran it."""
    for error in trace.errors:
        yield from _run_from_inside(error.frames)
    for error in trace.errors:
        named = _RENAMING.search(error.message)
        if named and owner_of(named["path"]).package == PERSON:
            yield named["path"], _importer(trace)
        bare = _NOT_A_PACKAGE.search(error.message)
        if bare and _hides_something(bare["top"], facts):
            path = _in_working_folder(bare["top"], facts)
            if path:
                yield path, _importer(trace)
    request = asked(trace)
    if request is not None:
        path = _hiding(request.module.partition(".")[0], request.importer, facts)
        if path:
            yield path, request.importer
    if request is not None and request.path and owner_of(request.path).package == PERSON:
        top = request.module.partition(".")[0]
        by_library = request.importer not in ("", PERSON)
        own = _module_name(request.path.replace("\\", "/")) == top
        if own and (by_library or _hides_something(top, facts)):
            yield request.path, request.importer


def _hiding(top: str, importer: str, facts: Mapping[str, Any]) -> str:
    """The file that the facts show in the place of ``top``."""
    entries = facts.get("hiding")
    for entry in entries if isinstance(entries, list) else []:
        if entry["module"] == top and (entry["owner"] or importer not in ("", PERSON)):
            return str(entry["path"])
    return ""


def _importer(trace: Traceback) -> str:
    return trace.raiser or PERSON


def _run_from_inside(frames: tuple[Frame, ...]) -> Iterator[tuple[str, str]]:
    """A person's file whose import a line of a library (or of the standard library) asked for."""
    before: Frame | None = None
    for frame in frames:
        if frame.file.startswith("<frozen "):
            continue
        own_file = (
            frame.package == PERSON and not frame.is_cell and frame.function in ("<module>", "")
        )
        if before is not None and before.package != PERSON and own_file:
            name = _module_name(frame.file.replace("\\", "/"))
            if name and _imports(before.code, name):
                yield frame.file, before.module.partition(".")[0] or before.package
        before = frame


def _imports(code: str, name: str) -> bool:
    """Is ``code`` an import statement of the top-level ``name``?"""
    word = re.escape(name)
    return bool(
        re.match(rf"\s*from\s+{word}(?:\.[\w.]+)?\s+import\b", code)
        or re.match(rf"\s*import\s+(?:[\w. ]+,\s*)*{word}\b", code)
    )


def _module_name(path: str) -> str:
    """``random`` of ``/x/random.py`` and of ``/x/random/__init__.py``; of ``/x/y/z.py`` it is z."""
    file = PurePosixPath(path)
    return file.parent.name if file.stem == "__init__" else file.stem


def _hides_something(top: str, facts: Mapping[str, Any]) -> bool:
    """Is there a module of the standard library, or an installed package, of this name?"""
    if top in sys.stdlib_module_names:
        return True
    return owned(top, facts).version is not None


def _in_working_folder(top: str, facts: Mapping[str, Any]) -> str:
    folder = str(lookup(facts, "process.working_directory") or "")
    path = f"{folder}/{top}.py"
    return path if folder and is_file(path, facts) else ""


def _finding(path: str, name: str, by: str, facts: Mapping[str, Any], confirmed: bool) -> Finding:
    standard = name in sys.stdlib_module_names
    whole = (
        T("the standard library's {name}", "标准库的 {name}", name=name)
        if standard
        else T("the installed {name}", "已安装的 {name}", name=name)
    )
    asker = T("The standard library", "标准库") if by == STDLIB else T("{by}", "{by}", by=by)
    if by in ("", PERSON):
        asker = T("Your program", "您的程序")
    return Finding(
        id="file-hides-module",
        family="shadow",
        severity="error",
        certainty="confirmed" if confirmed else "likely",
        title=T(
            "Your file {path} is imported instead of {whole}",
            "您的文件 {path} 被当作{whole}导入",
            path=path,
            whole=whole,
        ),
        cause=T(
            "{asker} imports {name}, and Python takes your file: its folder, mostly the working "
            "directory, comes before the installed packages.",
            "{asker}导入 {name} 时，Python 找到了您的文件：它所在的目录（多为工作目录）"
            "排在已安装的包之前。",
            asker=asker,
            name=name,
        ),
        fix=T(
            "Rename it or move it to another directory, then restart the kernel or program:",
            "将其改名或移到其他目录，然后重启内核或程序：",
        ),
        commands=(renaming(facts, path),),
        sources=("this traceback",),
        evidence=(path,),
        score=40.0,
    )
