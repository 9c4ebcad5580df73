"""Lines of commands as nobody means to write them: seeded, from the parsers themselves.

Used by the tests and by ``benchmarks/fuzz_lines.py``: :func:`lines` makes them, :class:`Trial` runs
one in a shell or in the terminal's ``main``, with a watchdog, and says how it ended.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import random
import shlex
import signal
import subprocess
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from IPython.core.error import UsageError

from paddle_lab.cli import main
from paddle_lab.commands.catalog import MAGICS, Command
from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T
from paddle_lab.options.declare import Option, options_of

#: What a person sees without scrolling.
SCREEN_LINES: Final = 24
SCREEN_COLUMNS: Final = 100

NUMBERS: Final = (
    "0", "1", "2", "3.5", "-1", "-0", "0.1", "1e-5", "1e999", "-1e999", "nan", "inf", "-inf", "²",
    "٣", "1_000", "1" * 23, "9" * 400, "0x10", "", " ", "auto", "1,5", "½", "1e5", "2147483648",
    "True", "None",
)  # fmt: skip
WORDS: Final = (
    "", " ", "-", "--", "---", "last", "all", "1", "0", "99", "reviews", "reviews:dev", "reviews:x",
    "df", "odd", "trial", "trial-2", "../..", "/", "/dev/null", "/dev/zero", "/proc/self/mem", "~",
    "~nobody/x", "no-such.tsv", "a\0b", "\ud800", "x\ud83d", "\u202e\u2066gnp.exe", "\x1b[31mred",
    "x" * 100_000, "é" * 300, "{name}", "{0}", "%s", "%(x)s", "$(reboot)", "a b", "a\nb", "\r", "#",
    "=", "a=b", "name=last", "-5", "--json", "-x", "[1, 2]", "{}", "*", "?", "名字", "CON", "a/b/c",
    "utf-8", "gb18030", "hex", "idna", "undefined", "tab", "cpu", "gpu:99", "en", "on", "visualdl",
    "ernie-3.0-nano-zh", "PaddlePaddle/x", "../model", "max_grad_norm=0.5", "max_grad_norm=[[[",
    "seed=1", "max_steps=" + "9" * 5000, "adam_beta1=" + "(" * 3000, "_x=1", "²",
)  # fmt: skip
CELLS: Final = (
    "", "epochs: 1", "epochs: 2024-01-01", "epochs: [1, 2]", "epochs: {a: 1}", "epochs: .nan",
    "epochs: 1e999", "lr: !!python/object/apply:os.system ['true']", "!!binary |\n  AAAA",
    "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]", "x: &x [*x]", "epochs: &e 3\nlr: *e",
    "&r\nset: *r", "? [a, b]\n: 1", "? {a: 1}\n: 1", "1: 2", "null: 1", "true: 1", "- 1\n- 2",
    "text", "epochs: 1\nepochs: 2", "epoch: 1", "background: true", "set: {max_grad_norm: 0.5}",
    "set: {seed: 1}", "set: 5", "set: {1: 2}", "name: 2024-01-01", "name: !!set {a, b}",
    "train: [a]", "train: 5", "limit: " + "1" * 30, "limit: " + "9" * 5000, "skip_bad: maybe",
    "[" * 3000, "{a: " * 500, "epochs: 1\0", "\ud800: 1", "%YAML 9.9\n---\nepochs: 1", "---\n---",
    "<<: {epochs: 1}", "<<: 5", "a: 1:30:45", "lr: 0x10", "epochs: 'x", "\tepochs: 1",
    "x" * 100_000,
    "好,1\n坏,0", '{"text": "好", "label": 1}', "[[1, 2], [3]]", "质量很好\n太差了", "\ufeff", "\r",
    "device: gpu\nseed: -1", "max_len: 1" + "0" * 40, "out: /proc/x", "model: {a: b}", "text: 5",
)  # fmt: skip
_ODD_NAMES: Final = ("odd", "recursive", "rude", "cells", "名字", "last", "1", "missing.tsv")


#: Values that go through, so that what comes after the options is reached too.
_GOOD: Final = {
    "train": ("reviews", "df", "good.tsv"),
    "data": ("reviews", "df", "good.tsv"),
    "dev": ("good.tsv", "df"),
    "test": ("good.tsv", "df"),
    "text": ("0", "text"),
    "label": ("1", "label"),
    "sep": ("tab", "comma"),
    "encoding": ("utf-8", "auto"),
    "model": ("ernie-3.0-nano-zh", "ernie-lab-mini"),
    "device": ("cpu", "auto"),
    "set": ("max_grad_norm=0.5",),
    "config": ("a.yaml",),
    "name": ("trial", "名字"),
    "out": ("runs", "new/runs"),
    "resume": ("trial", "last"),
    "run": ("trial", "trial-2", "last", "1"),
    "runs": ("trial", "trial-2", "last", "1", "damaged"),
    "texts": ("质量很好",),
    "file": ("good.tsv",),
    "explain": ("good.tsv", "-"),
    "facts": ("good.tsv",),
    "facts_out": ("sheet.json",),
    "html": ("page.html",),
    "freeze": ("pins.txt",),
    "output": ("answer",),
    "lang": ("zh", "en"),
}


class Hang(BaseException):
    """The watchdog's: not an Exception, so that nothing on the way swallows it."""


