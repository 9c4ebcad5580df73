"""What was tried and what held, one line a trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from paddle_lab.environment.experiments.changes import Change, is_known, told
from paddle_lab.i18n import T, Text, current_language

#: How a trial "ended" that was not made, because the time for all of them was over.
NO_TIME = "no time"


def trial_lines(trials: Sequence[Mapping[str, Any]], language: str | None = None) -> list[str]:
    """``import paddle in an empty folder: works, 3.9 s``, one line a trial."""
    language = language or current_language()
    return [line.in_language(language) for line in trial_texts(trials)]


def trial_texts(trials: Sequence[Mapping[str, Any]]) -> tuple[Text, ...]:
    """The same lines in both languages."""
    return tuple(map(line_of, trials))


def line_of(trial: Mapping[str, Any]) -> Text:
    """One trial: what was changed, and how it ended."""
    if trial.get("ended") == NO_TIME:
        return T(
            "{what}, and what would come after it: not tried, the time was over",
            "{what}及其后的试验：时间已到，没有进行",
            what=step_and_change(trial),
        )
    seconds = trial.get("seconds")
    took = f"{seconds:.1f}" if isinstance(seconds, (int, float)) else "?"
    if trial.get("ok"):
        return T(
            "{what}: works, {took} s",
            "{what}：成功，{took} 秒",
            what=step_and_change(trial),
            took=took,
        )
    if trial.get("same"):
        how = T("fails in the same way", "同样失败")
    else:
        how = T("fails otherwise", "以另一种方式失败")
    return T(
        "{what}: {how}, {error}",
        "{what}：{how}，{error}",
        what=step_and_change(trial),
        how=how,
        error=error_of(trial),
    )


def error_of(trial: Mapping[str, Any]) -> str:
    """How a trial failed, in a few words: the signal, or the last line of the error."""
    ended = str(trial.get("ended") or "")
    if ended not in ("normally", "early", ""):
        return ended
    lines = [line for line in str(trial.get("text") or "").splitlines() if line[:1].strip()]
    return lines[-1][:160] if lines else ended


def step_and_change(trial: Mapping[str, Any]) -> Text:
    """``import paddle in an empty folder``."""
    step = str(trial.get("step"))
    changes = [
        Change(str(row[0]), tuple(map(str, row[1:])))
        for row in trial.get("changes", [])
        if is_known(row)
    ]
    if not changes:
        return Text("{step}", "{step}", {"step": step})
    return Text("{step} {change}", "{change} {step}", {"step": step, "change": told(changes)})
