"""Fewer points of a curve for a message of bounded size."""

from __future__ import annotations

import json
from typing import Final

from paddle_lab.runs.events import PASSING, Event

_STEP_BYTES: Final = 190


def thin(events: list[Event], limit: int) -> list[Event]:
    """``events`` in at most about ``limit`` bytes, in order.

    Of ``progress`` events the last stays, if no step comes after it. Of ``step`` events the last
    stays, and of each stretch the lowest and the highest loss.
    """
    if len(events) * _STEP_BYTES <= limit:
        return events
    passing = [event for event in events if event["kind"] in PASSING]
    newest = passing[-1] if passing else None
    events = [event for event in events if event["kind"] != "progress" or event is newest]
    others = [event for event in events if event["kind"] != "step"]
    room = limit - len(json.dumps(others, ensure_ascii=False))
    most = max(3, room // _STEP_BYTES)
    steps = [index for index, event in enumerate(events) if event["kind"] == "step"]
    if len(steps) <= most:
        return events
    stretches = max(1, (most - 1) // 2)
    chosen = {steps[-1]}
    for stretch in range(stretches):
        first = stretch * len(steps) // stretches
        last = (stretch + 1) * len(steps) // stretches
        inside = [index for index in steps[first:last] if events[index].get("loss") is not None]
        if inside:
            chosen.add(min(inside, key=lambda index: events[index]["loss"]))
            chosen.add(max(inside, key=lambda index: events[index]["loss"]))
    return [
        event for index, event in enumerate(events) if event["kind"] != "step" or index in chosen
    ]