@dataclass(frozen=True)
class Line:
    """A command with its words, and the cell below it (magics only)."""

    command: Command
    words: tuple[str, ...]
    cell: str | None = None

    def __str__(self) -> str:
        text = f"{self.command.cli} {' '.join(map(ascii, self.words))}"
        text += f" | {self.cell!a}" if self.cell is not None else ""
        return text if len(text) < 400 else text[:400] + "…"


@dataclass(frozen=True)
class Ending:
    """How a line ended: ``kind`` is result, error, traceback or hang; ``code`` the error's."""

    kind: str
    code: str = ""
    detail: str = ""
    seconds: float = 0.0


def lines(seed: int, count: int) -> Iterator[Line]:
    """``count`` lines; the same for the same seed."""
    chance = random.Random(seed)
    commands = [one for one in MAGICS.values() if one.cli != "serve"]  # it would run on and on
    declared = {command.cli: command.build_parser("%").declared for command in commands}
    for number in range(count):
        command = commands[number % len(commands)]
        words = _words(chance, declared[command.cli])
        cell = chance.choice(CELLS) if command.cell and chance.random() < 0.35 else None
        yield Line(command, tuple(words), cell)


def _words(chance: random.Random, declared: type) -> list[str]:
    words: list[str] = []
    options = options_of(declared)
    for option in options:
        if option.positional:
            for _ in range(1 if chance.random() < 0.8 else chance.randrange(4)):
                words.append(_value(chance, option, (*_ODD_NAMES, *WORDS)))
    flagged = [option for option in options if not option.positional]
    for option in chance.choices(flagged, k=chance.choice((0, 0, 1, 1, 2, 4))):
        words += _flag(chance, option)
    if any(option.name == "dry_run" for option in options) and chance.random() < 0.5:
        words.append("--dry-run")
    if chance.random() < 0.02:
        words.append(chance.choice(("-h", "--help", "--help-all")))
    if chance.random() < 0.05:
        chance.shuffle(words)
    if chance.random() < 0.05:
        words.insert(chance.randrange(len(words) + 1), chance.choice(WORDS))
    return words


def _flag(chance: random.Random, option: Option) -> list[str]:
    flag = option.short or option.flag if chance.random() < 0.5 else option.flag
    if chance.random() < 0.04:
        flag = chance.choice((flag[:-1], flag.upper(), flag + "x", flag.replace("-", "—")))
    if (option.kind != "bool") == (chance.random() < 0.05):
        return [flag]
    numeric = option.kind in ("int", "float")
    value = _value(chance, option, NUMBERS if numeric else WORDS)
    return [f"{flag}={value}"] if chance.random() < 0.3 else [flag, value]


def _value(chance: random.Random, option: Option, odd: tuple[str, ...]) -> str:
    """A good value of an option as often as an odd one."""
    if chance.random() > 0.65:
        return chance.choice(odd)
    if option.choices and not isinstance(option.choices, str):
        return chance.choice(tuple(option.choices))
    return chance.choice(_GOOD.get(option.name, ("0.5",) if option.kind == "float" else ("8", "2")))


class _Broken:
    """A variable that fails whenever somebody looks at it."""

    def __repr__(self) -> str:
        raise ValueError("no repr")

    @property
    def columns(self) -> Any:
        raise KeyError("no columns")

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError(name)


class _Endless(dict[str, Any]):
    def values(self) -> Any:
        raise RuntimeError("no values")


def odd_variables() -> dict[str, Any]:
    """Names of a notebook with what they hold."""
    import pandas

    class Rude(pandas.DataFrame):
        @property
        def iloc(self) -> Any:
            raise MemoryError("never mind")

    recursive: list[Any] = ["好"]
    recursive.append(recursive)
    rows = {"text": ["很好 " + "好" * n for n in range(30)], "label": [n % 2 for n in range(30)]}
    return {
        "df": pandas.DataFrame(rows),
        "odd": _Broken(),
        "rude": Rude(rows),
        "recursive": recursive,
        "cells": [(_Broken(), 1), ("好", _Broken())] * 20,
        "last": _Endless(a=1),
        "1": [("好", 1)],
        "名字": pandas.DataFrame({"text": [], "label": []}),
    }


