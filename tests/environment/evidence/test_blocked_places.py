"""Folders that cannot be written to: what is wrong with them, and the exact way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import all_findings
from paddle_lab.environment.concerns import concerning
from paddle_lab.environment.evidence import evidence_findings
from paddle_lab.environment.probes.runtime import process
from paddle_lab.environment.probes.storage import storage


def place(path: str, **more: Any) -> dict[str, Any]:
    whole = {"exists": True, "folder": True, "writable": True, "mine": True, "free_mb": 9000}
    return {"path": path, **whole, "read_only": False, **more}


def facts(name: str = "home", **more: Any) -> dict[str, Any]:
    places = {"working": "/nb", "home": "~", "temporary": "/tmp", "cache": "~/.cache"}
    sheet = {key: place(path) for key, path in places.items()}
    sheet["paddlenlp_cache"] = place("~/.paddlenlp")
    sheet[name] = {**sheet[name], **more}
    return {"storage": sheet, "platform": {"system": "Linux"}}


def test_folders_that_can_be_used_are_no_finding() -> None:
    assert evidence_findings(facts()) == []


@pytest.mark.parametrize(
    ("name", "fault", "words", "command"),
    [
        (
            "paddlenlp_cache",
            {"folder": False},
            "a file stands",
            "mv -n ~/.paddlenlp ~/.paddlenlp.old",
        ),
        (
            "cache",
            {"writable": False, "mine": False},
            "may not be written",
            'sudo chown -R "$(id -u):$(id -g)" ~/.cache',
        ),
        ("cache", {"writable": False}, "may not be written", "chmod u+rwx ~/.cache"),
        (
            "cache",
            {"writable": False, "exists": False, "free_mb": None},
            "does not exist and cannot be made",
            "mkdir -p /nb/.home && export HOME=/nb/.home",  # Paddle does not ask XDG_CACHE_HOME
        ),
        (
            "paddlenlp_cache",
            {"writable": False, "read_only": True},
            "read-only",
            "mkdir -p /nb/.paddlenlp_cache && export PPNLP_HOME=/nb/.paddlenlp_cache",
        ),
        (
            "temporary",
            {"free_mb": 0},
            "0 MB are free",
            "mkdir -p /nb/.temporary && export TMPDIR=/nb/.temporary",
        ),
    ],
    ids=["a file", "another user's", "without rights", "absent", "read-only", "full"],
)
def test_what_is_wrong_is_said_and_mended(
    name: str, fault: dict[str, Any], words: str, command: str
) -> None:
    (found,) = evidence_findings(facts(name, **fault))
    assert found.severity == "error"
    assert words in found.title.in_language("en")
    assert str(facts()["storage"][name]["path"]) in found.title.in_language("zh")
    assert found.commands == (command,)


def test_no_rule_says_it_again() -> None:
    found = all_findings(facts("paddlenlp_cache", writable=False))
    assert [finding.id for finding in found if finding.family == "storage"] == ["blocked-place"]


def test_a_working_folder_that_was_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    sheet = {"process": process(), "storage": storage()}
    (found,) = evidence_findings(sheet)
    assert found.id == "working-folder-gone"
    assert "working" not in sheet["storage"]


def test_a_file_in_place_of_a_cache_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".paddlenlp").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PPNLP_HOME", raising=False)
    assert storage()["paddlenlp_cache"]["folder"] is False
    assert storage()["cache"]["folder"] is True


def test_what_lies_in_a_folder_that_is_full_is_not_told_again() -> None:
    sheet = facts("cache", free_mb=3)
    sheet["storage"]["huggingface_cache"] = place("~/.cache/huggingface", free_mb=3)
    (found,) = evidence_findings(sheet)
    assert "~/.cache: it is full (3 MB are free)" in found.title.in_language("en")
    assert found.commands == ("mkdir -p /nb/.home && export HOME=/nb/.home",)


@pytest.mark.parametrize("text", ["OSError: [Errno 28] No space left on device", "'~/.cache/x'"])
def test_a_full_place_is_what_an_error_of_the_disk_means(text: str) -> None:
    (found,) = concerning(evidence_findings(facts("cache", free_mb=3)), text)
    assert found.commands == ("mkdir -p /nb/.home && export HOME=/nb/.home",)


def test_a_full_place_is_not_what_another_error_means() -> None:
    shown = evidence_findings(facts("cache", free_mb=3))
    assert concerning(shown, "KeyError: 'label' in ~/project/train.py") == []
