"""The quiet hint under a traceback; never in the way, never raising.

It appears when two things hold: a library's own code failed (not the person's), and a fact of this
machine confirms the cause. What a text alone suggests is told only to who asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from paddle_lab.environment.blame import read
from paddle_lab.environment.exceptions import exception_text
from paddle_lab.environment.findings import Finding

_STATE = "_paddle_lab_hint"
_SURE = ("proven", "confirmed")
_QUIET = ("KeyboardInterrupt", "SystemExit", "UsageError", "PaddleLabError")
Facts = dict[str, Any]


class Hint:
    """Listens for cells that failed; :func:`install` puts it on a shell."""

    def __init__(self, ip: Any) -> None:
        self._ip = ip
        self._facts: Facts | None = None
        self._state = ""

    def __call__(self, result: Any) -> None:
        """IPython's ``post_run_cell``: show one line and the commands when the cause is sure."""
        try:
            error = getattr(result, "error_in_exec", None) or getattr(
                result, "error_before_exec", None
            )
            finding = self._known(error) if isinstance(error, BaseException) else None
            if finding is not None:
                self._show(finding)
        except Exception as problem:  # a hint that fails must cost nobody their traceback
            self._last_problem = problem

    def _known(self, error: BaseException) -> Finding | None:
        names = {cls.__name__ for cls in type(error).__mro__}
        if names & set(_QUIET):
            return None
        return sure_finding(type(error), error, error.__traceback__, self._gathered)

    def _gathered(self) -> Facts:
        """The facts of now: gathered again when something was installed since."""
        from paddle_lab.environment.gathering import collect
        from paddle_lab.environment.imports.state import state_key

        state = state_key()
        if self._facts is None or state != self._state:
            self._facts, self._state = collect(), state
        return self._facts

    @staticmethod
    def _show(finding: Finding) -> None:
        from IPython.display import display

        from paddle_lab.environment.hint_view import HintView

        display(HintView(finding))


def sure_finding(
    etype: type[BaseException],
    value: BaseException,
    tb: TracebackType | None,
    gathered: Callable[[], Facts],
) -> Finding | None:
    """The finding for an exception when this machine confirms it, else None.

    ``gathered`` gives the facts; it is asked only when a library's code failed and something is
    known to say, because gathering takes about a second.
    """
    from paddle_lab.environment.engine import explain

    text = exception_text(etype, value, tb)
    trace = read(text)
    if trace is None or not (trace.in_library or isinstance(value, ImportError)):
        return None
    facts = gathered()
    for finding in explain(text, facts, facts_join=False, from_here=True).findings[:1]:
        by_structure = finding.sources == ("this traceback",)
        if (
            finding.certainty in _SURE
            and finding.severity != "note"
            and (by_structure or trace.in_library)
        ):
            return finding
    return None


def install(ip: Any) -> None:
    """Switch the hints of a shell on. Twice is once."""
    if getattr(ip, _STATE, None) is None:
        hint = Hint(ip)
        ip.events.register("post_run_cell", hint)
        setattr(ip, _STATE, hint)


def uninstall(ip: Any) -> None:
    """Switch them off again."""
    hint = getattr(ip, _STATE, None)
    if hint is not None:
        ip.events.unregister("post_run_cell", hint)
        delattr(ip, _STATE)


def installed(ip: Any) -> bool:
    """Are the hints of this shell on?"""
    return getattr(ip, _STATE, None) is not None
