"""The repository is whole: nothing in it needs a file outside, and what it tells people exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]
FOLDERS = ("benchmarks", "paddle_lab", "tests", "tools")


def climbed(node: ast.AST, known: dict[str, int]) -> int | None:
    """How many levels above its own file a path leads; None for what does not begin there.

    ``known`` holds names that stand for such a path: ``HERE = Path(__file__).parent``.
    """
    if isinstance(node, ast.Name):
        return 0 if node.id == "__file__" else known.get(node.id)
    if isinstance(node, ast.Call):
        made_of = [*node.args, node.func] if isinstance(node.func, ast.Name) else [node.func]
        found = [levels for part in made_of if (levels := climbed(part, known)) is not None]
        return found[0] if found else None
    if isinstance(node, ast.Attribute):
        below = climbed(node.value, known)
        return None if below is None else below + (node.attr == "parent")
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        below = climbed(node.value, known)
        return None if below is None else below + 1 + int(node.slice.value)
    return None


def highest(code: str) -> int:
    """The most levels that any path in the code climbs."""
    if "__file__" not in code:
        return 0
    tree = ast.parse(code)
    known: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            levels = climbed(node.value, known)
            known |= {} if levels is None else {node.targets[0].id: levels}
    return max((climbed(node, known) or 0 for node in ast.walk(tree)), default=0)


@pytest.mark.parametrize(
    ("code", "levels"),
    [
        ("open('a.txt')", 0),
        ("Path(__file__).parent / 'a.txt'", 1),
        ("Path(__file__).resolve().parents[2]", 3),
        ("HERE = Path(__file__).parent\nDATA = HERE.parents[1].parent / 'data'", 4),
        ("HERE = Path('/tmp').parents[3]", 0),
    ],
)
def test_levels_are_counted(code: str, levels: int) -> None:
    assert highest(code) == levels


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_path_leads_out_of_the_repository(folder: str) -> None:
    outside = [
        str(path.relative_to(REPO))
        for path in sorted((REPO / folder).rglob("*.py"))
        if highest(path.read_text(encoding="utf-8")) > len(path.relative_to(REPO).parts)
    ]
    assert outside == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md"])
def test_every_path_that_is_named_exists(name: str) -> None:
    text = (REPO / name).read_text(encoding="utf-8")
    top = "|".join(folder.name for folder in REPO.iterdir() if folder.is_dir())
    named = re.findall(rf"[`(]((?:{top})/[^`)#\s]*|[A-Z]+\.(?:md|cff))[`)#]", text)
    assert named
    assert [path for path in named if not (REPO / path).exists()] == []


def test_every_target_that_is_named_can_be_made() -> None:
    makefile = (REPO / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?m)^([a-z]+):", makefile))
    texts = [(REPO / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "README.md")]
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=[`  ]|$)", "\n".join(texts)))
    assert {"check", "docs", "fast", "test"} <= named & targets
    assert named - targets - {"it"} == set()


def imported_at_once(path: Path) -> set[str]:
    """Modules that a file imports when it is itself imported."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.slow
def test_collecting_tests_imports_no_paddlenlp() -> None:
    """Its import takes six seconds: of every call of pytest, whatever is selected."""
    package = {
        ".".join(path.relative_to(REPO).with_suffix("").parts): imported_at_once(path)
        for path in (REPO / "paddle_lab").rglob("*.py")
    }
    heavy = {"paddlenlp"}
    while more := {name for name, modules in package.items() if modules & heavy} - heavy:
        heavy |= more
    tests = {path: imported_at_once(path) & heavy for path in (REPO / "tests").rglob("*.py")}
    assert {str(path.relative_to(REPO)): names for path, names in tests.items() if names} == {}
