"""Options: each is declared once, as a field of a dataclass, and everything else comes from there.

The parser of a command, its help, the checks of YAML and Python, completion, the command that
repeats a run, the documentation and the test that every option acts are made of the fields::

    @dataclass(frozen=True, kw_only=True)
    class PredictOptions(AnswerOptions):
        top_k: int = option(1, T("labels shown of each text", "每条文本显示的标签数"),
                            example="3", at_least=1)

A new option is one such field, and the line of code that follows it.
"""

from paddle_lab.options.answer import AnswerOptions
from paddle_lab.options.declare import Group, Option, find_option, option, options_of, same_option
from paddle_lab.options.parser import CommandParser, HelpRequested
from paddle_lab.options.values import typed, unknown_option

__all__ = [
    "AnswerOptions",
    "CommandParser",
    "Group",
    "HelpRequested",
    "Option",
    "find_option",
    "option",
    "options_of",
    "same_option",
    "typed",
    "unknown_option",
]
