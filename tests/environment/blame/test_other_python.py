"""Where no release that has a name is for the Python of the text, no upgrade is told."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import explain, release_names
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.release_names import history

LINUX: dict[str, Any] = {"platform": {"system": "Linux"}, "packages": {"pip": "25.0"}}
WINDOWS: dict[str, Any] = {"platform": {"system": "Windows"}, "packages": {"pip": "25.0"}}
SITE = "/env/lib/python{python}/site-packages"
TABLE = (
    "=omega 1.0>3.5 1.1 1.2>3.7<3.11 2.0>3.9 2.1\n"
    "omega\t0-2\told_way\n"
    "omega\t2-3\tpassing\n"
    "omega.typing\t2-4\n"
    "=skips 1.0>3.6 1.1 1.4>3.8 1.5>3.8<3.12\n"
    "skips\t2-3\tlate\n"
    "=omega-server 1.0 1.1>3.9 1.2 1.3\n"
    "omegaserver\t1-3\tserve\n"
    "omegaserver\t0-3\tmain\n"
    "omegaserver\t0?2\tmade\n"
    "omegaserver.main\t1-3\n"
)


@pytest.fixture(autouse=True)
def made_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(TABLE, tmp_path / "names.txt.gz", monkeypatch)


def use(table: str, file: Path, patch: pytest.MonkeyPatch) -> None:
    file.write_bytes(gzip.compress(table.encode()))
    patch.setattr(release_names, "TABLE", file)


def told(text: str, facts: dict[str, Any] = LINUX) -> Finding:
    found = explain(text, facts, facts_join=False).findings
    return next(one for one in found if one.id == "name-of-other-release")


def asked_by_alpha(python: str, line: str, error: str) -> str:
    site = SITE.format(python=python)
    return (
        "Traceback (most recent call last):\n"
        f'  File "{site}/alpha/core.py", line 3, in <module>\n    {line}\n{error}'
    )


def lost(python: str) -> str:
    return asked_by_alpha(
        python,
        "from omega import old_way",
        "ImportError: cannot import name 'old_way' from 'omega' "
        f"({SITE.format(python=python)}/omega/__init__.py)",
    )


def absent(python: str) -> str:
    return asked_by_alpha(
        python, "import omega.typing", "ModuleNotFoundError: No module named 'omega.typing'"
    )


@pytest.mark.parametrize(
    ("module", "name", "python", "fits"),
    [
        ("omega.typing", "", "3.6", False),
        ("omega.typing", "", "3.7", True),
        ("omega.typing", "", "3.13", True),  # by 2.0, which says nothing against it
        ("omega", "old_way", "3.12", True),  # 1.0 excludes no newer Python
        ("omega", "passing", "3.6", False),
        ("omega", "passing", "", None),
        ("omega", "passing", "2.7", None),
        ("skips", "late", "3.7", True),  # it may have come in 1.2, which was not looked at
        ("skips", "late", "3.5", False),
        ("skips", "late", "3.14", True),  # a release after the newest may be for it
    ],
)
def test_a_python_is_refused_only_where_every_release_that_has_the_name_refuses_it(
    module: str, name: str, python: str, fits: bool | None
) -> None:
    known = history(module, name)
    assert known is not None
    assert known.fits(python) is fits


@pytest.mark.parametrize(("python", "nearest"), [("3.6", "3.7"), ("3.5", "3.7"), ("3.9", "3.9")])
def test_the_least_python_is_named(python: str, nearest: str) -> None:
    known = history("omega", "passing")
    assert known is not None
    assert known.nearest(python) == nearest


def test_of_an_old_python_the_way_is_an_environment_with_a_newer_one() -> None:
    first = told(absent("3.6"), {**LINUX, "packages": {"pip": "21.0", "alpha": "5.0"}})
    assert "no release that has it is for Python 3.6" in first.title.in_language("en")
    assert "3.7 or newer" in first.fix.in_language("en")
    assert "3.7 或更新" in first.fix.in_language("zh")
    assert first.commands == (
        "uv venv --python 3.11 .venv-omega",
        'uv pip install --python .venv-omega/bin/python "omega>=1.2" alpha',
    )
    conda, older = first.alternatives
    assert conda.commands[0].startswith("conda create -y -n omega-311 python=3.11 && ")
    assert older.commands == ('python -m pip install "alpha<5.0"',)


def test_of_a_python_that_fits_the_way_is_the_upgrade() -> None:
    assert told(absent("3.8")).commands == ('python -m pip install "omega>=1.2"',)


def test_where_no_python_is_told_the_way_is_the_upgrade() -> None:
    text = "ModuleNotFoundError: No module named 'omega.typing'"
    assert told(text).commands == ('python -m pip install "omega>=1.2"',)


@pytest.mark.parametrize("where", ["C:\\Python36\\lib", "D:\\py\\Python36-32\\Lib"])
def test_the_python_stands_in_a_folder_of_windows_too(where: str) -> None:
    text = (
        f'  File "{where}\\site-packages\\alpha\\core.py", line 3, in <module>\n'
        "    import omega.typing\nModuleNotFoundError: No module named 'omega.typing'"
    )
    first = told(text, WINDOWS)
    assert "Python 3.6" in first.title.in_language("en")
    assert ".venv-omega\\Scripts\\python.exe" in first.commands[1]


def test_a_python_too_old_for_what_came_and_went_is_no_reason_to_go_back() -> None:
    text = "Python 3.6.9\nAttributeError: module 'omega' has no attribute 'passing'"
    first = told(text)
    assert "came with omega 1.2" in first.title.in_language("en")
    assert first.commands[0] == "uv venv --python 3.11 .venv-omega"


@pytest.fixture
def closed_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All releases that have ``old_way`` say which Pythons are too new."""
    table = TABLE.replace("=omega 1.0>3.5 1.1 1.2>", "=omega 1.0>3.5<3.9 1.1 1.2>")
    use(table, tmp_path / "closed.txt.gz", monkeypatch)


