"""Failures of a person's own program, which no rule about an environment may explain."""

from __future__ import annotations

import builtins
import re
from typing import Final

from paddle_lab.environment.blame import Raised, Traceback
from paddle_lab.environment.blame.programs import STARTS

#: Errors that a program makes by itself; others (an import, the system) may come from outside.
_OF_PROGRAMS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    RecursionError,
    StopIteration,
    SyntaxError,
    TypeError,
    ValueError,
    FileNotFoundError,
)
_UTF8: Final = re.compile(r"(?i)utf-?8|surrogate")
_BY_NAME: Final = frozenset({"JSONDecodeError", "error"})
#: Words of a message that name a library or a device: the program only met it.
_NAMES_OTHERS: Final = re.compile(r"(?i)module ['\"`]|from ['\"`]|paddle|numpy|\bnp\.|cuda|OP\(")


def of_a_person(trace: Traceback | None) -> bool:
    """Did a program of its own fail: no library's frame in it, and no library in its words?"""
    if trace is None or not trace.frames or trace.in_library:
        return False
    return all(_of_a_program(error) for error in trace.errors)


def _of_a_program(error: Raised) -> bool:
    if error.kind == "UnicodeEncodeError" and not _UTF8.search(error.message):
        return False  # the terminal or the log cannot hold the words
    if error.kind == "FileNotFoundError" and any(one.function in STARTS for one in error.frames):
        return False  # a program that is not installed
    kind = getattr(builtins, error.kind, None)
    own = isinstance(kind, type) and issubclass(kind, _OF_PROGRAMS)
    return (own or error.kind in _BY_NAME) and not _NAMES_OTHERS.search(error.message)
