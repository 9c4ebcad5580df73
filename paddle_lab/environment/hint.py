"""The quiet hint under a traceback that a rule knows well; never in the way, never raising."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from paddle_lab.environment.exceptions import exception_text
from paddle_lab.environment.findings import Finding

_STATE = "_paddle_lab_hint"
# Below this an explanation is a guess about a mechanism: worth a look when asked for, not unasked.
_SURE_SCORE = 30.0
_QUIET = ("KeyboardInterrupt", "SystemExit", "UsageError", "PaddleLabError")


class Hint:
    """Listens for cells that failed; :func:`install` puts it on a shell."""

    def __init__(self, ip: Any) -> None:
        self._ip = ip
        self._facts: dict[str, Any] | None = None

    def __call__(self, result: Any) -> None:
        """IPython's ``post_run_cell``: show one line and the commands when a rule is sure."""
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
        return sure_finding(type(error), error, error.__traceback__, self._gathered())

    def _gathered(self) -> dict[str, Any]:
        if self._facts is None:
            from paddle_lab.environment.gathering import collect

            self._facts = collect()
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
    facts: dict[str, Any],
) -> Finding | None:
    """The finding for an exception when a rule knows it well, else None."""
    from paddle_lab.environment.engine import explain

    text = exception_text(etype, value, tb)
    first = next(iter(explain(text, facts, facts_join=False, from_here=True).findings), None)
    if first is None or first.score < _SURE_SCORE or first.severity == "note":
        return None
    return first


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
