"""Whose code a file is, told from its path alone: a package, the standard library, the person."""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

from paddle_lab.environment.blame.structure import PERSON, STDLIB

_PYTHON_LIB = re.compile(
    r"(?i)/lib(?:64)?/python\d[\d.]*t?/(?!(?:site|dist)-packages)(?:lib-dynload/)?(.+)$"
)
_ZIPPED = re.compile(r"(?i)/python3\d+\.zip/(.+)$")
_WINDOWS_LIB = re.compile(r"(?i)/lib(?:64)?/((\w+)(?:/.*|\.py))$")
_EGG = re.compile(r"(?i)^[^/]+\.egg/+(.+)$")
_EXTENSION = re.compile(r"(?i)(?:\.(?:cpython|cp\d|abi3)[^/]*)?\.(?:py[cdxi]?|px[di]|so)$")
# Cython's sources are not installed: their paths are those of the package's own tree.
_COMPILED = re.compile(r"(?i)\.(?:pyx|pxi|pxd)$")
_ABSOLUTE = re.compile(r"^(?:[A-Za-z]:|/|~)")
# Made while the program runs, for the code that stands in the frame before.
_GENERATED = re.compile(r"^<(?:string|decorator-gen|__array_function__|attrs generated|eval_with)")


class Owner(NamedTuple):
    """``package``, dotted ``module`` and ``site`` of a file (see :class:`Frame`)."""

    package: str
    module: str
    site: str


def owner_of(file: str, previous: str = PERSON) -> Owner:
    """Who owns ``file``; code made at run time belongs to ``previous``, the owner before it."""
    path = file.replace("\\", "/")
    if path.startswith("<"):
        return _of_pseudo_file(path, previous)
    # The last such folder counts: environments stand inside of others.
    head, slash, tail = path.rpartition("-packages/")
    if slash and re.search(r"(?i)(?:^|/)(?:site|dist)$", head):
        inner = _EGG.sub(r"\1", tail.lstrip("/"))
        module = _dotted(inner)
        top = module.partition(".")[0]
        return Owner(top or PERSON, module, f"{head}-packages")
    for pattern in (_PYTHON_LIB, _ZIPPED):
        found = pattern.search(path)
        if found:
            return Owner(STDLIB, _dotted(found[1]), "")
    found = _WINDOWS_LIB.search(path)
    if found and found[2].lower() in _stdlib_names():
        return Owner(STDLIB, _dotted(found[1]), "")
    if _COMPILED.search(path) and not _ABSOLUTE.match(path):
        module = _dotted(path)
        return Owner(module.partition(".")[0] if "/" in path else previous, module, "")
    return Owner(PERSON, _dotted(path.rpartition("/")[2]), "")


def _of_pseudo_file(path: str, previous: str) -> Owner:
    if path.startswith("<frozen "):
        return Owner(STDLIB, path[len("<frozen ") :].rstrip(">"), "")
    if _GENERATED.match(path):
        return Owner(previous, "", "")
    return Owner(PERSON, "", "")


def _dotted(path: str) -> str:
    """``a/b/__init__.py`` to ``a.b``."""
    parts = [part for part in _EXTENSION.sub("", path).split("/") if part]
    if len(parts) > 1 and parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def _stdlib_names() -> frozenset[str]:
    return frozenset(name.lower() for name in sys.stdlib_module_names)
