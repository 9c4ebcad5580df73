"""Which installed packages import a module of a given name, read from their sources."""

from __future__ import annotations

import ast
import os
import re
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from paddle_lab.environment.probes.sources import content_of, imported

_MOST_PARSED = 6  # of them
# Parts of the standard library that no other part imports, and that hold many files.
_LEAVES = frozenset(
    [
        "__pycache__",
        "dist-packages",
        "distutils",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "site-packages",
        "test",
        "tkinter",
        "turtledemo",
        "venv",
    ]
)


# In the test of an ``if``: the import of a source does not enter it; it tells Pythons apart.
_NOT_ENTERED = frozenset(["TYPE_CHECKING", "__name__"])
_OF_VERSIONS = frozenset(["PY2", "PY3", "version_info", "hexversion"])


class Importer(NamedTuple):
    """A source file that imports a name; ``at_import`` when its own import does so."""

    package: str
    version: str
    file: str
    at_import: bool
    via: str  # the module of the standard library that it imports, when that imports the name


class _Hit(NamedTuple):
    """A source of the stack in which an import of ``via`` (or of the name itself) was seen."""

    package: str
    version: str
    file: str
    via: str
    source: bytes


def importers(
    names: Iterable[str],
    standard: Iterable[str],
    installed: Iterable[str],
    path: list[str] | None = None,
) -> dict[str, Importer]:
    """Of each name that Paddle's stack imports: who does; the first that does so when imported.

    ``names``: what is asked for; ``standard``: those of them that belong to the standard library,
    whose other modules are looked through for them too; ``installed``: those that packages brought.
    What else is asked for counts only where it is tried before anything else: not as what an older
    Python has. ``path`` is in place of ``sys.path``.
    """
    wanted = set(names)
    if not wanted:  # as in most folders: thousands of files need not be read
        return {}
    ways = _through_standard(set(standard))  # module -> the names that its import reaches
    targets = wanted | set(ways)
    hits: dict[str, list[_Hit]] = {}
    for target, sources in imported(path, targets).items():
        for package, version, site, file in sources:
            content = content_of(os.path.join(site, file))
            for name in {target} & wanted | ways.get(target, set()):
                via = "" if target == name else target
                hits.setdefault(f"{name} {via}", []).append(
                    _Hit(package, version, file, via, content)
                )
    found = {}
    there = {*standard, *installed}
    for name in wanted:
        direct = hits.get(f"{name} ", [])
        through = [
            hit for way in ways if name in ways[way] for hit in hits.get(f"{name} {way}", [])
        ]
        first = _first(name, direct, name in there) or _first(name, through, True)
        if first is not None:
            found[name] = first
    return found


def _first(name: str, hits: list[_Hit], there: bool) -> Importer | None:
    """The nearest that imports ``name`` when it is itself imported, else the nearest at all."""
    for hit in hits:
        module = (hit.via or name).encode()
        if re.search(rb"^(?:import|from) +" + module + rb"\b", hit.source, re.M):
            return Importer(hit.package, hit.version, hit.file, True, hit.via)
    later: Importer | None = None
    # What stands inside of a statement: the smallest sources are read soonest.
    for hit in sorted(hits, key=lambda hit: len(hit.source))[:_MOST_PARSED]:
        when = _when(hit.source, hit.via or name, there)
        if when == "import":
            return Importer(hit.package, hit.version, hit.file, True, hit.via)
        if when == "call" and later is None and not hit.via:
            later = Importer(hit.package, hit.version, hit.file, False, "")
    return later


def _when(source: bytes, name: str, there: bool) -> str:
    """ "import": importing the source imports ``name``; "call": a function of it does; or ""."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # damaged: `files` says so
        return ""
    later: list[ast.AST] = []
    now: list[ast.AST] = [tree]
    for when, nodes in (("import", now), ("call", later)):
        for node in nodes:  # grows while it is walked
            if when == "import" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                later.extend(node.body)
            elif isinstance(node, ast.If) and _names(node.test) & _NOT_ENTERED:
                nodes.extend(node.orelse)
            elif not there and _of_old_python(node):
                continue
            elif _imports(node, name):
                return when
            else:
                nodes.extend(ast.iter_child_nodes(node))
    return ""


def _of_old_python(node: ast.AST) -> bool:
    """Does the statement tell Pythons apart, or run only when another import failed?"""
    if isinstance(node, ast.If):
        return bool(_names(node.test) & _OF_VERSIONS)
    return isinstance(node, ast.ExceptHandler)


def _names(test: ast.expr) -> set[str]:
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}


def _imports(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] == name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.level == 0 and (node.module or "").partition(".")[0] == name
    return False


def _through_standard(names: set[str]) -> dict[str, set[str]]:
    """Modules of the standard library whose import reaches one of ``names``, and which ones."""
    if not names:
        return {}
    used_by: dict[str, set[str]] = {}
    for module, source in _standard_sources():
        for line in re.findall(rb"^(?:import|from) ([^\n#;]+)", source, re.M):
            first = line.split(b" import ", 1)[0]
            for word in first.split(b","):
                used = word.split(b" as ", 1)[0].split(b".", 1)[0].strip()
                used_by.setdefault(used.decode("ascii", "replace"), set()).add(module)
    ways: dict[str, set[str]] = {}
    for name in sorted(names):
        reached = [name]
        for step in reached:  # grows while it is walked
            for module in sorted(used_by.get(step, set())):
                if module not in reached and module != name:
                    reached.append(module)
                    ways.setdefault(module, set()).add(name)
    return ways


def _standard_sources() -> Iterator[tuple[str, bytes]]:
    """Module (first part of the name) and source of the standard library's files."""
    root = sysconfig.get_path("stdlib") or ""
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _LEAVES and folder.count(os.sep) < 40]
        below = os.path.relpath(folder, root).split(os.sep)[0]
        for file in files:
            if file.endswith(".py") and file != "__main__.py":
                module = file[:-3] if below == "." else below
                yield module, content_of(os.path.join(folder, file))
