"""The tool reads names from sources that it never runs."""

from __future__ import annotations

import json
from pathlib import Path

from names_of_release import names_of_release
from release_names import lines_of


def release(folder: Path, **sources: str) -> dict[str, list[str] | None]:
    for name, text in sources.items():
        path = folder / "alpha" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return names_of_release(folder)


def test_names_are_those_that_an_import_would_find(tmp_path: Path) -> None:
    found = release(
        tmp_path,
        __init__="from .core import *\nfrom .io import (\n    load,\n    save as store,\n)\n"
        "X: int = 1\n"
        "try:\n    import fast\nexcept ImportError:\n    fast = None\n"
        "def work():\n    inner = 1\n    from os import path\n",
        core="__all__ = ['shown']\nshown = hidden = 1\n",
        io="def load(): ...\ndef save(): ...\n",
    )
    names = found["alpha"]
    assert names is not None
    assert {"shown", "load", "store", "X", "fast", "work", "core", "io"} == set(names)


def test_what_no_line_shows_makes_a_module_unknown(tmp_path: Path) -> None:
    found = release(tmp_path, __init__="", late="def __getattr__(name):\n    return 1\n")
    assert found["alpha.late"] is None


def test_names_that_are_imported_when_they_are_asked_for_count(tmp_path: Path) -> None:
    source = (
        '_import_structure = {\n    "big": ["Model", "Config"],\n}\ndef __getattr__(name): ...\n'
    )
    assert {"Model", "Config", "big"} <= set(release(tmp_path, __init__=source)["alpha"] or ())


def test_the_table_holds_what_came_and_what_left(tmp_path: Path) -> None:
    for version, names in (("1.0", ["a", "b"]), ("1.1", ["a", "b", "c"]), ("2.0", ["a", "c"])):
        file = tmp_path / "alpha" / f"{version}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"alpha": names}), "utf-8")
    assert lines_of("alpha", tmp_path) == ["=alpha 1.0 1.1 2.0", "alpha\t0-1\tb", "alpha\t1-2\tc"]
