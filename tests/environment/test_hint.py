"""The hint under a traceback: shown when a rule is sure, quiet otherwise, and never in the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from paddle_lab.environment import gathering, hint
from paddle_lab.environment.hint_view import HintView
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T

BROKEN = {"packages": {"paddlenlp": "3.0.0b4", "paddlepaddle": "3.2.2", "aistudio-sdk": "0.3.9"}}


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setattr(gathering, "collect", lambda: BROKEN)
    ip = InteractiveShell()
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    ip.user_ns["shown"] = shown
    hint.install(ip)
    yield ip
    hint.uninstall(ip)


def run(shell: InteractiveShell, code: str) -> list[Any]:
    shell.run_cell(code)
    found: list[Any] = shell.user_ns["shown"]
    return found


def test_a_known_error_gets_one_quiet_hint(shell: InteractiveShell) -> None:
    shown = run(
        shell, "raise ImportError(\"cannot import name 'download' from 'aistudio_sdk.hub'\")"
    )
    assert len(shown) == 1
    assert isinstance(shown[0], HintView)
    bundle = shown[0]._repr_mimebundle_()
    assert "aistudio-sdk" in bundle["text/plain"]
    assert bundle["text/html"].startswith("<details")
    assert "--hints off" in bundle["text/plain"]


@pytest.mark.parametrize(
    "code",
    [
        "1 + 1",
        "1 / 0",
        "raise KeyboardInterrupt",
        "raise ValueError('something of my own')",
        "import a_module_of_mine_that_is_missing",
        "this is no python",
        "raise problem",
    ],
)
def test_everything_else_stays_quiet(shell: InteractiveShell, code: str) -> None:
    shell.user_ns["problem"] = UsageError(
        T("No module named 'setuptools'", "x"), code="usage.value"
    )
    assert run(shell, code) == []


def test_the_hint_never_raises(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the doctor is ill")

    monkeypatch.setattr(hint, "sure_finding", broken)
    assert run(shell, "raise ImportError('x')") == []
    assert shell.run_cell("2 + 2").result == 4


def test_off_and_on_and_twice(shell: InteractiveShell) -> None:
    code = "raise ImportError(\"No module named 'setuptools'\")"
    hint.uninstall(shell)
    hint.uninstall(shell)
    assert not hint.installed(shell)
    assert run(shell, code) == []
    hint.install(shell)
    hint.install(shell)
    assert len(run(shell, code)) == 1


def test_a_hostile_message_is_escaped(shell: InteractiveShell) -> None:
    shown = run(
        shell, "raise ImportError(\"No module named 'setuptools' <script>alert(1)</script>\")"
    )
    assert "<script" not in shown[0]._repr_mimebundle_()["text/html"]


class BrokenText(ImportError):
    def __str__(self) -> str:
        raise RecursionError("no end")

    __repr__ = __str__


class BrokenLooks(ImportError):
    @property
    def __traceback__(self) -> Any:  # type: ignore[override]
        raise ValueError("no traceback")

    @property
    def __cause__(self) -> Any:  # type: ignore[override]
        raise KeyError("no cause")


class BrokenTruth(ImportError):
    def __bool__(self) -> bool:
        raise TypeError("neither true nor false")

    def __eq__(self, other: object) -> bool:
        raise TypeError("equal to nothing")

    __hash__ = None  # type: ignore[assignment]


def endless() -> BaseException:
    error: BaseException = ValueError("first")
    first = error
    for number in range(5000):
        error.__cause__ = error = type(error)(f"cause {number}")
    error.__cause__ = first
    return first


@pytest.mark.parametrize(
    "problem",
    [
        BrokenText(),
        BrokenLooks("x"),
        BrokenTruth("x"),
        endless(),
        ImportError("x" * 50_000_000),
        ImportError("import paddle and " * 500_000),
        ImportError("\ud800\0\x1b[2J"),
        ImportError(name=["odd"], path=object()),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_no_exception_of_the_user_makes_the_hint_fail(
    shell: InteractiveShell, problem: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "showtraceback", lambda *_, **__: None)  # IPython's own affair
    shell.user_ns["problem"] = problem
    started = time.thread_time()
    run(shell, "raise problem")
    assert time.thread_time() - started < 4
    assert shell.run_cell("2 + 2").result == 4
