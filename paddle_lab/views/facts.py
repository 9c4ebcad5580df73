"""The sentences about a run that every static form says: terminal, page and saved notebook."""

from __future__ import annotations

import re
from typing import Any

from paddle_lab.runs.state import LIVE_STATES
from paddle_lab.text.numbers import amount, count, duration, figure, megabytes, number
from paddle_lab.views.curve import metric_of
from paddle_lab.views.words import Words

Fact = tuple[str, str]


def facts(snapshot: dict[str, Any], words: Words) -> list[Fact]:
    """Name and value of the numbers at the head of a run."""
    columns = snapshot["columns"]
    total = snapshot.get("total_steps")
    step = _last(columns["step"])
    found = _measured(snapshot, words)
    if step is not None:
        whole = f"{count(int(step))} / {count(total)}" if total else count(int(step))
        found.append((words("number.step"), whole))
        found.append((words("number.loss"), number(_last(columns["loss"]))))
    best = next((item for item in reversed(snapshot["evals"]) if item.get("best")), None)
    if best is not None:
        metric = metric_of(snapshot)
        value = figure(metric, best["metrics"].get(metric)) + coverage_mark(best, words)
        found.append((words("number.best", metric=metric), value))
    speed = _last(columns["samples_per_s"])
    if speed is not None:
        found.append((words("number.speed"), f"{speed:.0f}"))
    for key, name in (("memory_mb", "number.memory"), ("gpu_memory_mb", "number.gpu_memory")):
        if _last(columns[key]) is not None:
            found.append((words(name), megabytes(_last(columns[key]))))
    if snapshot.get("left_s") is not None:
        found.append((words("number.left"), duration(snapshot["left_s"], words.language)))
    elif snapshot.get("started") is not None and snapshot.get("ended") is not None:
        took = snapshot["ended"] - snapshot["started"]
        found.append((words("number.took"), duration(took, words.language)))
    return found


def _measured(snapshot: dict[str, Any], words: Words) -> list[Fact]:
    """The figure of the report: what the run is worth, before what it looked like on the way."""
    report, metric = snapshot.get("report"), metric_of(snapshot)
    value = (report or {}).get("metrics", {}).get(metric)
    if report is None or value is None or report["split"] == "dev":
        return []
    return [(words.of_split(report["split"], metric), figure(metric, value))]


def coverage_mark(item: dict[str, Any], words: Words) -> str:
    """`` (3 of 5 classes)`` for an evaluation that lacks classes, else nothing."""
    coverage = item.get("coverage")
    return f" ({words.text(coverage['mark'])})" if coverage else ""


def state_line(snapshot: dict[str, Any], words: Words, *, counted: bool = True) -> str:
    """``Training: evaluating 3 / 12``, or the bare state of a run that is over."""
    phase = snapshot.get("phase")
    state = words("state." + state_key(snapshot))
    if snapshot.get("end") is not None or not phase or snapshot["state"] == "crashed":
        return state
    doing = words("phase." + str(phase.get("phase")))
    if phase.get("detail"):
        doing += f" ({words.text(phase['detail'])})"
    if counted and isinstance(phase.get("done"), int) and isinstance(phase.get("total"), int):
        doing += f" {count(phase['done'])} / {count(phase['total'])}"
    return state if doing.lower() == state.lower() else f"{state}: {doing}"


def state_key(snapshot: dict[str, Any]) -> str:
    """The state as a person is told it: one that was asked to stop is stopping."""
    state = str(snapshot["state"])
    if state not in LIVE_STATES:
        return state
    if snapshot.get("stopping"):
        return "stopping"
    return "starting" if state == "queued" and not snapshot.get("phase") else state


def proof(snapshot: dict[str, Any], words: Words) -> str | None:
    """One sentence on the exported model, or None when nothing was exported."""
    export = snapshot.get("export")
    if not export:
        return None
    if not export.get("ok"):
        if snapshot.get("no_bundle") is False:
            return words("export.later")
        return f"{words('export.failed')} {words('export.again', id=snapshot['run_id'])}"
    sentence = words(
        "export.ok",
        rows=export.get("rows", "–"),
        diff=number(export.get("max_abs_diff")),
        tolerance=number(export.get("tolerance")),
    )
    extras = []
    timed = export.get("latency_ms") or {}
    latency = ", ".join(
        f"{case(name)} {amount(value)} ms" for name, value in sorted(timed.items(), key=_sizes)
    )
    if latency:
        extras.append(words("export.latency", latency=latency))
    if export.get("size_mb") is not None:
        extras.append(words("export.size", size=amount(export["size_mb"])))
    return " ".join([sentence, *(extra + "." for extra in extras)])


def _sizes(timed: tuple[str, Any]) -> list[int]:
    """Rows and tokens of a measured case: a saved notebook keeps no order of names."""
    return [int(digits) for digits in re.findall(r"\d+", timed[0])]


def case(name: str) -> str:
    """A measured case in short: ``b32_len64`` is ``32 × 64``; other names stay."""
    found = re.fullmatch(r"b(\d+)_len(\d+)", name)
    return f"{found[1]} × {found[2]}" if found else name


def damage(snapshot: dict[str, Any], words: Words) -> str | None:
    """One sentence on lines of the log that could not be read, or None."""
    passed = snapshot.get("passed_over")
    return words("events.passed_over", n=count(passed)) if passed else None


def error_of(snapshot: dict[str, Any], words: Words) -> list[str]:
    """What happened, why, and what to do, when a run or its export failed; else []."""
    end, export = snapshot.get("end") or {}, snapshot.get("export") or {}
    error = end.get("error") or export.get("error")
    if error:
        parts = [error.get("what"), error.get("why"), error.get("fix")]
        return [words.text(part) for part in parts if part]
    if snapshot["state"] == "crashed":
        return [words("error.crashed"), words("error.resume", id=snapshot["run_id"])]
    return []


def _last(column: list[Any]) -> Any:
    return next((value for value in reversed(column) if value is not None), None)
