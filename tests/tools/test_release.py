"""A release: one version everywhere, a dated changelog, archives that the index would accept."""

from __future__ import annotations

import datetime
import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

REPO = Path(__file__).parents[2]
TODAY = datetime.date(2026, 3, 1)


@pytest.fixture(scope="module")
def release() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release", REPO / "tools" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(release: ModuleType, tmp_path: Path) -> Path:
    """The files of this repository that hold the version, and a short changelog."""
    for name in release.PLACES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPO / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0]\n\nFirst.\n",
        encoding="utf-8",
    )
    return tmp_path


def test_this_tree_has_one_version(release: ModuleType) -> None:
    from paddle_lab import __version__

    assert release.agreed_version(REPO) == __version__


def test_a_new_version_is_written_everywhere_and_dated(release: ModuleType, tree: Path) -> None:
    release.bump(tree, "0.2.0rc1", TODAY)
    assert set(release.versions(tree).values()) == {"0.2.0rc1"}
    assert release.agreed_version(tree) == "0.2.0rc1"
    assert (tree / "CHANGELOG.md").read_text("utf-8") == (
        "# Changelog\n\n## [Unreleased]\n\n## [0.2.0rc1] - 2026-03-01\n\n### Added\n\n"
        "- A thing.\n\n## [0.1.0]\n\nFirst.\n"
    )


def test_what_was_released_has_nothing_new(release: ModuleType, tree: Path) -> None:
    release.bump(tree, "0.2.0", TODAY)
    with pytest.raises(release.ReleaseError, match="nothing under Unreleased"):
        release.bump(tree, "0.3.0", TODAY)
    with pytest.raises(release.ReleaseError, match=r"already has 0\.2\.0"):
        release.bump(tree, "0.2.0", TODAY)


@pytest.mark.parametrize("version", ["", "1", "v1.0.0", "1.0.0-beta", "1.0.0\n"])
def test_what_is_no_version_changes_nothing(release: ModuleType, tree: Path, version: str) -> None:
    with pytest.raises(release.ReleaseError, match="is not a version"):
        release.bump(tree, version, TODAY)
    assert release.agreed_version(tree) == release.agreed_version(REPO)


def test_versions_that_differ_are_named(release: ModuleType, tree: Path) -> None:
    path = tree / "CITATION.cff"
    path.write_text(path.read_text("utf-8").replace("version: 0", "version: 9"), encoding="utf-8")
    with pytest.raises(release.ReleaseError, match=r"9\.\d+\.\d+ in CITATION\.cff"):
        release.agreed_version(tree)


def test_a_version_that_the_changelog_does_not_know(release: ModuleType, tree: Path) -> None:
    (tree / "CHANGELOG.md").write_text("# Changelog\n", encoding="utf-8")
    with pytest.raises(release.ReleaseError, match="no heading for"):
        release.agreed_version(tree)
