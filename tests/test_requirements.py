"""What is imported is declared, and the three lists of requirements say the same."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPO = Path(__file__).parents[1]
# Compared with where it is there; never installed for the sake of it.
ONLY_IN_BENCHMARKS = {"torch", "transformers"}
# Imported by a script that a test starts in an environment of its own.
ELSEWHERE = {"kserve", "tritonclient"}
# Modules of this repository that are imported by their plain name.
OUR_OWN = {"paddle_lab"} | {
    path.stem for folder in ("tests", "tools", "benchmarks") for path in (REPO / folder).iterdir()
}


def declared() -> tuple[list[str], dict[str, list[str]]]:
    """``install_requires`` and ``extras_require`` of setup.py, read without running it."""
    tree = ast.parse((REPO / "setup.py").read_text(encoding="utf-8"))
    values: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            values[node.targets[0].id] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
    (call,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "setup"
    )
    for keyword in call.keywords:
        if keyword.arg in ("install_requires", "extras_require"):
            code = compile(ast.Expression(keyword.value), "setup.py", "eval")
            values[keyword.arg] = eval(code, {"__builtins__": {}}, dict(values))
    return values["install_requires"], values["extras_require"]


def by_name(lines: list[str]) -> dict[str, Requirement]:
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


INSTALL, EXTRAS = declared()
#: Not in what `make` installs: it is larger than most of what is. Its test makes an environment.
APART = {"ray"}
ALL = by_name(
    [*INSTALL, *(line for extra, lines in EXTRAS.items() if extra not in APART for line in lines)]
)


def lines_of(name: str) -> list[str]:
    lines = (REPO / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return [line for line in (line.partition("#")[0].strip() for line in lines) if line]


DEV = by_name(lines_of("dev.in"))
OWNERS = packages_distributions()
LOCKED = [Requirement(line) for line in lines_of("lock.txt")]


def imported_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in ("import_module", "importorskip"):
                yield str(node.args[0].value)


def imported(folder: str) -> dict[str, Path]:
    """Distributions that the Python files below a folder import: name and one file that does."""
    found: dict[str, Path] = {}
    for path in sorted((REPO / folder).rglob("*.py")):
        for name in imported_names(ast.parse(path.read_text(encoding="utf-8"))):
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in OUR_OWN:
                owner = OWNERS.get(top, [top])[0]
                found.setdefault(canonicalize_name(owner), path.relative_to(REPO))
    return found


EXTRAS_OF_THE_PACKAGE = [
    "cpu", "grpc", "modelscope", "onnx", "ray", "search", "serve", "visualdl",
]  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        # Which build of Paddle is installed is the user's choice: the extra is one of them.
        ("paddle_lab", EXTRAS_OF_THE_PACKAGE),
        pytest.param(
            "tests", ["cpu", "grpc", "modelscope", "search", "test"], marks=pytest.mark.slow
        ),
        ("tools", ["cpu", "dev"]),
        ("benchmarks", ["cpu", "grpc", "onnx", "ray", "test"]),
    ],
)
def test_what_is_imported_is_declared(folder: str, extras: list[str]) -> None:
    allowed = by_name([*INSTALL, *(line for extra in extras for line in EXTRAS[extra])])
    excused = {"benchmarks": ONLY_IN_BENCHMARKS, "tests": ELSEWHERE}.get(folder, set())
    missing = {
        name: str(path)
        for name, path in imported(folder).items()
        if name not in allowed and name not in excused
    }
    assert missing == {}, "declare it in setup.py and requirements/dev.in, then: make lock"


def test_make_installs_what_setup_declares_and_nothing_else() -> None:
    assert DEV.keys() == ALL.keys()


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_version_that_make_installs_is_one_that_setup_allows(name: str) -> None:
    ours, theirs = DEV[name], ALL[name]
    assert set(theirs.specifier) <= set(ours.specifier)
    assert theirs.extras == ours.extras
    assert str(theirs.marker) == str(ours.marker)


@pytest.mark.parametrize("name", sorted(DEV))
def test_the_locked_version_is_one_that_was_asked_for(name: str) -> None:
    versions = [
        next(iter(locked.specifier)).version
        for locked in LOCKED
        if canonicalize_name(locked.name) == name
    ]
    assert versions, "run: make lock"
    for version in versions:
        assert DEV[name].specifier.contains(version, prereleases=True)


@pytest.mark.parametrize("path", ["requirements/lock.txt", "labextension/yarn.lock"])
def test_a_lock_file_names_no_registry(path: str) -> None:
    assert not re.search(r"://|--index-url|--find-links", (REPO / path).read_text(encoding="utf-8"))
