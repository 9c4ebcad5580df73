"""The commands by name, for both front ends. Nothing is imported before a command is called."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.commands.system import refusals_told

if TYPE_CHECKING:
    from paddle_lab.options import CommandParser


@dataclass(frozen=True)
class Command:
    """A command: its names in notebook and terminal, and where it lives.

    ``cell`` tells whether the magic takes a cell body. ``ask`` picks the request for the commands
    that share one file.
    """

    magic: str
    cli: str
    module: str
    cell: bool = False
    ask: str | None = None

    def build_parser(self, prog: str) -> CommandParser:
        """The parser, under the name that the front end uses."""
        module = importlib.import_module(f"paddle_lab.commands.{self.module}")
        build: Callable[[str], CommandParser] = (
            module.parser_for(self.ask) if self.ask else module.build_parser
        )
        return build(prog)

    def execute(self, args: Any, context: Context) -> Result:
        """Do it. Raises PaddleLabError, also for what the system refuses."""
        module = importlib.import_module(f"paddle_lab.commands.{self.module}")
        with refusals_told():
            result: Result = module.execute(args, context)
        return result


COMMANDS: Final = (
    Command("paddle_env", "env", "env", cell=True),
    Command("paddle_data", "data", "data", cell=True),
    Command("ernie_finetune", "finetune", "finetune", cell=True),
    Command("ernie_runs", "runs", "runs"),
    Command("ernie_stop", "stop", "stop", ask="stop"),
    Command("ernie_pause", "pause", "stop", ask="pause"),
    Command("ernie_resume", "resume", "stop", ask="resume"),
    Command("ernie_predict", "predict", "predict", cell=True),
    Command("ernie_export", "export", "export"),
)
