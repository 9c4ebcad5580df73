"""Paddle Lab speaks the language that JupyterLab is set to, where nobody chose another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from paddle_lab.i18n import chosen_language, current_language, follow_front_end
from paddle_lab.magics.front_end import front_end_language

SETTINGS = "@jupyterlab/translation-extension/plugin.jupyterlab-settings"
COMMENTED = """{
    // Language
    // @jupyterlab/translation-extension:plugin
    // "locale": "default"
    // ****************

    // Language locale
    "locale": "zh_CN"
}"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """JupyterLab's settings, on a machine whose locale is English."""
    for name in ("PADDLE_LAB_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(tmp_path))
    yield tmp_path
    follow_front_end(None)


def write(folder: Path, content: str) -> None:
    path = folder / SETTINGS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "language"),
    [
        ('{"locale": "zh_CN"}', "zh"),
        ('{"locale":"zh-TW","stringsPrefix":"!!"}', "zh"),
        (COMMENTED, "zh"),
        ('{"locale": "en"}', "en"),
        ('{"locale": "fr_FR"}', "en"),
        ('{"locale": "default"}', None),
        ("{}", None),
        ("", None),
        ('{"locale": 7}', None),
        ("\x00\xff" * 9, None),
    ],
)
def test_the_setting_is_read(folder: Path, content: str, language: str | None) -> None:
    write(folder, content)
    assert front_end_language() == language


def test_without_a_file_nothing_was_chosen(folder: Path) -> None:
    assert front_end_language() is None
    (folder / SETTINGS).parent.mkdir(parents=True)
    os.mkfifo(folder / SETTINGS)
    assert front_end_language() is None


def test_it_goes_before_the_locale_and_behind_what_was_chosen_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, '{"locale": "zh_CN"}')
    assert current_language() == "en"
    follow_front_end(front_end_language())
    assert current_language() == "zh"
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    assert current_language() == "en"


def test_a_card_still_follows_its_reader(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An English JupyterLab on a Chinese machine: nobody chose English for this run's readers."""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    write(folder, '{"locale": "en"}')
    follow_front_end(front_end_language())
    assert current_language() == "en" and chosen_language() is None
