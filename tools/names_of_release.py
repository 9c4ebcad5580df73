"""The names that the modules of an unpacked wheel bind: by reading their sources, never by running.

Lines are read, no tree is made: a table of many hundred releases is to be made in minutes. A name
that is bound in a way that no line shows makes its module unknown, and nothing is said of that.
"""

from __future__ import annotations

import builtins
import re
from pathlib import Path
from typing import Final

_LARGEST: Final = 2_000_000  # bytes of one source
_DEEPEST: Final = 3  # dots in a module's name whose contents are read
#: Parts of a path that nobody imports by name from another package.
_PASSED_OVER: Final = re.compile(
    r"(?:^|/)(?:tests?|testing|_vendor|vendor|vendored|examples?|benchmarks?|docs?|node_modules"
    r"|[^/]*\.dist-info|[^/]*\.data|__pycache__|f2py/tests|site-packages)(?:/|$)"
)
#: Only whether they are there is told of these: there are thousands.
_UNREAD: Final = re.compile(
    r"^(?:transformers|paddlenlp|diffusers)\.(?:models|transformers|pipelines)\.\w+\."
)
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
_DEFINED: Final = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)")
_ASSIGNED: Final = re.compile(r"(\w+(?:\s*,\s*\w+)*)\s*(?::[^=\n]{1,120})?=(?!=)")
_ANNOTATED: Final = re.compile(r"(\w+)\s*:\s*\S")
_FROM: Final = re.compile(r"from\s+(\.*[\w.]*)\s+import\s+(\*|\(|.*)", re.DOTALL)
_IMPORT: Final = re.compile(r"import\s+(.+)")
_OPENS: Final = re.compile(r"(?:if|elif|else|try|except|finally|with)\b")
_LAZY: Final = re.compile(
    r"^(?:\s*)(?:_import_structure|_SUBMOD_ATTRS|__all__|_LAZY\w*|_module_lookup|_dynamic_imports)\b"
    r"|^_import_structure|lazy\.attach"
)
_DYNAMIC: Final = re.compile(
    r"(?m)^(?:def __getattr__\(|globals\(\)|\s{0,8}globals\(\)\[|vars\(\))"
)
_OFFERED: Final = re.compile(r"(?m)^__all__\s*=\s*\[([^\]]*)\]")
#: They are reached without the package, and come and go with stars.
_BUILT_IN: Final = frozenset({*dir(builtins), "long", "unicode", "unichr", "basestring"})
_WORD: Final = re.compile(r"['\"]([A-Za-z_]\w*)['\"]")


def names_of_release(folder: Path) -> dict[str, list[str] | None]:
    """Module to its names; None where that cannot be told by reading."""
    files: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".so", ".py", ".pyi"):
            inner = path.relative_to(folder).as_posix()
            module = "" if _PASSED_OVER.search(inner) else _module(inner)
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


def _module(inner: str) -> str:
    parts = re.sub(r"(?:\.cpython[^/]*|\.abi3)?\.(?:pyi?|so)$", "", inner).split("/")
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
        found, dynamic = set(self._inner.get(module, ())), False
        for kind in (".py", ".pyi"):
            text = _text(kinds[kind]) if kind in kinds else ""
            names, stars, lazy = bound(text)
            found |= names
            if "define_import_structure" in text:  # what is offered by the modules below
                for other in self._files:
                    if other.startswith(f"{module}.") and ".py" in self._files[other]:
                        offered = _OFFERED.search(_text(self._files[other][".py"]))
                        found |= set(_WORD.findall(offered[1])) if offered else set()
            dynamic |= bool(_DYNAMIC.search(text)) and not lazy and ".pyi" not in kinds
            for star in stars:
                inner = self.offered(self._absolute(star, module, kinds[kind]))
                dynamic |= inner is None and ".pyi" not in kinds
                found |= inner or set()
        return None if dynamic else found - _BUILT_IN

    def offered(self, module: str, depth: int = 0) -> set[str] | None:
        """What ``from module import *`` gives: its ``__all__`` where it has one."""
        path = self._files.get(module, {}).get(".py")
        text = _text(path) if path else ""
        if path is None or depth > 6 or "__all__" not in text:
            names = self.names(module)
            return None if names is None else {one for one in names if not one.startswith("_")}
        _, stars, _ = bound(text)
        found = listed(text)
        for star in stars:
            found |= self.offered(self._absolute(star, module, path), depth + 1) or set()
        return found

    @staticmethod
    def _absolute(star: str, module: str, path: Path) -> str:
        level = len(star) - len(star.lstrip("."))
        if not level:
            return star
        parts = module.split(".") if path.stem == "__init__" else module.split(".")[:-1]
        parts = parts[: len(parts) - level + 1]
        return ".".join([*parts, *filter(None, [star.lstrip(".")])])


def listed(text: str) -> set[str]:
    """The names in the statements about ``__all__``."""
    found: set[str] = set()
    depth = 0
    for line in text.split("\n"):
        if depth > 0 or ("__all__" in line and ".remove(" not in line):
            found |= set(_WORD.findall(line.partition("#")[0]))
            depth = max(0, depth + sum(map(line.count, "([{")) - sum(map(line.count, ")]}")))
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace") if path.stat().st_size < _LARGEST else ""
    except OSError:
        return ""


def bound(text: str) -> tuple[set[str], list[str], bool]:
    """Names that the lines of a source bind at the top level; its stars; has it lazy names?"""
    names: set[str] = set()
    stars: list[str] = []
    lazy = opened = False
    open_brackets = 0
    pending = ""
    for raw in text.split("\n"):
        line = raw.rstrip()
        if not line or line.lstrip().startswith("#"):
            continue
        top = not line[0].isspace()
        if pending:
            pending += " " + line.partition("#")[0]
            if ")" in line:
                names |= _imported(pending)
                pending = ""
            continue
        if top:
            opened = _OPENS.match(line) is not None
        if open_brackets > 0 or (_LAZY.search(line) and ".remove(" not in line):
            lazy |= "__all__" not in line and open_brackets <= 0
            names |= set(_WORD.findall(line))
            opens = sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
            open_brackets = max(0, open_brackets + opens)
        if not (top or opened):
            continue
        code = line.strip()
        found = _FROM.match(code)
        if found and found[2].startswith("*"):
            stars.append(found[1])
        elif found and found[2].startswith("(") and ")" not in code:
            pending = code.partition("#")[0]
        elif top or found or not line.startswith("     "):  # of a block its first level alone
            names |= _of_statement(code, top=top)
    return names, stars, lazy


def _of_statement(code: str, *, top: bool) -> set[str]:
    if _FROM.match(code) or _IMPORT.match(code):
        return _imported(code)
    defined = _DEFINED.match(code)
    if defined:
        return {defined[1]}
    found = _ASSIGNED.match(code) or (_ANNOTATED.match(code) if top else None)
    return {one.strip() for one in found[1].split(",")} if found else set()


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
