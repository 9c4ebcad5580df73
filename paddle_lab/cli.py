"""The terminal's entry point: the same parsers and functions as the magics."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from paddle_lab._version import __version__
from paddle_lab.commands.catalog import COMMANDS, Command
from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.errors import PaddleLabError, UsageError
from paddle_lab.i18n import T, Text, speaking
from paddle_lab.options import HelpRequested
from paddle_lab.options.answer import asked_language
from paddle_lab.text.close_names import did_you_mean
from paddle_lab.text.in_terminal import in_terminal
from paddle_lab.text.tables import aligned
from paddle_lab.text.visible import visible


def run() -> NoReturn:
    """The program ``paddle-lab``: :func:`main`, and the end of its process."""
    from paddle_lab.training.ending import end_process

    end_process(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``paddle-lab COMMAND ...``; returns the exit code: 0, 1 for a failure, 2 for usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    _speak_utf8()
    try:
        with speaking(asked_language(words)):
            code = _answer(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (`| head`): there is nobody left to tell, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _answer(words: Sequence[str]) -> int:
    try:
        return _run(words)
    except HelpRequested as asked:
        print(asked.text)
        return 0
    except PaddleLabError as error:
        print(f"{error.label}: {in_terminal(visible(str(error), lines=True))}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        return 130


def _run(words: Sequence[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        raise HelpRequested(_overview())
    if words[0] == "--version":
        raise HelpRequested(f"paddle-lab {__version__}")
    command = _command(words[0])
    args = command.build_parser(f"paddle-lab {command.cli}").parse_args(words[1:])
    if getattr(args, "output", None):
        raise UsageError(
            T("-o names a notebook's variable; a terminal has none.",
              "-o 用于笔记本变量，终端中没有变量。"),
            fix=T("Leave it out; --json prints the result for other programs.",
                  "请去掉它；--json 可输出供其他程序使用的结果。"),
            code="usage.notebook_only",
        )  # fmt: skip
    return _show(args, command.execute(args, Context(say=_say)))


def _show(args: argparse.Namespace, result: Result) -> int:
    if args.json:
        print(json.dumps(result.json, ensure_ascii=False, default=str))
    elif not args.quiet:
        text = visible(result.text, lines=True)
        print(text if result.verbatim else in_terminal(text))
    return result.exit_code


def _say(what: Text) -> None:
    """One line for whoever watches; what is piped or read by machines is not touched."""
    print(visible(str(what)), file=sys.stderr, flush=True)


def _command(name: str) -> Command:
    for command in COMMANDS:
        if command.cli == name:
            return command
    raise UsageError(
        T("paddle-lab has no command '{name}'.", "paddle-lab 没有命令“{name}”。", name=name),
        fix=did_you_mean(name, [command.cli for command in COMMANDS])
        or T("See paddle-lab --help", "用法见 paddle-lab --help"),
        code="usage.unknown_command",
    )


def _overview() -> str:
    lines = [str(T("usage: paddle-lab COMMAND ...", "用法：paddle-lab 命令 ...")), ""]
    lines += aligned(
        [
            (f"  paddle-lab {command.cli}", str(command.does), _magic(command))
            for command in COMMANDS
        ]
    )
    lines += [
        "",
        str(T("Each command explains itself with --help.", "每个命令用 --help 查看说明。")),
    ]
    return "\n".join(lines)


def _magic(command: Command) -> str:
    return command.shown if command.magic is not None else ""


def _speak_utf8() -> None:
    """Chinese must come out whole, whatever the terminal's own encoding is."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    run()
