"""Runs side by side: which options differ, how they ended, and what may be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from paddle_lab.i18n import T, Text
from paddle_lab.runs.about import read_about
from paddle_lab.runs.registry import RunRef
from paddle_lab.runs.reproduce import changed
from paddle_lab.runs.spec import RunSpec
from paddle_lab.runs.state import RunState


@dataclass(frozen=True)
class Side:
    """One of the runs."""

    ref: RunRef
    spec: RunSpec
    state: RunState


@dataclass(frozen=True)
class Comparison:
    """``differing`` names the options, ``metrics`` what the reports measured, on the part ``split``
    (None where it is not the same in all).

    ``warning`` says that the runs saw different rows, None when they saw the same; ``comparable``,
    whether their metrics may be set side by side all the same.
    """

    sides: tuple[Side, ...]
    differing: tuple[str, ...]
    metrics: tuple[str, ...]
    split: str | None
    warning: Text | None
    comparable: bool

    def to_json(self) -> dict[str, Any]:
        """As ``GET paddle-lab/compare`` answers it."""
        return {
            "runs": [
                {
                    "id": side.ref.id,
                    "name": read_about(side.ref.folder).name or side.ref.name,
                    "state": side.state.state,
                    "seconds": seconds_of(side.state),
                    "coverage": (coverage_of(side.state) or {}).get("mark"),
                }
                for side in self.sides
            ],
            "options": [
                {"name": name, "values": [_plain(getattr(side.spec, name)) for side in self.sides]}
                for name in self.differing
            ],
            "metrics": [
                {"name": name, "values": [metrics_of(side.state).get(name) for side in self.sides]}
                for name in self.metrics
            ],
            "split": self.split,
            "warning": self.warning.to_json() if self.warning else None,
            "comparable": self.comparable,
        }


def compare_runs(refs: Sequence[RunRef]) -> Comparison:
    """Read the runs and set them side by side. Raises RunError for one that cannot be read."""
    sides = tuple(Side(ref, ref.folder.spec(), ref.folder.state()) for ref in refs)
    names = dict.fromkeys(name for side in sides for name in (*changed(side.spec), "extra"))
    warning, comparable = _other_data(refs)
    return Comparison(
        sides=sides,
        differing=tuple(
            name for name in names if len({repr(getattr(side.spec, name)) for side in sides}) > 1
        ),
        metrics=tuple(sorted({name for side in sides for name in metrics_of(side.state)})),
        split=_split(refs),
        warning=warning,
        comparable=comparable,
    )


def _other_data(refs: Sequence[RunRef]) -> tuple[Text | None, bool]:
    """What to say when the runs did not see the same rows, and whether they were measured alike."""
    facts = [known for known in (ref.folder.data_facts() for ref in refs) if known is not None]
    if len({str(known["fingerprint"]) for known in facts}) < 2:
        return None, True
    # Runs from before it was noted have only the sum of all rows, which is of none of these parts.
    if len({str(known.get("evaluated", known["fingerprint"])) for known in facts}) < 2:
        return T(
            "These runs were trained on different rows and measured on the same ones.",
            "这些运行的训练数据不同，但评估所用的数据相同。",
        ), True
    return T(
        "These runs saw different data: their metrics cannot be set side by side.",
        "这些运行使用的数据不同：它们的指标不能直接比较。",
    ), False


def _split(refs: Sequence[RunRef]) -> str | None:
    """The part of the data that all the reports are on."""
    reports = [report for ref in refs if (report := ref.folder.report_data()) is not None]
    found = {str(report["split"]) for report in reports}
    return found.pop() if len(found) == 1 else None


def metrics_of(state: RunState) -> dict[str, Any]:
    """What the run's report measured, empty before there is one."""
    return dict((state.end or {}).get("metrics") or {})


def coverage_of(state: RunState) -> dict[str, Any] | None:
    """Which classes the report's figures leave out, None for none."""
    coverage: dict[str, Any] | None = (state.end or {}).get("coverage")
    return coverage


def seconds_of(state: RunState) -> float | None:
    """How long it trained."""
    seconds: float | None = (state.end or {}).get("train_seconds")
    return seconds


def _plain(value: Any) -> str:
    """An option's value in a table's cell."""
    return "" if value is None else str(value)
