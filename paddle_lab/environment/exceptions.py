"""Exceptions of the kernel as texts that can be explained."""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from paddle_lab.environment.engine import explain
from paddle_lab.environment.explanation import Explanation

_LIMIT = 60_000
_MOST_CAUSES = 30
# As Python prints them.
_FROM = "\nThe above exception was the direct cause of the following exception:\n"
_HANDLING = "\nDuring handling of the above exception, another exception occurred:\n"


def exception_text(
    etype: type[BaseException], value: BaseException | None, tb: TracebackType | None
) -> str:
    """The traceback of an exception and of those it came from, as Python prints it.

    Never fails, whatever the exception's class does, and looks at some causes only.
    """
    parts: list[str] = []
    error: BaseException | None = value
    frames: TracebackType | None = tb
    seen: set[int] = set()
    link = ""
    while error is not None and id(error) not in seen and len(seen) < _MOST_CAUSES:
        seen.add(id(error))
        if parts:
            parts.append(link)
        parts.append(_one(error, frames))
        link = _FROM if _attribute(error, "__cause__") is not None else _HANDLING
        error = _cause(error)
        frames = _attribute(error, "__traceback__")
    return "\n".join(reversed(parts or [etype.__name__]))[-_LIMIT:]


def _cause(error: BaseException) -> BaseException | None:
    cause = _attribute(error, "__cause__")
    if cause is None and not _attribute(error, "__suppress_context__"):
        cause = _attribute(error, "__context__")
    return cause if isinstance(cause, BaseException) else None


def _attribute(error: BaseException | None, name: str) -> Any:
    try:
        return getattr(error, name, None)
    except Exception:  # a stranger's property may itself fail
        return None


def _one(error: BaseException, tb: TracebackType | None) -> str:
    """One exception: files, functions and their lines of code, then the message."""
    lines = ["Traceback (most recent call last):"]
    for frame, number in traceback.walk_tb(tb):
        code = frame.f_code
        lines.append(f'  File "{code.co_filename}", line {number}, in {code.co_name}')
        quoted = _line_of_code(code.co_filename, number)
        lines += [f"    {quoted}"] if quoted else []
    if isinstance(error, SyntaxError):
        lines.append(f'  File "{error.filename}", line {error.lineno}')
    # Not traceback's own form: that looks at all causes again for each of them.
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    name = name.removeprefix("builtins.").removeprefix("__main__.")
    try:
        message = str(error.msg if isinstance(error, SyntaxError) else error)[:_LIMIT]
        lines.append(f"{name}: {message}" if message else name)
        lines += [str(note)[:_LIMIT] for note in list(_attribute(error, "__notes__") or [])[:10]]
    except Exception as problem:  # a stranger's __str__ may itself fail
        lines.append(f"{name} ({type(problem).__name__} while it was printed)")
    return "\n".join(lines)


def _line_of_code(file: str, number: int) -> str:
    try:
        linecache.checkcache(file)
        return linecache.getline(file, number).strip()[:300]
    except Exception:  # a file that is no text, a cache that a stranger changed
        return ""


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
    return explain(exception_text(etype, value, tb), facts, from_here=True)


def last_exception() -> str | None:
    """The text of the last exception that reached the top of this interpreter, or None."""
    value = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    if value is None:
        return None
    return exception_text(type(value), value, value.__traceback__)
