"""From a magic's line to a command's result on the screen."""

from __future__ import annotations

import keyword
import os
import re
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from IPython.core.magic import no_var_expand

from paddle_lab.commands.catalog import Command
from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text, speaking
from paddle_lab.interrupts import told_in_one_line
from paddle_lab.text.visible import visible

if TYPE_CHECKING:
    from paddle_lab.options import CommandParser

_LONGEST_EXPANDED: Final = 10_000
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
# An apostrophe between two letters belongs to a text, and opens no quotation.
_APOSTROPHE: Final = re.compile(r"[^\W\d_]'[^\W\d_]")
_WORD_ENDS: Final = re.compile(r"[\s'\\]")


def command_magic(ip: Any, command: Command) -> Callable[..., Any]:
    """The magic function of a command."""

    def magic(line: str, cell: str | None = None) -> Any:
        line = expanded_line(ip, line)
        # Twice: what the line itself needs is imported, too, before its language is known.
        with told_in_one_line(), speaking(language_of(line)), told_in_one_line():
            parsed = parse(command, line)
            if parsed is None:
                return None
            result = command.execute(parsed, context_of(ip, cell))
            return show(ip, parsed, result)

    no_var_expand(magic)
    magic.__name__ = command.shown.removeprefix("%")
    magic.__doc__ = f"Paddle Lab: see {command.shown} --help."
    return magic


def expanded_line(ip: Any, line: str) -> str:
    """The line with ``{name}`` and ``$name`` filled as in every magic; called by the magic itself.

    IPython takes the square of the line's length for it: a pasted line of 100,000 characters would
    hold the kernel for minutes, so one that long stays as it is.
    """
    if len(line) > _LONGEST_EXPANDED:
        return line
    # Names are those of who called the magic: three calls lie between.
    return str(ip.var_expand(line, depth=3))


def parse(command: Command, line: str) -> Any:
    """The line's arguments; None when help was asked for, and shown."""
    from paddle_lab.options import HelpRequested

    parser: CommandParser = command.build_parser(command.shown)
    try:
        parsed = parser.parse_args(words_of(command, line))
    except HelpRequested as asked:
        print(asked.text)
        return None
    if getattr(parsed, "output", None):
        check_variable(parsed.output)  # before hours of work have nowhere to go
    return parsed


def words_of(command: Command, line: str) -> list[str]:
    """The line's words. Raises UsageError; its way out is the cell below, where there is one."""
    lone = _word_with_apostrophe(_QUOTED.sub("", line)) if command.cell else None
    try:
        if lone is None:
            return split(line)
    except UsageError as error:
        raise _quotes(command, line, error.what) from error
    found = T("The quotation mark in '{word}' stands inside a word.",
              "“{word}”中的引号位于单词内部。", word=lone)  # fmt: skip
    raise _quotes(command, line, found)


def _word_with_apostrophe(line: str) -> str | None:
    """The first word with an apostrophe between two letters."""
    found = _APOSTROPHE.search(line)
    if found is None:
        return None
    middle = found.start() + 1
    return _WORD_ENDS.split(line[:middle])[-1] + line[middle:].split(maxsplit=1)[0]


def _quotes(command: Command, line: str, what: Text) -> UsageError:
    """What to do with a mark that is part of a text: a line is read as a shell reads it."""
    first = (line.split(maxsplit=1) or [""])[0]
    return UsageError(
        what,
        T("A line is read as in a terminal, where quotation marks hold words together: {line}",
          "命令行与终端的读法相同，引号用来把词连在一起：{line}", line=line.strip()[:200]),
        T('Write it in the cell below, where every character counts as it is: %%{magic} {first} '
          '- or put it in double quotation marks: "it\'s good"',
          '请写在下方的单元中，那里每个字符都按原样读取：%%{magic} {first}；'
          '或用双引号括起来："it\'s good"', magic=command.magic, first=first)
        if command.cell
        else T("Close it, or put a backslash before a mark that is part of a value.",
               "请补上引号，或在作为内容的引号前加反斜杠。"),
        code="usage.quotes",
    )  # fmt: skip


def language_of(line: str) -> str | None:
    """The language that the line asks for; None also for a line that cannot be split."""
    from paddle_lab.options.answer import asked_language

    try:
        return asked_language(split(line))
    except UsageError:
        return None


def split(line: str) -> list[str]:
    """Words of a line as a POSIX shell would see them; on Windows backslashes stay.

    Raises UsageError for a quotation that is not closed.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if os.name == "nt":
        lexer.escape = ""
    try:
        return list(lexer)
    except ValueError as error:
        raise UsageError(
            T("A quotation mark is not closed.", "引号没有闭合。"),
            T("{line}", "{line}", line=line.strip()[:200]),
            code="usage.quotes",
        ) from error


def context_of(ip: Any, cell: str | None) -> Context:
    """What the notebook offers a command."""
    notebook = hasattr(ip, "kernel")
    return Context(names=ip.user_ns, cell=cell, notebook=notebook, stays=True, say=_say)


def _say(what: Text) -> None:
    print(visible(str(what)), flush=True)


def show(ip: Any, parsed: Any, result: Result) -> Any:
    """Show a result, or give it to the variable that ``-o`` names."""
    name = getattr(parsed, "output", None)
    if name:
        assign(ip, name, result.value)
    if parsed.json:
        print_json(result)
    elif not parsed.quiet:
        from IPython.display import display

        if result.later is None:
            display(result)
        else:
            result.later(display(result, display_id=True).update)
    return None


def assign(ip: Any, name: str, value: Any) -> None:
    """Give a notebook variable its value. Raises UsageError for what is no variable name."""
    check_variable(name)
    ip.user_ns[name] = value


def check_variable(name: str) -> None:
    """Raises UsageError for what is no variable name."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(
            T(
                "-o {name}: this is not a valid variable name.",
                "-o {name}：这不是变量名。",
                name=name,
            ),
            fix=T("For example: -o run", "例如：-o run"),
            code="usage.variable_name",
        )


def print_json(result: Result) -> None:
    """The machine's form, in one piece."""
    import json

    print(json.dumps(result.json, ensure_ascii=False, default=str))
