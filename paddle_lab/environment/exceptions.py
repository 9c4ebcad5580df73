"""Exceptions of the kernel as texts that the rules can read."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from paddle_lab.environment.engine import Explanation, explain

_LIMIT = 60_000


def exception_text(
    etype: type[BaseException], value: BaseException | None, tb: TracebackType | None
) -> str:
    """The traceback of an exception and of those it came from, without the lines of code."""
    parts: list[str] = []
    error: BaseException | None = value
    frames: TracebackType | None = tb
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        parts.append(_one(error, frames))
        cause = error.__cause__
        error = cause or (None if error.__suppress_context__ else error.__context__)
        frames = error.__traceback__ if error is not None else None
    return "\n".join(reversed(parts or [etype.__name__]))[-_LIMIT:]


def _one(error: BaseException, tb: TracebackType | None) -> str:
    """One exception: files and functions, then the message; lines of code would mislead."""
    lines = ["Traceback (most recent call last):"]
    for frame, number in traceback.walk_tb(tb):
        code = frame.f_code
        lines.append(f'  File "{code.co_filename}", line {number}, in {code.co_name}')
    try:
        message = "".join(traceback.format_exception_only(type(error), error)).rstrip()
    except Exception as problem:  # a stranger's __str__ may itself fail
        message = f"{type(error).__name__} ({type(problem).__name__} while it was printed)"
    return "\n".join([*lines, message])


def explain_exception(
    etype: type[BaseException],
    value: BaseException | None,
    tb: TracebackType | None,
    facts: Mapping[str, Any] | None = None,
) -> Explanation:
    """What an exception means, and its fix, checked against this machine's facts."""
    if facts is None:
        from paddle_lab.environment.gathering import collect

        facts = collect()
    return explain(exception_text(etype, value, tb), facts)


def last_exception() -> str | None:
    """The text of the last exception that reached the top of this interpreter, or None."""
    value = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    if value is None:
        return None
    return exception_text(type(value), value, value.__traceback__)
