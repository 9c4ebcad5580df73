"""How a search stands, as ``trials.json`` and the files of those that joined hold it."""

from __future__ import annotations

from typing import Any, Final

from paddle_lab.runs.checks import compiled

_ROW: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "number": {"type": "integer", "minimum": 0, "maximum": 10**6},
        "params": {"type": "object"},
        "run": {"type": ["string", "null"]},
        "state": {"enum": ["running", "complete", "pruned", "failed", "stopped"]},
        "value": {"type": ["number", "null"]},
        "evaluations": {"type": "array", "items": {"type": "number"}},
        "step": {"type": "integer", "minimum": 0, "maximum": 10**12},
        "seconds": {"type": "number"},
        "reason": {"anyOf": [{"$ref": "#/$defs/Text"}, {"type": "null"}]},
        "error": {"anyOf": [{"$ref": "#/$defs/Error"}, {"type": "null"}]},
    },
    "required": ["number", "params", "run", "state", "value", "evaluations", "step", "seconds"],
}
_ROWS: Final = {"type": "array", "items": _ROW, "maxItems": 20_000}
CHECK_TRIALS: Final = compiled(
    {
        "type": "object",
        "properties": {
            "state": {"enum": ["running", "finished", "stopped", "failed"]},
            "leaving": {"type": "boolean"},
            "limits": {
                "type": "object",
                "properties": {
                    "trials": {"type": "integer", "minimum": 1, "maximum": 10**6},
                    "minutes": {"type": ["number", "null"]},
                },
                "required": ["trials", "minutes"],
            },
            "seconds": {"type": "number"},
            "best": {"type": ["integer", "null"]},
            "importance": {
                "anyOf": [
                    {"type": "object", "additionalProperties": {"type": "number"}},
                    {"type": "null"},
                ]
            },
            "finishing": {"type": ["string", "null"]},
            "finished": {"type": ["string", "null"]},
            "error": {"anyOf": [{"$ref": "#/$defs/Error"}, {"type": "null"}]},
            "workers": {"type": "array", "items": {"type": "string"}},
            "trials": _ROWS,
        },
        "required": ["state", "seconds", "trials"],
    }
)
CHECK_WORKER: Final = compiled(
    {
        "type": "object",
        "properties": {
            "state": {"enum": ["working", "left"]},
            "renewed": {"type": "integer", "minimum": 0},
            "process": {"type": "object"},
            "trials": _ROWS,
        },
        "required": ["state", "renewed", "process", "trials"],
    }
)
