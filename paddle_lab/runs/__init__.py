"""The run folder: specification, events, requests, state and registry. Never imports paddle."""

from paddle_lab.runs.events import Event, EventLog, EventTail
from paddle_lab.runs.folder import RunFolder
from paddle_lab.runs.process import ProcessMark
from paddle_lab.runs.registry import Registry, RunRef
from paddle_lab.runs.spec import RunSpec
from paddle_lab.runs.state import RunState

__all__ = [
    "Event",
    "EventLog",
    "EventTail",
    "ProcessMark",
    "Registry",
    "RunFolder",
    "RunRef",
    "RunSpec",
    "RunState",
]
