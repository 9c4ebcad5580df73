"""A resumption that could not begin leaves the run as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from paddle_lab.errors import PaddleLabError
from paddle_lab.i18n import T
from paddle_lab.runs.state import Standing

_OF_THE_LINE: Final = ("seq", "t", "kind")


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
