"""What was read from installed files is kept, and forgotten as soon as it may be another."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from environment.made_site import install

from paddle_lab.environment.probes import files as files_probe
from paddle_lab.environment.probes import hiding
from paddle_lab.environment.probes.files import files
from paddle_lab.environment.probes.kept import keep, key_of, recall
from paddle_lab.environment.probes.packages import distributions


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site-packages"
    install(
        folder,
        "paddlenlp",
        files={"paddlenlp/__init__.py": b"import inside\n", "paddlenlp/deep.py": b"value = 1\n"},
    )
    monkeypatch.setattr(sys, "path", [str(folder)])
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    return folder


def looked_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The list that grows whenever the records are read anew."""
    calls: list[str] = []
    real = files_probe.read_record
    monkeypatch.setattr(
        files_probe, "read_record", lambda item: calls.append(item.name) or real(item)
    )
    return calls


def test_records_are_not_read_again_while_nothing_changes(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = files()
    calls = looked_again(monkeypatch)
    assert files() == first
    assert calls == []


def test_a_file_that_is_cut_short_is_seen_though_no_record_changed(site: Path) -> None:
    assert files()["damaged"] == {}
    (site / "paddlenlp" / "deep.py").write_bytes(b"")
    assert files()["damaged"]["paddlenlp"]["files"][0]["state"] == "empty"
    (site / "paddlenlp" / "deep.py").unlink()
    assert files()["damaged"]["paddlenlp"]["files"][0]["state"] == "missing"
    (site / "paddlenlp" / "deep.py").write_bytes(b"value = 1\n")
    assert files()["damaged"] == {}


def test_what_was_looked_into_is_looked_into_again_when_its_time_changes(site: Path) -> None:
    path = site / "paddlenlp" / "deep.py"
    path.write_bytes(b"value = (\n\n")
    assert files()["damaged"]["paddlenlp"]["files"][0]["state"] == "not Python"
    path.write_bytes(b"value = 22\n")  # as long as before
    os.utime(path, ns=(1, 1))
    assert files()["damaged"] == {}
    assert "paddlenlp" in files()["changed"]


def test_a_new_package_beside_the_recorded_ones_is_seen(site: Path) -> None:
    assert files()["unowned"] == []
    (site / "stranger").mkdir()
    (site / "stranger" / "__init__.py").touch()
    assert files()["unowned"] == ["stranger"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"folders": {"a": 1}, "odd": [], "found": {}}']
)
def test_a_damaged_memory_is_no_memory(site: Path, tmp_path: Path, content: str) -> None:
    first = files()
    for path in (tmp_path / "cache" / "probes").iterdir():
        path.write_text(content, "utf-8")
    assert files() == first


def test_a_disk_that_takes_nothing_costs_time_and_nothing_else(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be", "utf-8")
    assert files()["complete"]
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", "/proc/nobody")
    assert files()["complete"]


def test_the_newest_answers_are_kept(tmp_path: Path, site: Path) -> None:
    for number in range(40):
        keep("files", f"{number:032}", {"number": number})
    assert len(list((tmp_path / "cache" / "probes").iterdir())) == 32
    assert recall("files", f"{39:032}") == {"number": 39}
    assert recall("files", "another") is None


def test_the_key_changes_with_a_record(site: Path) -> None:
    before = key_of(list(distributions()))
    record = next(site.glob("*.dist-info/RECORD"))
    record.write_text(record.read_text("utf-8") + "more.py,,\n", "utf-8")
    assert key_of(list(distributions())) != before


def test_no_process_is_started_for_files_that_nothing_imports(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "work"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (here / "training.py").touch()
    asked: list[str] = []

    def noted(module: str, function: str) -> dict[str, object]:
        asked.append(function)
        return hiding.hiding(sys.path)

    monkeypatch.setattr(hiding, "apart", noted)
    nothing = {"hiding": [], "shadows": []}
    assert hiding.hidden() == nothing
    assert asked == ["hiding"]  # the sources had to be read once
    assert hiding.hidden() == nothing
    assert asked == ["hiding"]
    (here / "inside.py").touch()  # nothing installed has it, but paddlenlp tries it
    assert hiding.hidden()["hiding"]
    assert asked == ["hiding", "hiding"]
