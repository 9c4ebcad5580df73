"""Names and messages of others drive no terminal and turn no line round."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from paddle_lab import cli
from paddle_lab.commands.result import Result
from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.runs import RunFolder
from paddle_lab.text.visible import visible

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\x08\r\u202egnp.exe\u2066\u200f\u2028"


def harmless(text: str) -> bool:
    """Whether nothing in ``text`` but its line feeds and tabs does anything to a terminal."""
    return all(letter in "\n\t" or visible(letter) == letter for letter in text)


def test_what_does_something_is_written_out() -> None:
    assert visible("a\x1b[31mb\u202ec") == "a\\x1b[31mb\\u202ec"
    assert visible("a\nb\tc") == "a\\x0ab\\x09c"
    assert visible("a\nb\tc\r", lines=True) == "a\nb\tc\\x0d"
    assert harmless(visible(ESCAPES))


def test_what_is_only_text_stays() -> None:
    text = "评论 é 🙈 👩‍🔬 עברית العربية %s {x} \\n"
    assert visible(text) == text


@pytest.mark.parametrize("words", [["list"], ["show", "1"], ["show", f"no{ESCAPES}"], ["rm", "1"]])
def test_a_hostile_name_does_nothing_to_the_terminal(
    make_run: Callable[..., RunFolder], capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    folder = make_run(name=f"run{ESCAPES}")
    folder.log_path.write_text(ESCAPES, encoding="utf-8")
    with folder.open_log() as log:
        text = {"en": ESCAPES, "zh": ESCAPES}
        log.append("notice", level="error", code="x", text=text)
        error = {"type": "x", "what": text, "why": text, "fix": None}
        log.append("end", state="failed", step=0, error=error)
    cli.main(["runs", *words])
    shown = capsys.readouterr()
    assert shown.out + shown.err and harmless(shown.out + shown.err)


def test_a_hostile_entry_does_nothing_either(make_run: Callable[..., RunFolder]) -> None:
    """In a process of its own: what is printed, byte by byte."""
    make_run(name=f"run{ESCAPES}").info_path.write_text('{"id": "\x1b[2J"}', encoding="utf-8")
    command = [sys.executable, "-m", "paddle_lab.cli", "runs", "list"]
    printed = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8")
    assert "unreadable" in printed and harmless(printed)


def test_notebooks_in_a_terminal_are_spared_too() -> None:
    assert harmless(Result(ESCAPES)._repr_mimebundle_()["text/plain"])
    lines = RunError(T("{n}", "{n}", n=ESCAPES), code="run.gone")._render_traceback_()
    assert harmless("".join(lines).replace("\x1b[31mRunError\x1b[0m", ""))
