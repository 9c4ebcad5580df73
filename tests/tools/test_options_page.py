"""The documentation of the options is what the declarations say."""

from __future__ import annotations

from pathlib import Path

import options_page
import pytest


def test_the_pages_are_current() -> None:
    for path, text in options_page.pages().items():
        assert path.read_text(encoding="utf-8") == text, "python tools/options_page.py"


def test_a_page_that_is_not_current_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(options_page, "DOCS", tmp_path)
    monkeypatch.setattr("sys.argv", ["options_page.py", "--check"])
    assert options_page.main() == 1
    assert "options.zh.md is not current" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["options_page.py"])
    assert options_page.main() == 0 and (tmp_path / "options.md").is_file()
