"""No file imports itself in a circle, and what must do without paddle never names it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]


def name_of(path: Path) -> str:
    parts = path.relative_to(REPO).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in sorted((REPO / "paddle_lab").rglob("*.py"))}


@dataclass
class Imports:
    """Modules that a file imports as it is loaded, and those that its functions import later."""

    at_load: set[str] = field(default_factory=set)
    in_functions: set[str] = field(default_factory=set)

    @property
    def all(self) -> set[str]:
        return self.at_load | self.in_functions


def named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module is not None:
        whole = {f"{node.module}.{alias.name}" for alias in node.names}
        yield from (name if name in FILES else node.module for name in whole)


def for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imports_of(source: str) -> Imports:
    found = Imports()

    def visit(node: ast.AST, into: set[str]) -> None:
        for child in ast.iter_child_nodes(node):
            into.update(named(child))
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                visit(child, found.in_functions)
            elif not for_types_only(child):
                visit(child, into)

    visit(ast.parse(source), found.at_load)
    return found


@functools.cache
def all_imports() -> dict[str, Imports]:
    """What every file imports; read when the first test asks."""
    return {name: imports_of(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of the graph, its first name again at the end; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name in FILES}


def test_the_reader_tells_imports_at_load_from_later_ones_and_from_types() -> None:
    found = imports_of(
        "import a\n"
        "if TYPE_CHECKING:\n    import b\n"
        "class C:\n    from d import e\n"
        "    def f(self):\n        import g\n"
        "try:\n    import h\nexcept ImportError:\n    pass\n"
    )
    assert found.at_load == {"a", "d", "h"}
    assert found.in_functions == {"g"}
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    assert not cycle({"a": {"b", "c"}, "b": {"c"}})


def test_no_files_import_each_other_in_a_circle_as_they_are_loaded() -> None:
    assert cycle({name: ours(found.at_load) for name, found in all_imports().items()}) == []


def test_no_files_import_each_other_in_a_circle_at_all() -> None:
    """An import inside a function that only breaks a circle hides that two files are one."""
    assert cycle({name: ours(found.all) for name, found in all_imports().items()}) == []


def below(package: str, *, but: tuple[str, ...] = ()) -> dict[str, Imports]:
    return {
        name: found
        for name, found in all_imports().items()
        if f"{name}.".startswith(f"paddle_lab.{package}.") and not name.endswith(but)
    }


@pytest.mark.parametrize(
    "package", ["server", "views", "runs", "options", "text", "environment", "serving"]
)
def test_packages_of_server_and_views_never_import_paddle(package: str) -> None:
    wrong = {
        name: module
        # The script runs in a process of its own, with the interpreter that is checked.
        for name, found in below(package, but=("environment.check_script",)).items()
        for module in found.all
        if module.partition(".")[0] in ("paddle", "paddlenlp")
    }
    assert wrong == {}


@pytest.mark.parametrize("module", ["predictor", "runtimes.paddle", "verify", "manifest", "locate"])
def test_prediction_reaches_no_paddlenlp(module: str) -> None:
    """Neither do the files that it loads: what functions import later is the task's own."""
    seen: set[str] = set()
    waiting = {f"paddle_lab.bundle.{module}"}
    while waiting:
        name = waiting.pop()
        seen.add(name)
        packages = {name.rsplit(".", part)[0] for part in range(1, name.count("."))}
        waiting |= ours(all_imports()[name].at_load | packages) - seen
    reached = {
        name: external
        for name in seen
        for external in all_imports()[name].at_load
        if external.partition(".")[0] == "paddlenlp"
    }
    assert reached == {}
    assert not any(
        external.partition(".")[0] == "paddlenlp"
        for external in all_imports()[f"paddle_lab.bundle.{module}"].in_functions
    )


def test_the_fast_layers_know_nothing_of_runs_tasks_or_training() -> None:
    used = {module for found in below("cpu").values() for module in ours(found.all)}
    packages = {module.split(".")[1] for module in used if module.count(".")}
    assert packages <= {"cpu", "cgroup"}


#: Folders whose entries a registry finds; what several of them need stands beside them, or in a
#: module whose name begins with "_".
REGISTRIES = [
    "bundle.runtimes",
    "data.binaries",
    "data.containers",
    "data.readers",
    "training.launchers",
]


@pytest.mark.parametrize("registry", REGISTRIES)
def test_an_entry_of_a_registry_knows_no_other(registry: str) -> None:
    entries = {
        name: found
        for name, found in below(registry).items()
        if name != f"paddle_lab.{registry}" and not name.rpartition(".")[2].startswith("_")
    }
    assert entries
    known = {
        (name, module) for name, found in entries.items() for module in found.all & set(entries)
    }
    assert known == set()


def test_a_task_knows_no_other_task() -> None:
    """What several of them need stands in modules of ``tasks/`` itself."""
    folder = REPO / "paddle_lab" / "tasks"
    tasks = {path.name for path in folder.iterdir() if (path / "task.py").is_file()}
    assert len(tasks) > 5
    known = {
        (name, module)
        for task in tasks
        for name, found in below(f"tasks.{task}").items()
        for module in ours(found.all)
        for other in tasks - {task}
        if f"{module}.".startswith(f"paddle_lab.tasks.{other}.")
    }
    assert known == set()
