"""Sources of a release are laid out as an installation would have them, and nothing is run."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from release_sources import unpack_sources, unpack_wheel

Unpack = Callable[..., set[str]]


@pytest.fixture
def unpack(tmp_path: Path) -> Unpack:
    """Unpacks an archive that has these files; the paths that are then there."""

    def work(**files: str) -> set[str]:
        archive = tmp_path / "alpha-1.0.tar.gz"
        with tarfile.open(archive, "w:gz") as packed:
            for name, text in files.items():
                info = tarfile.TarInfo(f"alpha-1.0/{name}")
                info.size = len(text)
                packed.addfile(info, io.BytesIO(text.encode()))
        unpack_sources(archive, tmp_path / "modules", "alpha")
        return paths(tmp_path / "modules")

    return work


def paths(folder: Path) -> set[str]:
    return {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}


@pytest.mark.parametrize(
    ("files", "installed"),
    [
        ({"src/alpha/__init__.py": "", "setup.py": "1/0", "tests/__init__.py": ""}, True),
        ({"alpha/__init__.py": "", "docs/__init__.py": "", "test_all/__init__.py": ""}, True),
        ({"lib/alpha/__init__.py": "", "lib3/alpha/__init__.py": "x = 1"}, True),
        ({"deep/er/alpha/__init__.py": "", "alpha.egg-info/top_level.txt": "alpha\n"}, True),
        ({"setup.py": "", "noxfile.py": ""}, False),
    ],
)
def test_packages_are_found_where_projects_keep_them(
    unpack: Unpack, files: dict[str, str], installed: bool
) -> None:
    assert unpack(**files) == ({"alpha/__init__.py"} if installed else set())


def test_the_sources_for_python_3_go_before_those_for_2(unpack: Unpack, tmp_path: Path) -> None:
    unpack(**{"lib/alpha/__init__.py": "two", "lib3/alpha/__init__.py": "three"})
    assert (tmp_path / "modules/alpha/__init__.py").read_text() == "three"


def test_what_the_archive_names_is_installed_and_nothing_else(unpack: Unpack) -> None:
    found = unpack(
        **{
            "alpha.egg-info/top_level.txt": "_alpha\nbeta\nspace\n",
            "_alpha.pyx": "cdef int x",
            "beta.py": "",
            "gamma/__init__.py": "",
            "space/inner/__init__.py": "",
        }
    )
    assert found == {"_alpha.pyx", "beta.py", "space/inner/__init__.py"}


def test_a_module_alone_is_known_by_the_name_of_the_project(unpack: Unpack) -> None:
    assert unpack(**{"alpha.py": "", "helper.py": ""}) == {"alpha.py"}


def test_no_path_leads_out_of_the_folder(unpack: Unpack, tmp_path: Path) -> None:
    unpack(**{"alpha.egg-info/top_level.txt": "..", "../evil.py": "", "src/../../evil.py": ""})
    assert not (tmp_path / "evil.py").exists()


def test_of_a_wheel_modules_are_read_and_compiled_ones_only_noted(tmp_path: Path) -> None:
    file = tmp_path / "alpha-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("alpha/__init__.py", "x = 1")
        archive.writestr("alpha/fast.cp36-win_amd64.pyd", "MZ")
        archive.writestr("alpha/slow.pyx", "")
        archive.writestr("alpha-1.0.data/purelib/beta.py", "y = 1")
        archive.writestr("../evil.py", "")
    unpack_wheel(file, tmp_path / "modules")
    assert paths(tmp_path / "modules") == {
        "alpha/__init__.py",
        "alpha/fast.cp36-win_amd64.pyd",
        "beta.py",
    }
    assert (tmp_path / "modules/alpha/fast.cp36-win_amd64.pyd").read_bytes() == b""