def furnish(folder: Path) -> None:
    """Files and runs that the lines may meet in ``folder``, and its registry in ``folder/home``."""
    from run_writer import new_run

    rows = "".join(
        f"这家酒店第{n}次来，{'很好' if n % 2 else '很差'}\t{n % 2}\n" for n in range(60)
    )
    (folder / "good.tsv").write_text(rows, encoding="utf-8")
    (folder / "a.yaml").write_text("epochs: 1\n", encoding="utf-8")
    for name in ("trial", "trial-2", "damaged"):
        run = new_run(folder / "runs", folder / "home" / "runs", name=name)
        if name == "damaged":
            run.info_path.write_text("{", encoding="utf-8")


class Trial:
    """Runs lines in ``folder``, in an IPython ``shell`` or the terminal's ``main``.

    A training is stopped where it would begin: the run's folder is made, then ``run.launched`` is
    raised in place of the worker. The facts of the environment and the sample are read once; its
    checks, trials and new environments end where they would start a process.
    """

    def __init__(self, folder: Path, shell: Any = None, limit_s: float = 20.0) -> None:
        self.shell = shell
        self._folder = folder
        self._limit_s = limit_s

    @contextlib.contextmanager
    def ready(self) -> Iterator[Trial]:
        """Within the block lines can be run."""
        from unittest import mock

        from paddle_lab.data.samples.reviews import load_reviews
        from paddle_lab.environment import collect

        facts = collect()

        def launched(*_: Any, **__: Any) -> Any:
            raise RunError(T("The run would begin now.", "运行将在此开始。"), code="run.launched")

        def refused(*_: Any, **__: Any) -> Any:
            raise OSError(errno.ENOENT, "no installer and no check is started by these lines")

        nothing_starts = SimpleNamespace(**{**vars(subprocess), "Popen": refused})
        before = Path.cwd()
        environment = {
            "PADDLE_LAB_DATA_DIR": str(self._folder / "home"),
            "PADDLE_LAB_LANG": "en",
            "PADDLE_LAB_OFFLINE": "1",
        }
        os.chdir(self._folder)
        try:
            with (
                mock.patch.dict(os.environ, environment),
                mock.patch("paddle_lab.training.start.begin", launched),
                mock.patch("paddle_lab.environment.collect", lambda: dict(facts)),
                mock.patch("paddle_lab.data.samples.reviews.load_reviews", cache(load_reviews)),
                mock.patch("paddle_lab.environment.phases.subprocess", nothing_starts),
                mock.patch("paddle_lab.environment.resolving.tools.subprocess", nothing_starts),
                mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\n"), encoding="utf-8")),
            ):
                yield self
        finally:
            os.chdir(before)

    def run(self, line: Line) -> Ending:
        """Run one line and say how it ended."""
        started = time.perf_counter()
        handler = signal.signal(signal.SIGALRM, _hang)
        waiting = signal.setitimer(signal.ITIMER_REAL, self._limit_s)
        out, err = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                ending = self._in_shell(line) if self.shell is not None else self._in_terminal(line)
        except Hang:
            ending = Ending("hang", detail=traceback.format_exc(limit=-8))
        except BaseException:
            ending = Ending("traceback", detail=traceback.format_exc(limit=-6))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, *waiting)  # whoever else watches the time
        if ending.kind != "traceback" and self.shell is None and not _fits(err.getvalue()):
            ending = Ending("too long", ending.code, err.getvalue()[:500])
        return Ending(ending.kind, ending.code, ending.detail, time.perf_counter() - started)

    def _in_terminal(self, line: Line) -> Ending:
        code = main([line.command.cli, *line.words])
        return Ending("result") if code == 0 else Ending("error", f"exit {code}")

    def _in_shell(self, line: Line) -> Ending:
        text = " ".join(_as_typed(word) for word in line.words)
        name = line.command.magic
        try:
            if line.cell is None:
                self.shell.run_line_magic(name, text)
            else:
                self.shell.run_cell_magic(name, text, line.cell)
        except UsageError:
            return Ending("error", "shell")  # IPython's own: a cell magic without a cell
        except PaddleLabError as error:
            shown = "\n".join(error._render_traceback_())
            kind = "error" if _fits(shown) else "too long"
            return Ending(kind, error.code, shown[:500] if kind != "error" else "")
        return Ending("result")


def _hang(*_: Any) -> None:
    raise Hang


def _fits(text: str) -> bool:
    used = sum(1 + len(line) // SCREEN_COLUMNS for line in text.rstrip("\n").split("\n"))
    return used <= SCREEN_LINES


def _as_typed(word: str) -> str:
    """A word as it would be typed; some stay bare, with whatever quotation marks they hold."""
    return word if word and len(word) % 7 == 3 else shlex.quote(word)
