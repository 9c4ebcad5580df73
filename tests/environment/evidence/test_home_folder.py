"""A home folder that cannot be used is named once, with HOME and with the line that mends it."""

from __future__ import annotations

import pwd
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import all_findings, explain
from paddle_lab.environment.evidence import evidence_findings
from paddle_lab.environment.probes.storage import storage
from paddle_lab.paths import cache_dir

MENDED = ("mkdir -p /nb/.home && export HOME=/nb/.home",)
BELOW = {"cache": "~/.cache", "paddlenlp_cache": "~/.paddlenlp"}


def facts(**home: Any) -> dict[str, Any]:
    """A sheet in which nothing below the home folder is there, nor can be made."""
    good = {"exists": True, "folder": True, "writable": True, "mine": True, "read_only": False}
    shut = {**good, "exists": False, "writable": False}
    return {
        "platform": {"system": "Linux"},
        "storage": {
            "working": {"path": "/nb", **good, "free_mb": 9000},
            "home": {"path": "~", **good, "writable": False, "known": True, "named": "", **home},
            **{name: {"path": path, **shut} for name, path in BELOW.items()},
        },
    }


@pytest.mark.parametrize(
    ("home", "title"),
    [
        ({"exists": False, "named": "/nonexistent"}, "HOME is /nonexistent: that folder does not"),
        ({"read_only": True}, "HOME is ~: its file system is read-only"),
        ({"mine": False, "path": "/"}, "HOME is /: it belongs to another user"),
        ({"known": False, "path": ""}, "HOME is not set: the system knows no home folder"),
    ],
    ids=["absent", "read-only", "of another user", "unknown"],
)
def test_one_finding_names_home_and_mends_all_below_it(home: dict[str, Any], title: str) -> None:
    sheet = facts(**home)
    (found,) = evidence_findings(sheet)
    assert title in found.title.in_language("en")
    assert "~/.paddlenlp" in found.cause.in_language("zh")
    assert found.commands == MENDED
    assert [one.id for one in all_findings(sheet) if one.family == "storage"] == ["home-unusable"]


def test_a_home_of_ones_own_that_is_closed_is_opened() -> None:
    (found,) = evidence_findings(facts())
    assert found.commands == ("chmod u+rwx ~",)


def test_a_closed_home_whose_folders_are_there_is_no_finding() -> None:
    sheet = facts(read_only=True)
    for name in BELOW:
        sheet["storage"][name].update(exists=True, writable=True)
    assert evidence_findings(sheet) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no file system of the kernel's")
def test_a_home_that_does_not_exist_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/proc/nobody")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    sheet = {"storage": storage(), "platform": {"system": "Linux"}}
    (found,) = evidence_findings(sheet)
    assert "HOME is /proc/nobody: that folder does not exist" in found.title.in_language("en")
    text = "FileNotFoundError: [Errno 2] No such file or directory: '/proc/nobody'"
    assert explain(text, sheet).findings[0] == found


def test_the_name_of_a_person_is_not_in_the_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/li.wei/gone")
    assert storage()["home"]["named"] == "/home/.../gone"


def test_a_user_whom_the_system_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docker run --user 1234, without HOME."""

    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.delenv("HOME")
    for name in ("XDG_CACHE_HOME", "PADDLE_LAB_CACHE_DIR", "PPNLP_HOME", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.chdir(tmp_path)
    assert cache_dir().is_absolute()
    (found,) = evidence_findings({"storage": storage(), "platform": {"system": "Linux"}})
    assert found.title.in_language("en").startswith("HOME is not set")
    assert found.commands == (f"mkdir -p {tmp_path}/.home && export HOME={tmp_path}/.home",)
