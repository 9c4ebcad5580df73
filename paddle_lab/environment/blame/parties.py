"""Who asked whom for what: the importer and the provider of the thing that is not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from paddle_lab.environment.blame.names import parsed
from paddle_lab.environment.blame.owners import owner_of
from paddle_lab.environment.blame.places import expanded
from paddle_lab.environment.blame.structure import PERSON, STDLIB, Frame, Raised, Traceback

_NAME = r"[A-Za-z_][\w.]{0,200}"
_IMPORT = re.compile(
    rf"cannot import name '?(?P<what>[\w.]+)'?"
    rf"(?: from (?:partially initialized module )?'(?P<module>{_NAME})')?"
)
_ATTRIBUTE = re.compile(
    rf"(?:partially initialized )?module '(?P<module>{_NAME})' has no attribute '(?P<what>\w+)'"
)
_MODULE = re.compile(rf"No module named '?(?P<module>{_NAME})'?")
_KEYWORD = re.compile(
    r"(?P<callable>[\w.<>]+)\(\) got an unexpected keyword argument '(?P<what>\w+)'"
)
_PLACE = re.compile(r"\((?P<path>(?:[A-Za-z]:|~|/)[^()\n]{1,1000}|unknown location)\)\s*$")
#: A helper that imports what another hands it: that one asked.
_BY_NAME = re.compile(r"\b(?:__import__|import_module)\(\s*(?!['\"])")
_FROM = re.compile(rf"^\s*from\s+(?P<module>\.*{_NAME})\s+import\b")


@dataclass(frozen=True)
class Asked:
    """``importer`` asked ``provider`` (import names, or PERSON, STDLIB) for ``what`` of ``module``.

    ``kind``: name, attribute, module or keyword. ``frame`` is the importer's line, ``path`` the
    provider's file where the message tells it.
    """

    kind: str
    what: str
    module: str
    importer: str
    provider: str
    error: Raised
    frame: Frame | None
    path: str = ""

    @property
    def partial(self) -> bool:
        """Had the provider not finished its own import (a circle)?"""
        return "partially initialized" in self.error.message


def asked(trace: Traceback) -> Asked | None:
    """The first error of the chain that says what one package wanted of another, or None."""
    for error in trace.errors:
        found = _asked(error)
        if found is not None:
            return found
    return None


def _asked(error: Raised) -> Asked | None:
    first = error.message.partition("\n")[0]
    place = _PLACE.search(first)
    path = place["path"] if place else ""
    if error.kind in ("ImportError", "ModuleNotFoundError"):
        named = _IMPORT.search(first)
        if named:
            frame = _last_of_code(error, None)
            module = named["module"] or _imported_from(frame)
            return _made("name", named["what"], module, frame, error, path)
        absent = _MODULE.search(first)
        if absent:
            frame = _last_of_code(error, None)
            if frame is not None and _BY_NAME.search(frame.code):
                frame = _last_of_code(error, frame.package) or frame
            return _made("module", absent["module"], absent["module"], frame, error, path)
    if error.kind == "AttributeError":
        missing = _ATTRIBUTE.search(first)
        if missing:
            # numpy and others raise it in their own __getattr__: who asked stands before.
            top = missing["module"].partition(".")[0]
            last = _last_of_code(error, None)
            says = last is not None and f".{missing['what']}" in last.code
            frame = last if says else _last_of_code(error, top)
            return _made("attribute", missing["what"], missing["module"], frame, error, path)
    if error.kind == "TypeError":
        keyword = _KEYWORD.search(first)
        if keyword:
            frame = _last_of_code(error, None)
            module = _called_with(frame, keyword["what"]) if frame else ""
            return _made("keyword", keyword["what"], module, frame, error, path)
    return None


def _made(
    kind: str, what: str, module: str, frame: Frame | None, error: Raised, path: str
) -> Asked | None:
    importer = frame.package if frame else ""
    if module.startswith("."):
        module = f"{importer}.{module.lstrip('.')}"
    if not module:
        return None
    top = module.partition(".")[0]
    provider = owner_of(path).package if path.startswith(("/", "~")) or ":" in path[:3] else top
    if provider not in (PERSON, STDLIB):
        provider = top  # as it is imported, whatever its files are called
    return Asked(kind, what, module, importer, provider, error, frame, path)


def _last_of_code(error: Raised, not_of: str | None) -> Frame | None:
    """The last frame outside of the import machinery, and outside of the package ``not_of``."""
    for frame in reversed(error.frames):
        machinery = frame.file.startswith("<frozen ") or frame.module.split(".")[0] == "importlib"
        if not machinery and (not_of is None or frame.package != not_of):
            return frame
    return None


def imports_by_name(frame: Frame) -> bool:
    """Does the line import what another names (an entry in a list, a setting)? It needs nothing."""
    return _BY_NAME.search(frame.code) is not None


def literally(frame: Frame, what: str) -> bool:
    """Does the line (or the file, where it can be read) of a frame itself say ``what``?

    A name that came from elsewhere, such as a person's argument passed on, is not its fault.
    """
    word = re.compile(rf"\b{re.escape(what)}\b")
    return any(word.search(line) for line in (frame.code, *_lines_around(frame)))


def _lines_around(frame: Frame) -> Iterator[str]:
    """The statement of a frame in its file: the traceback shows its first line only."""
    node = _statement(frame)
    if node is not None:
        yield ast.unparse(node)[:20_000]


def _imported_from(frame: Frame | None) -> str:
    found = _FROM.match(frame.code) if frame else None
    return found["module"] if found else ""


def _called_with(frame: Frame, keyword: str) -> str:
    """The module of what a frame's statement calls with ``keyword=``; empty when not to be told."""
    tree = parsed(_readable(frame))
    node: ast.AST | None = _statement(frame)
    if node is None:
        try:
            node = ast.parse(frame.code.strip())
        except (SyntaxError, ValueError, MemoryError, RecursionError):  # a part of a statement
            return ""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and any(one.arg == keyword for one in call.keywords):
            name = ast.unparse(call.func)[:400]
            return _resolved(name, tree, frame) if tree else ""
    return ""


def _resolved(name: str, tree: ast.Module, frame: Frame) -> str:
    """The dotted name behind ``alias.function`` by the imports of the file."""
    head, _, rest = name.partition(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = ("." * node.level) + (node.module or "")
            for alias in node.names:
                if (alias.asname or alias.name) == head:
                    full = f"{module}.{alias.name}" if module.strip(".") else module + alias.name
                    return f"{frame.package}.{full.lstrip('.')}" if node.level else full
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if (alias.asname or alias.name.partition(".")[0]) == head:
                    return f"{alias.name}.{rest}" if alias.asname and rest else alias.name
    return ""


def _statement(frame: Frame) -> ast.stmt | None:
    """The innermost simple statement at a frame's line."""
    tree = parsed(_readable(frame))
    if tree is None or frame.line is None:
        return None
    best: ast.stmt | None = None
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or not node.lineno <= frame.line <= (
            node.end_lineno or 0
        ):
            continue
        if not hasattr(node, "body"):  # a simple statement, not a block
            best = node
    return best


def _readable(frame: Frame) -> str:
    return str(expanded(frame.file)) if frame.is_library else ""
