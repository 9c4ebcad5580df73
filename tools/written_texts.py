"""Which messages ``T("english", "chinese", ...)`` an expression of the package may be.

A message does not always stand where the error is made: a function may be given it, choose it
first, get it from another function, or take a constant. All of these are followed, within a file
and through ``from module import name``.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from paddle_lab.i18n import Text

Function = ast.FunctionDef | ast.AsyncFunctionDef

_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


class Written:
    """The files of one package, read once."""

    def __init__(self, package: Path) -> None:
        self._package = package
        self.files = sorted(package.rglob("*.py"))

    def messages(self, node: ast.AST, file: Path, around: Function | None) -> tuple[Text, ...]:
        """Those that ``node`` may be, in the order of the program; ``around`` is its function."""
        found: list[Text] = []
        for text in self._of(node, file, around, frozenset()):
            if text not in found:
                found.append(text)
        return tuple(filter(_says_something, found)) or tuple(found)

    def _of(
        self, node: ast.AST, file: Path, around: Function | None, seen: frozenset[object]
    ) -> Iterator[Text]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "T":
                yield from _message(node)
                return
            yield from self._returned(node.func.id, file, seen)
            if _takes_function(node):
                return
        if isinstance(node, ast.Name):
            yield from self._named(node.id, file, around, seen)
        chosen = [node.body, node.orelse] if isinstance(node, ast.IfExp) else None
        for child in ast.iter_child_nodes(node) if chosen is None else chosen:
            yield from self._of(child, file, around, seen)

    def _named(
        self, name: str, file: Path, around: Function | None, seen: frozenset[object]
    ) -> Iterator[Text]:
        """What a variable, a parameter or a constant may be."""
        if (key := (file, around, name)) in seen:
            return
        seen |= {key}
        if around is not None:
            for value in _assigned(name, around):
                yield from self._of(value, file, around, seen)
            if name in _parameters(around):
                yield from self._given(name, file, around, seen)
                return
        for place, tree in self._homes(name, file):
            for value in _assigned(name, tree, deep=False):
                yield from self._of(value, place, None, seen)

    def _given(
        self, name: str, file: Path, function: Function, seen: frozenset[object]
    ) -> Iterator[Text]:
        """What callers give for the parameter ``name``, and what it is without them."""
        parameters = _parameters(function)
        default = parameters[name]
        if default is not None:
            yield from self._of(default, file, None, seen)
        position = list(parameters).index(name)
        for place in self.files:
            if function.name not in _source(place):
                continue
            if place != file and (file, function.name) not in _imported(place, self._package):
                continue
            for call, within in _calls_by_name(place).get(function.name, ()):
                named = {one.arg: one.value for one in call.keywords}
                value = named.get(name)
                if value is None and position < len(call.args):
                    value = call.args[position]
                if value is not None:
                    yield from self._of(value, place, within, seen)

    def _returned(self, name: str, file: Path, seen: frozenset[object]) -> Iterator[Text]:
        """What a function of the package gives back, where it is one that gives a message."""
        for place, tree in self._homes(name, file):
            for function in ast.iter_child_nodes(tree):
                if not isinstance(function, Function) or function.name != name:
                    continue
                if "Text" not in (ast.unparse(function.returns) if function.returns else ""):
                    continue
                if (key := (place, name)) in seen:
                    continue
                for part in ast.walk(function):
                    if isinstance(part, ast.Return) and part.value is not None:
                        yield from self._of(part.value, place, function, seen | {key})

    def _homes(self, name: str, file: Path) -> Iterator[tuple[Path, ast.AST]]:
        """The file itself, and that from which it imports ``name``."""
        yield file, parsed(file)
        for place, imported in _imported(file, self._package):
            if imported == name and place.is_file():
                yield place, parsed(place)


@functools.cache
def parsed(path: Path) -> ast.AST:
    """A file of Python, read once."""
    return ast.parse(_source(path))


@functools.cache
def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@functools.cache
def _imported(file: Path, package: Path) -> frozenset[tuple[Path, str]]:
    """What ``file`` imports by name from files of the package."""
    return frozenset(
        (package.parent.joinpath(*part.module.split(".")).with_suffix(".py"), one.name)
        for part in ast.walk(parsed(file))
        if isinstance(part, ast.ImportFrom) and part.module
        and part.module.split(".")[0] == package.name
        for one in part.names
    )  # fmt: skip


@functools.cache
def _calls_by_name(file: Path) -> dict[str, list[tuple[ast.Call, Function | None]]]:
    """The calls of plain names in ``file``, each with the function that it stands in."""
    found: dict[str, list[tuple[ast.Call, Function | None]]] = {}
    for call, around in _calls(parsed(file)):
        if isinstance(call.func, ast.Name):
            found.setdefault(call.func.id, []).append((call, around))
    return found


def _calls(
    node: ast.AST, around: Function | None = None
) -> Iterator[tuple[ast.Call, Function | None]]:
    """The calls below ``node``, each with the function that it stands in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child, around
        yield from _calls(child, child if isinstance(child, Function) else around)


def _assigned(name: str, tree: ast.AST, *, deep: bool = True) -> Iterator[ast.AST]:
    """What is assigned to a variable in a function, or on the first level of a file."""
    for part in ast.walk(tree) if deep else ast.iter_child_nodes(tree):
        if isinstance(part, (ast.AnnAssign, ast.NamedExpr)):
            targets: list[ast.expr] = [part.target]
        elif isinstance(part, ast.Assign):
            targets = part.targets
        else:
            continue
        if part.value is None:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and target.id == name:
                yield part.value
            elif isinstance(target, ast.Tuple) and isinstance(part.value, ast.Tuple):
                for one, value in zip(target.elts, part.value.elts, strict=False):
                    if isinstance(one, ast.Name) and one.id == name:
                        yield value


def _parameters(function: Function) -> dict[str, ast.AST | None]:
    """The parameters in their order, each with its default."""
    given = function.args
    plain = [*given.posonlyargs, *given.args]
    defaults: list[ast.AST | None] = [None] * (len(plain) - len(given.defaults))
    defaults += given.defaults
    found = {one.arg: value for one, value in zip(plain, defaults, strict=True)}
    found |= {
        one.arg: value for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    }
    return found


def _takes_function(call: ast.Call) -> bool:
    """A call of one of the package's own functions: what it is given is not what it gives."""
    return isinstance(call.func, ast.Name) and call.func.id not in ("str", "Text", "tuple", "list")


def _message(call: ast.Call) -> Iterator[Text]:
    """The message of a ``T(...)`` that is written out."""
    both = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    if len(both) == 2:
        yield Text(str(both[0]), str(both[1]))


def _says_something(text: Text) -> bool:
    """Whether it has a word beside its placeholders."""
    return re.search(r"\w", _PLACEHOLDER.sub("", text.en)) is not None
