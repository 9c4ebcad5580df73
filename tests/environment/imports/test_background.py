"""The trial that nobody waits for: one at a time, when the machine is calm, and at most once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment.imports import cache, calm
from paddle_lab.environment.imports.background import BackgroundTrial
from paddle_lab.environment.imports.calm import is_calm
from paddle_lab.i18n import current_language, speaking

KEY = "c" * 32


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "_kept_here", {})
    return tmp_path / "cache" / "imports"


class Attempts:
    """Attempts that wait until they may end, and keep a success."""

    def __init__(self, *, keeps: bool = True) -> None:
        self.low: list[bool] = []
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.keeps = keeps

    def __call__(self, *, low: bool) -> dict[str, Any]:
        self.low.append(low)
        self.begun.set()
        assert self.may_end.wait(30)
        if not self.keeps:
            raise OSError("no process can be started")
        result = dict.fromkeys(("text", "error", "where"), "")
        result = {**result, "name": "paddle", "ok": True, "seconds": 1.0, "version": "1",
                  "ended": "normally", "signal": None}  # fmt: skip
        imports = {"key": KEY, "made": time.time(), "results": [result]}
        cache.remember(imports, {})
        return imports


def trial(attempt: Attempts, calm: Callable[[], bool] = lambda: True, **times: Any) -> Any:
    return BackgroundTrial(attempt, calm, **{"delay_s": (0, 0), "look_again_s": 60, **times})


def test_it_is_made_once_for_all_who_ask_and_tells_each() -> None:
    attempt, told = Attempts(), threading.Semaphore(0)
    background = trial(attempt)
    assert background.state == "idle"
    for _ in range(3):
        assert background.begin(KEY, told.release) != "idle"
    assert attempt.begun.wait(30)
    assert background.begin(KEY, told.release) == "trying"
    attempt.may_end.set()
    assert all(told.acquire(timeout=30) for _ in range(4))
    assert attempt.low == [True]
    assert background.state == "idle"


def test_it_waits_for_a_calm_moment_unless_a_person_asks() -> None:
    attempt, told = Attempts(), threading.Event()
    looked = threading.Event()

    def busy() -> bool:
        looked.set()
        return False

    background = trial(attempt, busy)
    assert background.begin(KEY) == "waiting"
    assert looked.wait(30)
    assert background.state == "waiting"
    assert not attempt.low
    assert background.begin(KEY, told.set, at_once=True) == "trying", "it waits no longer"
    attempt.may_end.set()
    assert told.wait(30)
    assert attempt.low == [False]  # at the usual priority: somebody looks at the clock


def test_patience_ends() -> None:
    attempt, told = Attempts(), threading.Event()
    attempt.may_end.set()
    trial(attempt, lambda: False, patience_s=0).begin(KEY, told.set)
    assert told.wait(30)
    assert attempt.low == [True]


def test_what_another_process_found_meanwhile_is_taken() -> None:
    other, attempt, told = Attempts(), Attempts(), threading.Event()
    other.may_end.set()
    other(low=True)
    trial(attempt).begin(KEY, told.set)
    assert told.wait(30)
    assert attempt.low == []


def test_two_processes_do_not_try_at_once() -> None:
    first, second = Attempts(), Attempts()
    done = threading.Semaphore(0)
    trial(first).begin(KEY, done.release)
    assert first.begun.wait(30)
    other = trial(second)
    other.begin(KEY, done.release)
    assert other.state == "waiting"
    first.may_end.set()
    assert done.acquire(timeout=30)
    assert done.acquire(timeout=30)
    assert second.low == []


def test_in_vain_it_is_not_made_again_unasked_in_this_state() -> None:
    attempt = Attempts(keeps=False)
    attempt.may_end.set()
    background = trial(attempt)
    for key, at_once, made in (
        (KEY, False, True),
        (KEY, False, False),
        ("d" * 32, False, True),
        (KEY, True, True),
    ):
        told = threading.Event()
        assert (background.begin(key, told.set, at_once=at_once) != "idle") == made
        assert told.wait(30 if made else 0) == made


def test_who_is_told_speaks_the_language_in_which_it_was_asked() -> None:
    attempt, told = Attempts(), threading.Event()
    heard: list[str] = []
    attempt.may_end.set()

    def then() -> None:
        heard.append(current_language())
        told.set()

    with speaking("zh"):
        trial(attempt).begin(KEY, then)
    assert told.wait(30)
    assert heard == ["zh"]


def test_one_who_fails_to_show_it_keeps_it_from_nobody() -> None:
    attempt, told = Attempts(), threading.Event()
    background = trial(attempt)
    background.begin(KEY, lambda: 1 / 0)
    background.begin(KEY, told.set)
    attempt.may_end.set()
    assert told.wait(30)


@pytest.mark.parametrize(
    ("cores", "load", "running", "available_mb", "expected"),
    [
        (4, 0.5, 1, 8000, True),
        (4, 4.2, 1, 8000, False),  # a training
        (4, 0.5, 6, 8000, False),  # a class that begins at this moment
        (4, 0.5, 1, 900, False),
        (4, 0.5, 1, None, True),
        (64, 8.0, 9, 90_000, True),
    ],
)
def test_what_a_calm_machine_is(
    cores: int,
    load: float,
    running: int,
    available_mb: int | None,
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    monkeypatch.setattr(calm, "_running", lambda: running)
    monkeypatch.setattr(calm, "memory", lambda: {"available_mb": available_mb})
    assert is_calm() is expected


def test_a_system_that_does_not_tell_its_load_counts_as_calm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("os.getloadavg", raising=False)
    monkeypatch.setattr(calm, "_running", lambda: 0)
    monkeypatch.setattr(calm, "memory", lambda: {"available_mb": None})
    assert is_calm()