@pytest.mark.usefixtures("closed_ends")
def test_where_the_older_release_is_for_older_pythons_what_asks_is_to_be_newer() -> None:
    first = told(lost("3.12"))
    assert "left omega in 2.0" in first.title.in_language("en")
    assert first.commands == ("python -m pip install -U alpha",)
    assert "Python 3.12" in first.fix.in_language("en")
    assert first.alternatives[0].commands[0] == "uv venv --python 3.10 .venv-omega"
    assert '"omega<2.0"' in first.alternatives[0].commands[1]
    assert not any("pip install" in one and "omega<" in one for one in first.commands)


@pytest.mark.usefixtures("closed_ends")
def test_where_a_person_asks_the_code_is_to_be_newer_or_the_python_older() -> None:
    text = "Python 3.12.1\nAttributeError: module 'omega' has no attribute 'old_way'"
    first = told(text)
    assert "write the code for the installed release" in first.fix.in_language("en")
    assert "3.10 or older" in first.fix.in_language("en")
    assert first.commands[0] == "uv venv --python 3.10 .venv-omega"


@pytest.mark.usefixtures("closed_ends")
def test_where_the_older_release_is_for_this_python_it_is_installed_as_before() -> None:
    first = told(lost("3.10"))
    assert first.commands == ('python -m pip install "omega<2.0"',)
    assert first.alternatives[0].commands == ("python -m pip install -U alpha",)


def test_a_package_is_found_by_its_module_alone() -> None:
    known = history("omegaserver", "serve")
    assert known is not None
    assert known.package == "omega-server"
    assert history("omegas", "serve") is None


def test_a_name_that_all_releases_have_is_not_told_by_the_module_of_its_name() -> None:
    assert history("omegaserver", "main") is None
    assert history("omegaserver.main") is not None


@pytest.mark.parametrize(
    ("version", "lacks"), [("1.0.9", False), ("1.1", None), ("1.2", None), ("1.3", True)]
)
def test_of_releases_of_which_nothing_is_known_nothing_is_said(
    version: str, lacks: bool | None
) -> None:
    known = history("omegaserver", "made")
    assert known is not None
    assert known.lacks(version) is lacks
    assert known.requirement == "omega-server<1.1"
