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
    """The traceback of an exception and of those it came from, newest last; cut to a fair length."""
    try:
        text = "".join(traceback.format_exception(etype, value, tb))
    except Exception as error:  # a __str__ of a stranger may itself fail
        text = f"{etype.__name__} ({type(error).__name__} while it was printed)"
    return text[-_LIMIT:]


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
