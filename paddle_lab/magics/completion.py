"""Completion of options, their choices, and data and model names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.commands.catalog import MAGICS, Command

if TYPE_CHECKING:
    from paddle_lab.options import Option

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
        return MAGICS.get(name)

    def _offers(self, command: Command, previous: str, fragment: str) -> Iterable[str]:
        parser = command.build_parser(command.shown)
        option = parser.option_at(previous)
        if option is not None and (values := self._values(option)):
            return values
        if fragment.startswith("-"):
            return parser.options()
        values = [value for one in parser.arguments() for value in self._values(one)]
        return [*values, *parser.options()] if not fragment else values

    def _values(self, option: Option) -> list[str]:
        """What the option may have: its choices, or names of data, models or runs."""
        if option.values is None:
            return list(option.known())
        return list(dict.fromkeys(_SOURCES[option.values](self._ip)))


def _data_names(ip: Any) -> list[str]:
    """DataFrames of the notebook, and the samples."""
    frames = [
        name
        for name, value in ip.user_ns.items()
        if not name.startswith("_") and type(value).__name__ == "DataFrame"
    ]
    from paddle_lab.data.samples import sample_names

    return [*frames, *sample_names()]


def _model_names(ip: Any) -> list[str]:
    from paddle_lab.models import known_names

    return list(known_names())


def _run_names(ip: Any) -> list[str]:
    from paddle_lab.runs import Registry

    return ["last", *(ref.folder.path.name for ref in Registry().list()[:20])]


# As options name them in ``values``.
_SOURCES: Final[dict[str, Callable[[Any], Iterable[str]]]] = {
    "data": _data_names,
    "models": _model_names,
    "runs": _run_names,
}
