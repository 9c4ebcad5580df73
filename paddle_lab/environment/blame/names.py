"""Does a module on this machine define a name? Its file is parsed, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from paddle_lab.environment.blame.places import expanded
from paddle_lab.untrusted import UnusableFile, read_bytes

_LARGEST_SOURCE = 2_000_000  # bytes


@lru_cache(maxsize=64)
def parsed(path: str) -> ast.Module | None:
    """The source of a file as a tree, or None: of another machine, not Python, or too large."""
    if not path.endswith(".py"):
        return None
    try:
        return ast.parse(read_bytes(Path(path), _LARGEST_SOURCE))
    except (OSError, UnusableFile, SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def file_of(module: str, sites: Iterable[str]) -> str:
    """The file of a dotted module below one of the folders; empty when there is none here."""
    parts = module.split(".")
    for site in sites:
        for candidate in (("/".join(parts) + "/__init__.py"), ("/".join(parts) + ".py")):
            path = expanded(site) / candidate
            try:
                if path.is_file():
                    return str(path)
            except (OSError, ValueError):  # no name that a file can have
                continue
    return ""


def defines(path: str, name: str) -> bool | None:
    """Has the module of ``path`` a top-level ``name``, or a submodule of it?

    None when that cannot be told by reading: no file, ``from x import *``, or ``__getattr__``.
    """
    file = expanded(path)
    tree = parsed(str(file))
    if tree is None:
        return None
    names = set(_names(tree.body))
    if name in names:
        return True
    if names & {"*", "__getattr__"}:
        return None
    folder = file.parent
    if file.name == "__init__.py" and any(
        next(folder.glob(pattern), None) is not None for pattern in (f"{name}.*", f"{name}/")
    ):
        return None
    return False


def _names(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Names that statements bind at the top level, in branches and ``try`` too."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]
        else:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    yield inner.id
                elif isinstance(inner, ast.Call) and ast.unparse(inner.func) in _DYNAMIC:
                    yield "*"  # names that are made while it runs
            yield from _names(_inner(node))


_DYNAMIC = frozenset({"globals", "setattr", "vars", "exec"})


def _inner(node: ast.stmt) -> Iterator[ast.stmt]:
    for inner in ast.walk(node):
        if isinstance(
            inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        ):
            yield inner
