"""Installed files against their records: damage is named exactly, and nothing else is."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from environment.made_site import elf, install

from paddle_lab.environment.probes.files import files

SOURCE = b"def model():\n    return {\n        'layers': 12,\n    }\n" * 20


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site-packages"
    install(
        folder,
        "alpha",
        "2.1",
        {
            "alpha/__init__.py": b"",
            "alpha/deep/model.py": SOURCE,
            "alpha/core.so": elf(),
            "alpha/data, and more.json": b'{"a": 1}',
            "alpha/model.pyi": b"def model(): ...",
            "alpha/tests/test_model.py": b"import alpha\n",
            "alpha-2.1.data/README.md": b"read me",
        },
    )
    install(folder, "beta", files={"beta.py": b"import alpha\n"})
    monkeypatch.setattr(sys, "path", [str(folder)])
    return folder


def damage(name: str = "alpha") -> dict[str, str]:
    found: dict[str, Any] = files()["damaged"]
    return {file["path"]: file["state"] for file in found.get(name, {}).get("files", [])}


def test_a_whole_installation_has_no_damage(site: Path) -> None:
    found = files()
    assert found["damaged"] == found["changed"] == {}
    assert found["overlaps"] == []
    assert found["distributions"] == 2
    assert found["complete"]


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("path", "content", "state"),
    [
        ("alpha/deep/model.py", None, "missing"),
        ("alpha/deep/model.py", b"", "empty"),
        ("alpha/deep/model.py", SOURCE[:530], "cut off"),
        ("alpha/deep/model.py", SOURCE[: -len("\n    }\n") + 3], "cut off"),
        ("alpha/deep/model.py", SOURCE + b"\0" * 512, "not Python"),
        ("alpha/deep/model.py", b"value = 1", "cut off"),
        ("alpha/core.so", None, "missing"),
        ("alpha/core.so", b"", "empty"),
        ("alpha/core.so", elf()[:3000], "cut off"),
        ("alpha/core.so", elf()[:40], "cut off"),
        ("alpha/core.so", b"version https://example.invalid/pointer\n", "cut off"),
        ("alpha/data, and more.json", None, "missing"),
        ("alpha/data, and more.json", b"", "empty"),
        ("alpha-2.1.dist-info/METADATA", b"", "empty"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_damage_is_named_with_its_kind(
    site: Path, path: str, content: bytes | None, state: str
) -> None:
    (site / path).unlink() if content is None else write(site / path, content)
    assert damage() == {path: state}
    told = files()["damaged"]["alpha"]
    assert (told["version"], told["count"], told["of"]) == ("2.1", 1, 7)
    assert told["files"][0]["size"] == (None if content is None else len(content))
    assert damage("beta") == {}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("alpha/deep/model.py", SOURCE + b"# my own line\n"),
        ("alpha/deep/model.py", b"def model():\n    return 1\n"),
        ("alpha/core.so", elf() + b"signed"),
        ("alpha/core.so", elf(2048)),
    ],
    ids=["longer", "shorter", "signed library", "stripped library"],
)
def test_what_somebody_changed_and_left_whole_is_no_damage(
    site: Path, path: str, content: bytes
) -> None:
    write(site / path, content)
    found = files()
    assert found["damaged"] == {}
    assert [file["path"] for file in found["changed"]["alpha"]["files"]] == [path]


def test_certificates_and_settings_are_there_to_be_changed(site: Path) -> None:
    write(site / "alpha/data, and more.json", b'{"a": 1, "mine": 2}')
    found = files()
    assert found["damaged"] == found["changed"] == {}


@pytest.mark.parametrize(
    "path", ["alpha/model.pyi", "alpha/tests/test_model.py", "alpha-2.1.data/README.md"]
)
def test_slim_images_leave_out_what_nobody_imports(site: Path, path: str) -> None:
    (site / path).unlink()
    found = files()
    assert found["damaged"] == found["changed"] == {}


def test_a_removed_folder_is_counted_and_shortened(site: Path) -> None:
    many = {f"gamma/m{number}.py": b"x = 1\n" for number in range(30)}
    install(site, "gamma", files=many)
    shutil.rmtree(site / "gamma")
    told = files()["damaged"]["gamma"]
    assert told["count"] == 30
    assert len(told["files"]) == 8


def test_links_to_a_cache_that_was_emptied(site: Path, tmp_path: Path) -> None:
    """An installer that links into its cache leaves dangling links when that is cleaned."""
    (site / "beta.py").unlink()
    (site / "beta.py").symlink_to(tmp_path / "cache" / "beta.py")
    assert damage("beta") == {"beta.py": "missing"}


def test_installers_that_leave_no_record_are_passed_over(site: Path) -> None:
    install(site, "system", record=False)
    (site / "old-1.0.egg-info").mkdir()
    (site / "system" / "__init__.py").unlink()
    found = files()
    assert found["without_record"] == 2
    assert found["damaged"] == {}


def test_a_package_without_metadata_is_told(site: Path) -> None:
    for name in ("alone/__init__.py", "data/words.txt", "scripts/tool.py", "__pycache__/x.pyc"):
        (site / name).parent.mkdir()
        (site / name).touch()
    assert files()["unowned"] == ["alone"]


def test_conda_writes_its_own_paths_into_files(site: Path) -> None:
    install(site, "native", files={"native/config.py": b"prefix = '/placeholder'\n"},
            installer="conda")  # fmt: skip
    write(site / "native/config.py", b"prefix = '/opt/conda'\n")
    assert files()["damaged"] == files()["changed"] == {}
    write(site / "native/config.py", b"")
    assert damage("native") == {"native/config.py": "empty"}


def test_development_installs_are_whole(site: Path, tmp_path: Path) -> None:
    source = f"{tmp_path}/checkout\n".encode()
    install(site, "mine", files={"__editable__.mine-1.0.pth": source})
    assert files()["damaged"] == {}


def test_two_distributions_that_share_a_file_are_told(site: Path) -> None:
    both = {"shared/__init__.py": b""}
    install(site, "first", files={**both, "shared/core.py": b"name = 'first'\n"})
    install(site, "second", files={**both, "shared/core.py": b"name = 'second'\n"})
    found = files()
    assert found["damaged"] == found["changed"] == {}, "the file is whole: it is the second's"
    (overlap,) = found["overlaps"]
    assert overlap["names"] == ["first", "second"]
    assert overlap["files"] == [{"path": "shared/core.py", "from": ["second"]}]


def test_records_cannot_lead_out_of_their_folder(site: Path, tmp_path: Path) -> None:
    info = install(site, "odd")
    lines = ["/etc/none,,5", "../../elsewhere.py,,5", "odd/../../x.py,,5", "a\\b.py,,5", "short"]
    with open(info / "RECORD", "a", encoding="utf-8") as file:
        file.write("\n".join(lines))
    assert files()["damaged"] == {}


def test_when_the_time_is_over_it_says_so(site: Path) -> None:
    assert files(budget_s=-1)["complete"] is False


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_closed_file_is_damage(site: Path) -> None:
    write(site / "alpha/core.so", b"other")
    (site / "alpha/core.so").chmod(0)
    assert damage() == {"alpha/core.so": "unreadable"}
