"""Odd lines at both entrances: each ends in a result or an error of one screen, and none hangs.

``benchmarks/fuzz_lines.py`` runs thousands; here is a seeded part.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from odd_lines import Line, Trial, furnish, lines, odd_variables

from paddle_lab.commands.catalog import COMMANDS

BY_NAME = {command.cli: command for command in COMMANDS}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    from IPython.core.interactiveshell import InteractiveShell

    folder = tmp_path_factory.mktemp("lines")
    furnish(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("PADDLE_LAB_DATA_DIR", str(folder / "home"))
        shell = InteractiveShell()
        shell.history_manager.enabled = False
        shell.extension_manager.load_extension("paddle_lab")
        shell.user_ns.update(odd_variables())
        with Trial(folder, shell).ready() as ready:
            yield ready
        shell.extension_manager.unload_extension("paddle_lab")


def ending(trial: Trial, line: Line, shell: Any) -> tuple[str, str]:
    """How a line ends in the shell, or in the terminal where ``shell`` is None."""
    kept, trial.shell = trial.shell, shell
    try:
        found = trial.run(line)
    finally:
        trial.shell = kept
    return found.kind, found.detail


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 8))]
)
def test_generated_lines(trial: Trial, seed: int) -> None:
    for number, line in enumerate(lines(1000 + seed, 27)):
        shell = trial.shell if line.cell is not None or number % 2 else None
        kind, detail = ending(trial, line, shell)
        assert kind in ("result", "error"), f"{line}\n{detail}"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("env", ["--html=a\0b"]),
        ("env", ["--freeze=x\ud83d"]),
        ("env", ["--facts-out", "x\ud83d"]),
        ("env", ["--explain", "a\0b"]),
        ("env", ["--python", "\ud800"]),
        ("env", ["--python", "a\0b"]),
        ("export", ["trial", "--out", "\ud800"]),
        ("export", ["trial", "--out", "a\0b"]),
        ("finetune", ["odd"]),
        ("finetune", ["rude", "--dry-run"]),
        pytest.param(
            "finetune", ["reviews", "--set", "adam_beta1=" + "(" * 3000], marks=pytest.mark.slow
        ),
        ("data", ["cells"]),
        ("data", ["recursive"]),
        ("runs", ["show", "x" * 100_000]),
        ("runs", ["x" * 100_000]),
        ("stop", ["max_steps=" + "9" * 5000, "y" * 5000]),
        ("predict", ["{name}", "$last"]),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else None,
)
def test_lines_that_once_fell_through(trial: Trial, command: str, words: list[str]) -> None:
    line = Line(BY_NAME[command], tuple(words))
    for shell in (trial.shell, None):
        kind, detail = ending(trial, line, shell)
        assert kind in ("result", "error"), detail


def test_names_of_the_notebook_are_filled_in_as_in_every_magic(
    trial: Trial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial.shell.user_ns["wanted"] = "good.tsv"
    trial.shell.run_line_magic("paddle_data", "{wanted} -o read_from_file -q")
    assert len(trial.shell.user_ns["read_from_file"].train) > 40
    trial.shell.run_cell(
        "def f():\n    inner = 'good.tsv'\n    %paddle_data $inner -o inside -q\nf()"
    )
    assert len(trial.shell.user_ns["inside"].train) > 40


def test_the_watchdog_bites(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paddle_lab.commands.runs.execute", lambda *_: __import__("time").sleep(9))
    monkeypatch.setattr(trial, "_limit_s", 0.2)
    assert ending(trial, Line(BY_NAME["runs"], ("list",)), None)[0] == "hang"


def test_a_failure_of_ours_counts_as_a_traceback(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.commands.runs.execute", lambda *_: 1 / 0)
    assert ending(trial, Line(BY_NAME["runs"], ("list",)), trial.shell)[0] == "traceback"
