"""Which language is spoken: of this call, of this process, of the machine, English."""

from __future__ import annotations

import threading

import pytest

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, chosen_language, current_language, speaking

GREETING = T("hello", "你好")
NAMES = ("PADDLE_LAB_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def nowhere_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


def test_english_is_the_default_and_nobodys_choice() -> None:
    assert str(GREETING) == "hello"
    assert chosen_language() is None


@pytest.mark.parametrize("name", NAMES)
def test_a_chinese_machine_speaks_chinese(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "zh_CN.UTF-8")
    assert str(GREETING) == "你好"
    assert chosen_language() == "zh"


def test_english_may_be_chosen_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    assert (current_language(), chosen_language()) == ("en", "en")


def test_the_call_goes_before_the_process_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    with speaking("zh"):
        with speaking(None):
            assert str(GREETING) == "你好"
        assert chosen_language() == "zh"
    assert str(GREETING) == "hello"


def test_another_thread_is_not_told() -> None:
    heard: list[str] = []
    with speaking("zh"):
        thread = threading.Thread(target=lambda: heard.append(current_language()))
        thread.start()
        thread.join()
    assert heard == ["en"], "only one that is begun with this context is"


def test_an_error_keeps_the_language_of_its_call() -> None:
    with speaking("zh"):
        error = UsageError(T("wrong", "错误"), code="usage.value")
    assert str(error) == "错误"
