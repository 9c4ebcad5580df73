"""What a search was asked for, and what of it is believed when it is read from a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from paddle_lab.errors import RunError, UsageError
from paddle_lab.i18n import T
from paddle_lab.options.declare import options_of
from paddle_lab.options.values import unknown_option, wrong_kind
from paddle_lab.runs.checks import compiled
from paddle_lab.runs.spec import RunSpec
from paddle_lab.search.space import Dimension, check_space, searchable

FORMAT: Final = 1
#: Options of a run that a search has not: trials are processes of their own, on one machine each.
NOT_TAKEN: Final = ("isolate", "nnodes", "master", "nodes")
_PLAN: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("id", "name", "task", "metric", "pruner")},
        **{name: {"type": "integer", "minimum": 0, "maximum": 10**9}
           for name in ("format", "trials", "jobs", "seed", "startup", "evaluations")},
        "created": {"type": "number"},
        "minutes": {"type": ["number", "null"]},
        "higher": {"type": "boolean"},
        "fingerprint": {"type": ["string", "null"]},
        "given": {"type": "object"},
        "space": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "kind": {"enum": ["int", "float", "str"]},
                    "low": {"type": ["number", "null"]},
                    "high": {"type": ["number", "null"]},
                    "log": {"type": "boolean"},
                    "values": {"type": "array",
                               "items": {"type": ["string", "number", "boolean"]}},
                },
                "required": ["name", "kind", "low", "high", "log", "values"],
            },
        },
    },
    "required": ["format", "id", "name", "created", "task", "metric", "higher", "given", "space",
                 "trials", "minutes", "jobs", "seed", "pruner", "startup", "evaluations"],
}  # fmt: skip
CHECK_PLAN: Final = compiled(_PLAN)


@dataclass(frozen=True)
class SearchPlan:
    """What a search was asked for. ``minutes`` None: no limit.

    ``given`` are the options of all trials, ``space`` those that vary. ``higher``: whether a higher
    ``metric`` is better. ``startup`` trials are drawn before the search learns; ``evaluations`` is
    how many a trial has at most; ``fingerprint`` tells its rows from any others (None: a search
    of an earlier version).
    """

    id: str
    name: str
    created: float
    task: str
    metric: str
    higher: bool
    given: Mapping[str, Any]
    space: tuple[Dimension, ...]
    trials: int
    minutes: float | None
    jobs: int
    seed: int
    pruner: str
    startup: int
    evaluations: int
    fingerprint: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As ``search.json`` holds it."""
        return {**asdict(self), "format": FORMAT, "space": [one.to_json() for one in self.space]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SearchPlan:
        """Read what :meth:`to_json` wrote; keys of a later version are passed over."""
        known = {one.name: data[one.name] for one in fields(cls) if one.name in data}
        return cls(**{**known, "space": tuple(map(Dimension.from_json, data["space"]))})


def checked_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a run that were given from Python, as :func:`space_of` takes them.

    A list of values that a search may vary is written as in a line. Raises UsageError for a name
    that is no option of a search, and for values that cannot be written in one.
    """
    known = {one.name: one for one in options_of(RunSpec) if one.stored}
    varied = {one.name for one in searchable()}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known or name in NOT_TAKEN:
            raise unknown_option(name, set(known) - set(NOT_TAKEN))
        found[name] = value
        if name in varied and isinstance(value, (list, tuple)):
            words = [str(one) for one in value]
            if len(words) < 2 or any("," in word for word in words):
                raise wrong_kind(known[name], value)
            found[name] = ",".join(words)
    return found


def check_plan(plan: SearchPlan) -> None:
    """Refuse a search that nobody could have asked for by a line.

    ``search.json`` may come from anyone: its options and what varies are judged as if a person had
    just given them. The values themselves are judged when a trial is made of them. Raises RunError.
    """
    known = {one.name for one in options_of(RunSpec) if one.stored} - set(NOT_TAKEN)
    strange = sorted(set(plan.given) - known)
    try:
        if strange:
            raise UsageError(
                T("'{name}' is no option of a search.", "“{name}”不是搜索的选项。",
                  name=strange[0]),
                code="usage.unknown_option",
            )  # fmt: skip
        check_space(plan.space)
    except UsageError as error:
        raise RunError(
            T("This search was not written by Paddle Lab as it is.",
              "该搜索的内容不是由 Paddle Lab 写成的。"),
            T("search.json: {what}", "search.json：{what}", what=error.what),
            T("Start a new search.", "请开始新的搜索。"),
            code="run.unreadable",
        ) from error  # fmt: skip
