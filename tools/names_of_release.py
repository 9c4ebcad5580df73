"""The names that the modules of an unpacked wheel bind: by reading their sources, never by running.

Lines are read, no tree is made: a table of many hundred releases is to be made in minutes. A name
that is bound in a way that no line shows makes its module unknown, and nothing is said of that.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_LARGEST: Final = 2_000_000  # bytes of one source
_COMPILED: Final = (".so", ".pyd", ".pyx")
_DEEPEST: Final = 3  # dots in a module's name whose contents are read
#: Parts of a path that nobody imports by name from another package.
_PASSED_OVER: Final = re.compile(
    r"(?:^|/)(?:tests?|_vendor|vendor|vendored|examples?|benchmarks?|docs?|node_modules"
    r"|[^/]*\.dist-info|[^/]*\.data|__pycache__|f2py/tests|site-packages)(?:/|$)"
    r"|^plotly/(?:validators|graph_objs/\w+)/"
)
#: Only whether they are there is told of these: there are thousands.
_UNREAD: Final = re.compile(
    r"^(?:transformers|paddlenlp|diffusers)\.(?:models|transformers|pipelines)\.\w+\."
    r"|^(?:lightning|modelscope|pytorch_lightning|ray|sympy)\.\w+\."
)
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
_DEFINED: Final = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)")
_ASSIGNED: Final = re.compile(r"\(?(\w+(?:\s*,\s*\w+)*)\s*,?\s*\)?\s*(?::[^=\n]{1,120})?=(?!=)\s*")
_BEGINS: Final = re.compile(r"[A-Za-z_@]")
#: Imports of a stub that nobody reaches by its name.
_FOR_ITSELF: Final = re.compile(
    r"import\s+(?!.*\sas\s)|from\s+[^.\s]\S*\s+import\s+(?!.*\sas\s|\*|\()"
)
_DELETED: Final = re.compile(r"del\s+([\w\s,]+)$")
_ANNOTATED: Final = re.compile(r"(\w+)\s*:\s*\S")
_FROM: Final = re.compile(r"from\s+(\.*[\w.]*)\s+import\s+(\*|\(|.*)", re.DOTALL)
_IMPORT: Final = re.compile(r"import\s+(.+)")
_OPENS: Final = re.compile(r"(?:if|elif|else|try|except|finally|with|for|while)\b")
_ONE_LINE: Final = re.compile(r"^(?:else|try|finally|except\b[^:]*):\s+(?=\S)")
#: What is bound for those who check types alone, if not for who asks for it when it is needed.
_FOR_TYPES: Final = re.compile(r"if\s+(?:\w+\.)?TYPE_CHECKING\b")
#: What tells of names that are looked up when they are asked for.
_LAZY: Final = re.compile(
    r"(?m)^\s*(?:_import_structure|_SUBMOD_ATTRS|_LAZY\w*|_module_lookup|_dynamic_imports)\b"
    r"|^[\w, ]+= ?(?:lazy\.|_)attach\w*\("
)
_ALL: Final = re.compile("__all__")
_LISTS: Final = re.compile(rf"{_LAZY.pattern}|^\s*__all__\b")
_DYNAMIC: Final = re.compile(
    r"(?m)^(?:def __getattr__\(|__getattr__ ?=|(?:globals|vars|locals|exec)\("
    r"|\s{0,8}globals\(\)[\[.]|.*= ?globals\(\)\s*$|sys\.modules\[__name__\]\s*="
    r"|.*_builder\.Build\w+\()"
)
#: The same, outside of functions and classes.
_MAKES: Final = re.compile(r"(?:locals|vars)\(\)[\[.]|setattr\((?:sys\.modules|_?module|_?this)")
_OFFERED: Final = re.compile(r"(?m)^__all__\s*=\s*\[([^\]]*)\]")
#: What ``__all__`` is made of: what other modules offer, or what no line shows.
_LISTED_BY_OTHERS: Final = re.compile(r"(?<![\w.])(\w+)\.__all__")
_LISTED_ELSEWHERE: Final = re.compile(
    r"(?m)^\s*(?:extend_all\(|__all__\.extend\((?!\s*[\[(]|\w+\.__all__)"
    r"|__all__ ?\+?= ?(?:\[ ?\w+ for|(?!\w+\.__all__)[a-z_]\w*))"
)
#: They are reached without the package, and come and go with stars.
_BUILT_IN: Final = frozenset({*dir(builtins), "long", "unicode", "unichr", "basestring"})
_WORD: Final = re.compile(r"['\"]([A-Za-z_]\w*)['\"]")


def names_of_release(folder: Path) -> dict[str, list[str] | None]:
    """Module to its names; None where that cannot be told by reading."""
    files: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (*_COMPILED, ".py", ".pyi"):
            inner = path.relative_to(folder).as_posix()
            module = "" if is_passed_over(inner) else _module(inner)
            if module:
                files.setdefault(module, {})[path.suffix] = path
    reader = _Reader(files)
    found: dict[str, list[str] | None] = {}
    for module in files:
        parts = module.split(".")
        if (
            not any(".".join(parts[:end]) in files for end in range(1, len(parts)))
            and "." in module
        ):
            continue  # a folder of data
        unread = module.count(".") >= _DEEPEST or _UNREAD.match(module)
        names = None if unread else reader.names(module)
        found[module] = None if names is None else sorted(names)
    return found


def is_passed_over(inner: str) -> bool:
    """Is nothing told of the file at this path below the folder of packages?"""
    return _PASSED_OVER.search(inner) is not None


def _module(inner: str) -> str:
    parts = re.sub(
        r"(?:\.cpython[^/]*|\.abi3|\.cp\d[^/]*|\.pypy[^/]*)?\.(?:py[dix]?|so)$", "", inner
    ).split("/")
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if all(_IDENTIFIER.fullmatch(one) for one in parts) else ""


class _Reader:
    """Names of modules, stars among them resolved."""

    def __init__(self, files: dict[str, dict[str, Path]]) -> None:
        self._files = files
        self._known: dict[str, set[str] | None] = {}
        self._inner: dict[str, set[str]] = {}
        for module in files:
            head, _, last = module.rpartition(".")
            self._inner.setdefault(head, set()).add(last)

    def names(self, module: str) -> set[str] | None:
        """What ``module`` binds; None for compiled, dynamic or unreadable ones."""
        if module not in self._known:
            self._known[module] = set()  # a circle of stars adds nothing
            self._known[module] = self._read(module)
        return self._known[module]

    def _read(self, module: str) -> set[str] | None:
        kinds = self._files.get(module, {})
        if ".py" not in kinds and ".pyi" not in kinds:
            return None
        found = set(self._inner.get(module, ()))
        for kind in (one for one in (".py", ".pyi") if one in kinds):
            text = _text(kinds[kind])
            lines = bound(text, stub=kind == ".pyi")
            if kind == ".pyi" and ".py" in kinds and len(lines.names) < len(found):
                return None  # it tells a part
            reached = lines.lazy or kind == ".pyi" or "lazy" in text.lower()
            found |= lines.names | (lines.for_types if reached else set())
            if "define_import_structure" in text:  # what is offered by the modules below
                for other in self._files:
                    if other.startswith(f"{module}.") and ".py" in self._files[other]:
                        offered = _OFFERED.search(_text(self._files[other][".py"]))
                        found |= set(_WORD.findall(offered[1])) if offered else set()
            makes = lines.makes or _DYNAMIC.search(text) is not None
            known = lines.lazy or kind == ".pyi" or not makes
            for star in lines.stars:
                inner = self.offered(self._absolute(star, module, kinds[kind]))
                known = known and (inner is not None or kind == ".pyi")
                found |= inner or set()
            if known:  # what a stub says besides is for those who check types
                return found - _BUILT_IN
        return None

    def offered(self, module: str, depth: int = 0) -> set[str] | None:
        """What ``from module import *`` gives: its ``__all__`` where it has one."""
        path = self._files.get(module, {}).get(".py")
        text = _text(path) if path else ""
        if path is None or depth > 6 or "__all__" not in text:
            return self._public(module)
        found = listed(text, _ALL)
        inner = [f".{one}" for one in _LISTED_BY_OTHERS.findall(text)]
        for star in [*bound(text).stars, *inner]:
            more = self.offered(self._absolute(star, module, path), depth + 1)
            if more is None and star in inner:
                return self._public(module)
            found |= more or set()
        return self._public(module) if _LISTED_ELSEWHERE.search(text) else found

    def _public(self, module: str) -> set[str] | None:
        names = self.names(module)
        return None if names is None else {one for one in names if not one.startswith("_")}

    @staticmethod
    def _absolute(star: str, module: str, path: Path) -> str:
        level = len(star) - len(star.lstrip("."))
        if not level:
            return star
        parts = module.split(".") if path.stem == "__init__" else module.split(".")[:-1]
        parts = parts[: len(parts) - level + 1]
        return ".".join([*parts, *filter(None, [star.lstrip(".")])])


def listed(text: str, lists: re.Pattern[str]) -> set[str]:
    """The quoted names in the statements that ``lists`` is about, such as ``__all__ = [...]``."""
    found: set[str] = set()
    depth = 0
    for line in text.split("\n") if lists.search(text) else ():
        if depth > 0 or (lists.search(line) and ".remove(" not in line):
            bare = line.partition("#")[0]
            found |= set(_WORD.findall(bare))
            depth = max(0, depth + sum(map(bare.count, "([{")) - sum(map(bare.count, ")]}")))
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace") if path.stat().st_size < _LARGEST else ""
    except OSError:
        return ""


class Bound(NamedTuple):
    """What the lines of a source bind at the top level: names, modules whose names come with a
    star, names that are bound for checkers of types alone; are there names that are looked up when
    they are asked for?"""

    names: set[str]
    stars: list[str]
    for_types: set[str]
    lazy: bool
    makes: bool


def bound(text: str, *, stub: bool = False) -> Bound:
    """What the lines of a source bind at the top level; of a stub, also what it only declares."""
    lazy = _LAZY.search(text) is not None
    names, for_types = listed(text, _LISTS), set[str]()
    stars, makes = list[str](), False
    for statement, only_types in _statements(text):
        makes |= _MAKES.match(statement) is not None
        found = _FROM.match(statement)
        if found and found[2].startswith("*"):
            stars += [found[1]] * (not only_types)
        elif deleted := _DELETED.match(statement):
            names -= set(re.findall(r"\w+", deleted[1]))
        elif not (stub and _FOR_ITSELF.match(statement)):
            (for_types if only_types else names).update(_of_statement(statement, stub=stub))
    return Bound(names, stars, for_types, lazy, makes)


def _statements(text: str) -> Iterator[tuple[str, bool]]:
    """The beginnings of the statements outside of functions and classes; are they only executed by
    those who check types?"""
    opened = only_types = False
    brackets, within, pending = 0, -1, ""  # within: the indentation of what is passed over
    for raw in text.replace("\\\n", " ").split("\n"):
        code = raw.strip()
        if not code or code.startswith("#"):
            continue
        indent, bare = len(raw) - len(raw.lstrip()), code.partition("#")[0].strip()
        if pending:
            pending += " " + bare
            if ")" in bare:
                yield pending, only_types
                pending = ""
            continue
        if not indent and _BEGINS.match(raw):
            brackets = 0
            opened = _OPENS.match(raw) is not None
            only_types = _FOR_TYPES.match(raw) is not None
        continued = brackets > 0
        brackets += sum(map(bare.count, "([{")) - sum(map(bare.count, ")]}"))
        within = -1 if indent <= within else within
        if continued or within >= 0 or not (opened or not indent):
            continue
        found = _FROM.match(bare)
        if found and found[2].startswith("(") and ")" not in bare:
            pending, brackets = bare, 0
        else:
            yield _ONE_LINE.sub("", bare), only_types
        if indent and _DEFINED.match(code):
            within = indent


def _of_statement(code: str, *, stub: bool) -> set[str]:
    if _FROM.match(code) or _IMPORT.match(code):
        return _imported(code)
    defined = _DEFINED.match(code)
    if defined:
        return {defined[1]}
    names: set[str] = set()
    found = _ASSIGNED.match(code)
    if not found and stub and (annotated := _ANNOTATED.match(code)):
        names = {annotated[1]}
    while found:  # a = b = 1
        names |= {one.strip() for one in found[1].split(",")}
        found = _ASSIGNED.match(code, found.end())
    return names.difference(keyword.kwlist)


def _imported(statement: str) -> set[str]:
    """``a, b`` of ``from x import (y as a, b)`` and ``import a.c``."""
    _, _, rest = statement.partition("import ")
    found = set()
    for part in re.sub(r"[()\\;]|#.*", " ", rest).split(","):
        words = part.split()
        if words:
            name = words[2] if len(words) > 2 and words[1] == "as" else words[0].partition(".")[0]
            if _IDENTIFIER.fullmatch(name):
                found.add(name)
    return found
