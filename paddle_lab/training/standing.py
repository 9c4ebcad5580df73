"""How a run ends whose beginning, or resumption, came to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T, Text
from paddle_lab.runs import RunFolder
from paddle_lab.runs.reserve import Reserve
from paddle_lab.runs.state import Standing

_OF_THE_LINE: Final = ("seq", "t", "kind")


def record_end(
    folder: RunFolder,
    state: str,
    error: PaddleLabError | None = None,
    kept: Text | None = None,
) -> None:
    """Write the end of a run that never began: nobody waits for it, and it can be resumed.

    One that was taken up again stands as it did before. ``kept`` is what its card says of it.
    """
    now = folder.state()
    events: Iterable[tuple[str, dict[str, Any]]]
    if now.before is not None:
        events = stand_as_before(now.before, now.step, error or not_gone_on())
    else:
        fields: dict[str, Any] = {} if error is None else {"error": error.to_json()}
        fields |= {} if kept is None else {"kept": kept.to_json()}
        events = [("end", {"state": state, "step": now.step, **fields})]
    try:
        with folder.open_log() as log:
            for kind, content in events:
                log.append(kind, durable=kind == "end", **content)
    except (OSError, RunError):
        # The disk takes nothing; the error itself reaches the person who called.
        pass
    Reserve(folder.reserve_path).release()


def not_gone_on() -> RunError:
    """The error of a resumption that was interrupted, or left, before its first step."""
    return RunError(
        T("The run was left before it went on.", "运行在继续之前被中止。"),
        T("It stands as it did before.", "它保持原来的状态。"),
        code="run.aborted",
    )


def error_of(end: dict[str, Any] | None) -> PaddleLabError | None:
    """The error that the last process of a run ended with, by the ``end`` event."""
    data = (end or {}).get("resumption") or (end or {}).get("error")
    return RunError.from_json(data) if data else None


def stand_as_before(
    before: Standing, step: int, error: PaddleLabError
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events, kind and fields, after which the run stands as ``before`` the resumption.

    Every view learns from a notice why it was not resumed; ``resumption`` in the ``end`` event
    tells it to whoever waits. A run that had crashed has crashed again, at ``step``.
    """
    text = T("The run could not be resumed: {what}", "无法恢复运行：{what}", what=error.what)
    yield "notice", {"level": "error", "code": "resume-failed", "text": text.to_json()}
    if before.export is not None:
        yield "export", _fields(before.export)
    end = before.end or {"state": "crashed", "step": step}
    yield "end", {**_fields(end), "resumption": error.to_json()}


def _fields(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in _OF_THE_LINE}
