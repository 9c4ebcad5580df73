"""Damaged files become findings that name package, version and file, and the exact fix."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from environment.made_site import install

from paddle_lab.environment import all_findings, summary
from paddle_lab.environment.evidence import evidence_findings
from paddle_lab.environment.page import html_page, text_page
from paddle_lab.environment.probes.files import files
from paddle_lab.environment.probes.packages import versions
from paddle_lab.environment.probes.requires import requirements


@pytest.fixture
def site(tmp_path: Path) -> Path:
    source = {"paddlenlp/__init__.py": b"", "paddlenlp/ernie/modeling.py": b"class Ernie: ...\n"}
    install(tmp_path, "paddlenlp", "3.0.0b4", source, requires=["jieba"])
    install(tmp_path, "jieba", "0.42.1", {"jieba/__init__.py": b"x = 1\n", "jieba/a.py": b""})
    install(tmp_path, "pastel", "0.2.1", {"pastel/__init__.py": b"x = 1\n", "pastel/a.py": b""})
    return tmp_path


def facts(site: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(site)])
        return {
            "packages": versions(),
            "requirements": requirements(),
            "files": files(),
            "python": {"executable": "/env/bin/python"},
        }


def test_nothing_is_found_where_nothing_is_broken(site: Path) -> None:
    assert evidence_findings(facts(site)) == []


@pytest.mark.parametrize(
    ("path", "package", "severity"),
    [
        ("paddlenlp/ernie/modeling.py", "paddlenlp 3.0.0b4", "error"),
        ("jieba/__init__.py", "jieba 0.42.1", "error"),
        ("pastel/__init__.py", "pastel 0.2.1", "warning"),
    ],
)
def test_it_is_red_when_paddle_needs_the_package(
    site: Path, path: str, package: str, severity: str
) -> None:
    (site / path).write_bytes(b"")
    (found,) = evidence_findings(facts(site))
    assert (found.id, found.severity, found.certainty) == ("damaged-files", severity, "confirmed")
    assert package in found.title.in_language("en")
    assert package in found.title.in_language("zh")
    assert f"{path} is empty" in found.title.in_language("en")
    (line,) = found.evidence
    assert line.startswith(f"{package}: {path} (0 / ")
    name, version = package.split(" ")
    (command,) = found.commands
    assert "--force-reinstall" in command or "--reinstall" in command
    assert "--no-deps" in command
    assert command.split(" ")[-1] == f"{name}=={version}", "exactly this package"


def test_damage_is_an_error_even_where_the_import_succeeds(site: Path) -> None:
    (site / "paddlenlp/ernie/modeling.py").write_bytes(b"")
    sheet = {**facts(site), "imports": {"results": [{"name": "paddlenlp", "ok": True}]}}
    assert evidence_findings(sheet)[0].severity == "error", "it is read when it is first used"
    assert summary(sheet)["light"] == "red"


def test_changed_files_are_a_note_and_only_of_the_stack(site: Path) -> None:
    for path in ("paddlenlp/ernie/modeling.py", "pastel/__init__.py"):
        with open(site / path, "ab") as file:
            file.write(b"# looked at by me\n")
    (found,) = evidence_findings(facts(site))
    assert (found.id, found.severity) == ("changed-files", "note")
    assert [line.split(":")[0] for line in found.evidence] == ["paddlenlp 3.0.0b4"]


def test_all_files_gone_is_said(site: Path) -> None:
    (site / "jieba/__init__.py").unlink()
    (site / "jieba/a.py").unlink()
    (found,) = evidence_findings(facts(site))
    assert "only its metadata are left" in found.title.in_language("en")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_the_files_and_shortens_a_long_list(site: Path, language: str) -> None:
    names = {f"jieba/m{number}.py": b"x = 1\n" for number in range(9)}
    install(site, "jieba", "0.42.1", names)
    for name in names:
        (site / name).write_bytes(b"")
    sheet = facts(site)
    for page in (
        text_page(sheet, all_findings(sheet), language=language),
        html_page(sheet, all_findings(sheet), language=language),
    ):
        assert "jieba/m0.py" in page
        assert "jieba/m7.py" not in page
        assert "jieba 0.42.1: +5" in page
