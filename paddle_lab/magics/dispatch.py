"""From a magic's line to a command's result on the screen."""

from __future__ import annotations

import keyword
import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from IPython.core.magic import no_var_expand

from paddle_lab.commands.catalog import Command
from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, speaking

if TYPE_CHECKING:
    from paddle_lab.options import CommandParser

_LONGEST_EXPANDED: Final = 10_000


def command_magic(ip: Any, command: Command) -> Callable[..., Any]:
    """The magic function of a command."""

    def magic(line: str, cell: str | None = None) -> Any:
        line = expanded_line(ip, line)
        with speaking(language_of(line)):
            parsed = parse(command, line)
            if parsed is None:
                return None
            result = command.execute(parsed, context_of(ip, cell))
            return show(ip, parsed, result)

    no_var_expand(magic)
    magic.__name__ = command.magic
    magic.__doc__ = f"Paddle Lab: see %{command.magic} --help."
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

    parser: CommandParser = command.build_parser(f"%{command.magic}")
    try:
        parsed = parser.parse_args(split(line))
    except HelpRequested as asked:
        print(asked.text)
        return None
    if getattr(parsed, "output", None):
        check_variable(parsed.output)  # before hours of work have nowhere to go
    return parsed


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
    return Context(names=ip.user_ns, cell=cell, notebook=hasattr(ip, "kernel"), stays=True)


def show(ip: Any, parsed: Any, result: Result) -> Any:
    """Show a result, or give it to the variable that ``-o`` names."""
    name = getattr(parsed, "output", None)
    if name:
        assign(ip, name, result.value)
    if parsed.json:
        print_json(result)
    elif not parsed.quiet:
        from IPython.display import display

        display(result)
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
