"""Completion of options, their choices, and data and model names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from paddle_lab.commands.catalog import COMMANDS, Command
from paddle_lab.commands.parser import CommandParser

_TAKE_RUNS: Final = (
    "ernie_runs",
    "ernie_stop",
    "ernie_pause",
    "ernie_resume",
    "ernie_predict",
    "ernie_export",
)
_LINE: Final = re.compile(r"^\s*(?:[\w.\[\]]+\s*=\s*)?%{1,2}(?P<name>\w+)\s(?P<rest>.*)$", re.S)


class OptionMatcher:
    """An IPython matcher (API version 2) for the options of Paddle Lab's magics."""

    matcher_api_version = 2
    matcher_identifier = "paddle_lab.options"

    def __init__(self, ip: Any) -> None:
        self._ip = ip
        # IPython asks every matcher for it, though it then takes the identifier.
        self.__qualname__ = self.matcher_identifier

    def __call__(self, context: Any) -> dict[str, Any]:
        """What may stand at the cursor, or nothing when the line is not ours."""
        found = _LINE.match(context.text_until_cursor)
        command = self._command(found["name"]) if found else None
        if found is None or command is None:
            return {"completions": [], "suppress": False}
        words = found["rest"].split(" ")
        fragment = words[-1]
        previous = words[-2] if len(words) > 1 else ""
        offered = [
            word for word in self._offers(command, previous, fragment) if word.startswith(fragment)
        ]
        from IPython.core.completer import SimpleCompletion

        return {
            "completions": [SimpleCompletion(text=word, type="param") for word in offered],
            "matched_fragment": fragment,
            "suppress": bool(offered),
        }

    @staticmethod
    def _command(name: str) -> Command | None:
        return next((command for command in COMMANDS if command.magic == name), None)

    def _offers(self, command: Command, previous: str, fragment: str) -> Iterable[str]:
        parser = command.build_parser(f"%{command.magic}")
        if choices := parser.choices_of(previous):
            return choices
        source = _VALUES.get(previous)
        if source is not None:
            return source()
        if fragment.startswith("-"):
            return parser.options()
        names = _positional(command, parser, self._ip)
        return [*names, *parser.options()] if not fragment else names


def _positional(command: Command, parser: CommandParser, ip: Any) -> list[str]:
    """What may stand where no option does: an action, runs, or data."""
    actions = [
        str(choice)
        for action in parser._actions
        if not action.option_strings and action.choices is not None
        for choice in action.choices
    ]
    return [*actions, *(_run_names() if command.magic in _TAKE_RUNS else _data_names(ip))]


def _data_names(ip: Any) -> list[str]:
    """DataFrames of the notebook, and the samples."""
    frames = [
        name
        for name, value in ip.user_ns.items()
        if not name.startswith("_") and type(value).__name__ == "DataFrame"
    ]
    from paddle_lab.data.samples import sample_names

    return [*frames, *sample_names()]


def _model_names() -> list[str]:
    from paddle_lab.models import known_names

    return list(known_names())


def _run_names() -> list[str]:
    from paddle_lab.runs import Registry

    return ["last", *(ref.folder.path.name for ref in Registry().list()[:20])]


_VALUES: Final[dict[str, Callable[[], Iterable[str]]]] = {
    "--model": _model_names,
    "--resume": _run_names,
}
