"""Which of the classes that training knows an evaluation has rows of, and what is said where not.

A figure over rows that lack a class says nothing of that class: every figure of such an evaluation
is marked with how many classes it is of, and a mean over classes is one over those that have rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.blocks import Block, Metrics, Table, Verdict

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.tasks.api import Task

_NAMED: Final = 5
_MOST: Final = 30


@dataclass(frozen=True)
class Coverage:
    """``present`` of ``total`` classes have rows, ``absent`` have none; ``kinds`` names them."""

    present: int
    total: int
    absent: tuple[str, ...]
    kinds: Text

    @property
    def mark(self) -> Text:
        """What stands behind a figure: "3 of 5 classes"."""
        return T("{present} of {total} {kinds}", "{total} 个{kinds}中的 {present} 个",
                 present=self.present, total=self.total, kinds=self.kinds)  # fmt: skip

    @property
    def sentence(self) -> Text:
        """What the figures do not tell."""
        more = ", …" if len(self.absent) > _NAMED else ""
        return T(
            "These figures say nothing of {n} of {total} {kinds}, which have no row here: {names}.",
            "这些指标不反映 {total} 个{kinds}中的 {n} 个，因为这里没有它们的数据：{names}。",
            n=len(self.absent),
            total=self.total,
            kinds=self.kinds,
            names=", ".join(f"'{excerpt(one)}'" for one in self.absent[:_NAMED]) + more,
        )

    def to_json(self) -> dict[str, Any]:
        """As events, reports and bundles hold it; at most 30 names."""
        return {
            "present": self.present,
            "total": self.total,
            "absent": [excerpt(one) for one in self.absent[:_MOST]],
            "mark": self.mark.to_json(),
        }


def coverage_of(task: Task, data: Dataset, known: Sequence[str]) -> Coverage | None:
    """What ``data`` lack of the classes that training knows.

    None where they lack none, and for tasks whose figures are of no classes.
    """
    if task.classes is None:
        return None
    there = {one for target in data.targets for one in task.counted(target)}
    absent = tuple(one for one in known if one not in there)
    if not absent:
        return None
    return Coverage(len(known) - len(absent), len(known), absent, task.classes)


def marked(blocks: Sequence[Block], task: Task, coverage: Coverage | None) -> list[Block]:
    """The blocks of a report with every figure and table marked by what it leaves out."""
    if coverage is None:
        return list(blocks)
    return [_marked(block, {spec.name for spec in task.metrics}, coverage) for block in blocks]


def _marked(block: Block, named: set[str], coverage: Coverage) -> Block:
    if isinstance(block, Metrics):
        items = [replace(item, note=coverage.mark) if item.name in named else item
                 for item in block.items]  # fmt: skip
        return Metrics(items, coverage.sentence)
    if isinstance(block, Verdict):
        text = T("{text}, {mark}", "{text}，{mark}", text=block.text, mark=coverage.mark)
        return replace(block, text=text)
    if isinstance(block, Table):
        title = T("{title} ({mark})", "{title}（{mark}）", title=block.title, mark=coverage.mark)
        return replace(block, title=title)
    return block
