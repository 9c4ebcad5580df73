"""Files that are imported in place of others: which they hide, and who imports what they hide."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from environment.made_site import install

from paddle_lab.environment.probes import hiding as probe
from paddle_lab.environment.probes import sources as sources_probe
from paddle_lab.environment.probes.sources import imported_names


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Paddle needs `typing_extensions` at once, `charts` to draw, and never `pastel`."""
    folder = tmp_path / "site-packages"
    install(
        folder,
        "paddlepaddle",
        "3.3.1",
        {
            "paddle/__init__.py": b"import random\nfrom typing_extensions import Self\n",
            "paddle/pictures.py": b"import json, sys\ndef draw():\n    import charts\n",
            "paddle/optional.py": b"try:\n    import dl  # type: ignore\nexcept ImportError: ...\n",
            "paddle/words.py": b'"""How to\n    import utils\n"""\n\nfrom .utils import data\n',
            "paddle/kinds.py": b"if TYPE_CHECKING:\n    import model\n",
            "paddle/old.py": b"if PY2: import commands\ntry: ...\nexcept E: import names\n",
            "paddle/tests/__init__.py": b"",
            "paddle/tests/helper.py": b"import helper\n",
            "paddle/scripts/run.py": b"import train\n",
        },
        requires=["typing_extensions", "charts"],
    )
    install(folder, "typing_extensions", "4.16.0", {"typing_extensions.py": b"Self = 1\n"})
    install(folder, "charts", "2.0", {"charts/__init__.py": b""})
    install(folder, "pastel", "0.2.1")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "project"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return here


def look(site: Path) -> dict[str, dict[str, Any]]:
    return {entry["module"]: entry for entry in probe.hiding([str(site)])["hiding"]}


def in_the_way(site: Path) -> list[str]:
    return [entry["module"] for entry in probe.hiding([str(site)])["shadows"]]


@pytest.mark.parametrize(
    "names",
    [
        ["data.py", "utils.py", "model.py", "train.py", "test.py", "config.py", "helper.py"],
        ["setup.py", "conftest.py", "__init__.py", "main.py", "commands.py", "names.py"],
        ["README.md", "random.txt", "typing_extensions", "my-random.py", "os.py", "sys.py"],
        ["symtable.py", "turtle.py", "lib2to3/__init__.py"],
        ["charts/readme.txt", "datasets/train.csv"],
    ],
    ids=["of a project", "of tools", "no modules", "that nobody imports", "folders of data"],
)
def test_ordinary_folders_hide_nothing(site: Path, folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    assert look(site) == {}
    assert in_the_way(site) == []


@pytest.mark.parametrize(
    ("name", "module", "owner", "file"),
    [
        ("random.py", "random", "Python", "paddle/__init__.py"),
        ("random/__init__.py", "random", "Python", "paddle/__init__.py"),
        ("random.pyc", "random", "Python", "paddle/__init__.py"),
        ("json.py", "json", "Python", "paddle/pictures.py"),
        ("typing_extensions.py", "typing_extensions", "typing-extensions", "paddle/__init__.py"),
        ("paddle.py", "paddle", "paddlepaddle", None),
        ("paddle/__init__.py", "paddle", "paddlepaddle", None),
    ],
)
def test_what_paddle_imports_is_in_the_way(
    site: Path, folder: Path, name: str, module: str, owner: str, file: str | None
) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).touch()
    (entry,) = look(site).values()
    assert (entry["module"], entry["owner"], entry["where"]) == (module, owner, "working folder")
    assert entry["path"].endswith(f"project/{name}")
    assert (entry["imported_by"]["file"] if entry["imported_by"] else None) == file
    assert in_the_way(site) == [module]


def test_it_reaches_through_the_standard_library(site: Path, folder: Path) -> None:
    """`random` imports `bisect`; nothing of Paddle does so itself."""
    (folder / "bisect.py").touch()
    by = look(site)["bisect"]["imported_by"]
    assert (by["package"], by["file"], by["via"]) == (
        "paddlepaddle",
        "paddle/__init__.py",
        "random",
    )


def test_what_is_imported_when_it_is_used_is_seen_but_not_in_the_way(
    site: Path, folder: Path
) -> None:
    (folder / "charts.py").touch()
    entry = look(site)["charts"]
    assert entry["owner"] == "charts"
    assert entry["imported_by"]["at_import"] is False
    assert in_the_way(site) == []


def test_what_paddle_does_not_use_is_seen_but_not_in_the_way(site: Path, folder: Path) -> None:
    (folder / "pastel.py").touch()
    assert look(site)["pastel"]["imported_by"] is None
    assert in_the_way(site) == []


def test_an_optional_module_that_is_not_installed(site: Path, folder: Path) -> None:
    (folder / "dl.py").touch()
    entry = look(site)["dl"]
    assert (entry["owner"], entry["imported_by"]["file"]) == ("", "paddle/optional.py")
    assert in_the_way(site) == []


def test_folders_of_pythonpath_count_too(
    site: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "mine"
    library.mkdir()
    (library / "random.py").touch()
    (library / "helpers.py").touch()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(library), str(tmp_path / "gone"), ""]))
    (entry,) = look(site).values()
    assert (entry["module"], entry["where"]) == ("random", "PYTHONPATH")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[project]\nname = "Typing.Extensions"\n'),
        ("setup.cfg", "[metadata]\nname = typing_extensions\n"),
        ("setup.py", "from setuptools import setup\nsetup(name='typing-extensions')\n"),
    ],
)
def test_the_source_of_the_thing_itself_hides_nothing(
    site: Path, folder: Path, file: str, text: str
) -> None:
    (folder / "typing_extensions.py").touch()
    (folder / file).write_text(text, "utf-8")
    assert look(site) == {}
    (folder / file).write_text(text.replace("xtensions", "xamples"), "utf-8")
    assert set(look(site)) == {"typing_extensions"}, "a project of another name"


def test_a_source_without_its_compiled_parts_does_hide(site: Path, folder: Path) -> None:
    install(site, "fast", files={"fast/__init__.py": b"", "fast/core.so": b"x"})
    (folder / "fast").mkdir()
    (folder / "fast/__init__.py").touch()
    (folder / "pyproject.toml").write_text('name = "fast"\n', "utf-8")
    assert set(look(site)) == {"fast"}
    (folder / "fast/core.so").touch()
    assert look(site) == {}, "built in place"


def test_a_folder_that_was_deleted_hides_nothing(site: Path, folder: Path) -> None:
    folder.rmdir()
    assert look(site) == {}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (b"import a, b.c as d\nfrom e.f import g\n", {"a", "b", "e"}),
        (b"from . import x\nfrom .y import z\n", {""}),
        (b"if True: import a\ntry:\n\timport b # c\nexcept E: import d; import e\n", set("abde")),
        (b"important = 1\nreimport = 2\n", set()),
    ],
)
def test_names_of_imports_are_read_fast(source: bytes, names: set[str]) -> None:
    assert {name for name in imported_names(source) if name} == names - {""}


def test_where_nothing_hides_no_source_is_read(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    read: list[str] = []
    content = sources_probe.content_of

    def noted(path: str) -> bytes:
        read.append(path)
        return content(path)

    monkeypatch.setattr(sources_probe, "content_of", noted)
    assert probe.hiding(["", str(site)])["hiding"] == []
    assert read == []
    Path("random.py").touch()
    assert probe.hiding(["", str(site)])["hiding"]
    assert read
