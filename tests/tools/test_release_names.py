"""The tool reads names from sources that it never runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from environment.local_index import LocalIndex
from names_of_release import names_of_release
from package_index import Published
from packaging.version import Version
from pythons_of_release import bounds, widest
from release_names import lines_of, pythons_of

REPO = Path(__file__).parents[2]


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


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from os import \\\n    path, \\\n    sep\n", {"path", "sep"}),
        ("x = y = z = 1\nif x == y:\n    pass\n", {"x", "y", "z"}),
        ("(a, b) = 1, 2\nc, = [3]\n", {"a", "b", "c"}),
        ("a = 1\nb = 2\ndel a\n", {"b"}),
        ("from os import (  # (as before)\n    path,\n    sep,\n)\n", {"path", "sep"}),
        ("if a:\n    try:\n        import x\n    except E: x = None\nelse: y = 1\n", {"x", "y"}),
        ("try:\n    a = call(\n        b=1,\n    )\n    def f():\n        c = 1\n    d = 1\n"
         "finally:\n    pass\n", {"a", "f", "d"}),
        ("a: int\nhttps://x\nelse: 1\n", set()),
        ("class A:\n    for name in names:\n        locals()[name] = 1\n", {"A"}),
        ("if TYPE_CHECKING:\n    from x import y\n    Z = 1\nw = 1\n", {"w"}),
        (
            "__getattr__, __dir__, __all__ = _attach(\n    __name__,\n    submod_attrs={'io': [\n"
            "        'load',\n    ]},\n)\n",
            {"__getattr__", "__dir__", "__all__", "io", "load"},
        ),
        ("_import_structure = {'io': ['load']}\nif TYPE_CHECKING:\n    from io import save\n"
         "    from io import *\n", {"_import_structure", "io", "load", "save"}),
    ],
)  # fmt: skip
def test_names_are_bound_in_many_ways(tmp_path: Path, source: str, names: set[str]) -> None:
    assert set(release(tmp_path, __init__=source)["alpha"] or ()) == names


@pytest.mark.parametrize(
    "source",
    [
        "for name in names:\n    globals()[name] = 1\n",
        "for name in names:\n    setattr(module, name, 1)\n",
        "sys.modules[__name__] = Other()\n",
        "from .absent import *\n",
        "__getattr__ = made(__name__)\n",
        "def make():\n    into = globals()\n",
        "for name in names:\n    locals()[name] = 1\n",
    ],
)
def test_of_names_that_are_made_nothing_is_said(tmp_path: Path, source: str) -> None:
    assert release(tmp_path, __init__=source)["alpha"] is None


def test_a_stub_tells_of_names_that_no_line_of_the_source_shows(tmp_path: Path) -> None:
    stub = tmp_path / "alpha" / "__init__.pyi"
    stub.parent.mkdir()
    stub.write_text("from typing import Any\nfrom .io import load as load\nx: int\n", "utf-8")
    found = release(tmp_path, __init__="def __getattr__(name): ...\n", io="load = 1\n")
    assert found["alpha"] == ["__getattr__", "io", "load", "x"]
    assert release(tmp_path, __init__="y = 1\n")["alpha"] == ["io", "y"]  # nobody needs the stub


def test_what_a_star_brings_is_known_by_the_list_alone(tmp_path: Path) -> None:
    found = release(
        tmp_path,
        __init__="from .one import *\n",
        one="from . import two\n__all__ = ['a'] + two.__all__\na = b = 1\n",
        two="__all__ = ['c']\nc = d = 1\n",
    )
    assert found["alpha"] == ["a", "c", "one", "two"]
    made = release(tmp_path, one="from two import a as _a, b\n__all__ = made(_a)\n")["alpha"]
    assert made == ["b", "one", "two"]  # more than there is, rather than less
    unknown = "from .absent import *\n__all__ = []\nextend_all(two)\n"
    assert release(tmp_path, one=unknown)["alpha"] is None


def test_the_table_holds_what_came_and_what_left(tmp_path: Path) -> None:
    for version, names in (("1.0", ["a", "b"]), ("1.1", ["a", "b", "c"]), ("2.0", ["a", "c"])):
        file = tmp_path / "alpha" / f"{version}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"alpha": names}), "utf-8")
    assert lines_of("alpha", tmp_path) == ["=alpha 1.0 1.1 2.0", "alpha\t0-1\tb", "alpha\t1-2\tc"]


def told(work: Path, *releases: dict[str, list[str] | None]) -> list[str]:
    (work / "alpha").mkdir(exist_ok=True)
    for number, names in enumerate(releases):
        (work / "alpha" / f"1.{number}.json").write_text(json.dumps(names), "utf-8")
    return lines_of("alpha", work)[1:]


def test_where_nothing_is_known_before_a_name_is_gone_the_table_says_so(tmp_path: Path) -> None:
    lines = told(
        tmp_path,
        {"alpha": ["a"]},
        {"alpha": ["a"]},
        {"alpha": None},
        {"alpha": None},
        {"alpha": []},
    )
    assert lines == ["alpha\t0-1?3\ta"]


def test_a_name_is_not_gone_where_its_module_only_became_unknown(tmp_path: Path) -> None:
    assert told(tmp_path, {"alpha": []}, {"alpha": ["a"]}, {"alpha": None}) == ["alpha\t1-2\ta"]


def test_a_name_does_not_come_before_its_module(tmp_path: Path) -> None:
    lines = told(tmp_path, {"a": []}, {"a": [], "a.b": None}, {"a": [], "a.b": ["x"]},
                 {"a": [], "a.b": []})  # fmt: skip
    assert lines == ["a.b\t1-3", "a.b\t1-2\tx"]


def test_a_function_that_became_a_module_did_not_come_then(tmp_path: Path) -> None:
    lines = told(tmp_path, {"a": ["main"]}, {"a": ["main"], "a.main": []})
    assert lines == ["a\t0-1\tmain", "a.main\t1"]


def test_a_module_is_not_told_twice(tmp_path: Path) -> None:
    assert told(tmp_path, {"a": []}, {"a": ["b"], "a.b": []}) == ["a.b\t1"]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalIndex]:
    """The index that pip is configured for."""
    made = LocalIndex()
    made.use(monkeypatch, str(tmp_path / "cache"))
    yield made
    made.close()


_READ = (
    "import sys; from pathlib import Path; from package_index import configured_index\n"
    "from release_names import read_package\n"
    "with configured_index() as index: read_package('alpha', Path(sys.argv[1]), index)"
)


def table(work: Path) -> list[str]:
    # In a process of its own: whoever imports pip keeps setuptools from replacing distutils.
    path = os.pathsep.join([str(REPO), str(REPO / "tools")])
    environ = {**os.environ, "PYTHONPATH": path}
    subprocess.run([sys.executable, "-c", _READ, str(work)], check=True, env=environ)
    return lines_of("alpha", work)


def test_whoever_imports_the_tool_has_not_imported_pip() -> None:
    code = "import sys, release_names; sys.exit('pip' in sys.modules)"
    path = os.pathsep.join([str(REPO), str(REPO / "tools")])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path})


def test_a_release_without_a_wheel_is_read_from_its_sources(
    index: LocalIndex, tmp_path: Path
) -> None:
    index.add_sources("alpha", "1.0", {"alpha/__init__.py": "def left(): ...\n", "setup.py": "1/0"})
    index.add("alpha", "2.0", modules={"alpha/__init__.py": "x = 1\n"})
    index.add_sources("alpha", "2.0", {"alpha/__init__.py": "never = 1\n"})
    assert table(tmp_path) == ["=alpha 1.0 2.0", "alpha\t0\tleft", "alpha\t1\tx"]


def test_what_is_compiled_is_not_said_to_have_come_with_the_first_wheel(
    index: LocalIndex, tmp_path: Path
) -> None:
    index.add_sources("alpha", "1.0", {"alpha/__init__.py": "x = 1\n", "alpha/fast.c": ""})
    modules = {"alpha/__init__.py": "x = 1\n", "alpha/fast.cp311-win_amd64.pyd": ""}
    index.add("alpha", "1.1", modules=modules, tag="cp311-cp311-win_amd64")
    assert table(tmp_path) == ["=alpha 1.0 1.1><3.12"]


def test_the_pythons_of_a_minor_version_stand_where_they_change(
    index: LocalIndex, tmp_path: Path
) -> None:
    source = {"alpha.py": "x = 1\n"}
    for version, python in (
        ("1.0", ">=3.6"), ("1.1", ">=3.6"), ("1.2", ">=3.7,<3.10"), ("1.2.1", ">=3.7,<3.11"),
        ("2.0", ""),
    ):  # fmt: skip
        index.add("alpha", version, modules=source, python=python)
    assert table(tmp_path) == ["=alpha 1.0>3.6 1.1 1.2>3.7<3.11 2.0>"]


def test_a_wheel_for_linux_goes_before_others_and_one_for_python_2_is_none(
    index: LocalIndex, tmp_path: Path
) -> None:
    for tag, name in (
        ("cp311-cp311-win_amd64", "win"),
        ("cp39-cp39-manylinux_2_17_x86_64", "linux"),
        ("cp27-cp27mu-manylinux1_x86_64", "two"),
    ):
        index.add("alpha", "1.0", modules={"alpha.py": f"{name} = 1\n"}, tag=tag)
    index.add("alpha", "1.1", modules={"alpha.py": "x = 1\n"})
    index.add("alpha", "1.2", modules={"alpha.py": "x = two = 1\n"}, tag="py2-none-any")
    lines = ["=alpha 1.0><3.12 1.1>", "alpha\t0\tlinux", "alpha\t1\tx"]
    assert table(tmp_path) == lines


@pytest.mark.parametrize(
    ("requires", "short"),
    [
        (">=3.7.1,<3.11", "3.7<3.11"),
        (">=2.7, !=3.0.*, !=3.1.*, !=3.2.*", "3.3"),
        (">=3.6.*", "3.6"),
        ("~=3.6", "3.6"),
        ("<3.13", "<3.13"),
        ("<=3.12", "<3.13"),
        (">=3", ""),
        ("", ""),
        ("<3", ""),
        ("whatever", ""),
    ],
)
def test_what_is_required_of_pythons_is_written_short(requires: str, short: str) -> None:
    assert bounds(requires) == short


@pytest.mark.parametrize(
    ("several", "whole"),
    [
        (["3.7<3.10", "3.8<3.11"], "3.7<3.11"),
        (["3.7<3.10", "3.8"], "3.7"),
        (["", "3.8<3.11"], ""),
        ([], ""),
    ],
)
def test_of_several_files_all_their_pythons_count(several: list[str], whole: str) -> None:
    assert widest(several) == whole


def of(version: str, newest: int | None, *, wheel: bool = True) -> Published:
    name = f"alpha-{version}-cp311-cp311-any.whl" if wheel else f"alpha-{version}.tar.gz"
    return Published(name, Version(version), ">=3.8", (0, 0), cast(Any, None), newest)


@pytest.mark.parametrize(
    ("files", "compiled", "pythons"),
    [
        ([of("1.0", 10), of("1.0", 11)], False, "3.8<3.12"),  # there is nothing else
        ([of("1.0", 11), of("1.0", None, wheel=False)], False, "3.8"),
        ([of("1.0", 11), of("1.0", None, wheel=False)], True, "3.8<3.12"),
        ([of("1.0", 11), of("1.0", None)], True, "3.8"),  # a wheel that newer ones take, too
        ([of("1.0", None, wheel=False)], True, "3.8"),
    ],
)
def test_a_python_without_a_wheel_is_one_that_is_refused_where_nobody_builds(
    files: list[Published], compiled: bool, pythons: str
) -> None:
    assert pythons_of(files, compiled=compiled) == pythons


@pytest.mark.parametrize(
    ("tag", "table_line"),
    [
        ("cp38-abi3-manylinux_2_17_x86_64", "=alpha 1.0 1.1"),
        ("cp38-cp38-manylinux_2_17_x86_64", "=alpha 1.0><3.9 1.1>"),
        ("py3-none-manylinux_2_17_x86_64", "=alpha 1.0 1.1"),
    ],
)
def test_the_tag_of_a_wheel_says_for_which_pythons_it_is(
    index: LocalIndex, tmp_path: Path, tag: str, table_line: str
) -> None:
    index.add("alpha", "1.0", tag=tag)
    index.add("alpha", "1.1")
    assert table(tmp_path) == [table_line]
