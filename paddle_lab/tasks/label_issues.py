"""Labels that the data contradict: found in a part, as a block of a report, and as a file.

Of the rows that a model was evaluated on, its own probabilities tell; of all others, those of the
task's simple model, fitted on the other rows (:mod:`paddle_lab.tasks.folds`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from paddle_lab.data.judged import judged_table
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import Evaluation, FileTable
from paddle_lab.tasks.blocks import Advice, Block, Column, Table
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.confident import Contradictions, find_contradictions
from paddle_lab.tasks.folds import FOLDS, folds_of, out_of_fold
from paddle_lab.tasks.label_codec import LabelCodec
from paddle_lab.tasks.label_scored import indices
from paddle_lab.tasks.scores import softmax
from paddle_lab.tasks.verdict import compare
from paddle_lab.text.short import cut

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.tasks.api import Task

#: Rows that a report looks at, and the command at most; the name of the report's file.
ROWS_OF_REPORT: Final = 20_000
ROWS_OF_COMMAND: Final = 200_000
FILE: Final = "issues"
_SHOWN: Final = 10
_CHARACTERS: Final = 40
_LABEL_CHARACTERS: Final = 40
_BETWEEN: Final = " || "


@dataclass(frozen=True)
class Issue:
    """A label that the data contradict.

    ``line`` is where the row stands, ``probability`` that of the ``suggested`` label.
    """

    line: int
    label: str
    suggested: str
    probability: float
    given: tuple[str, ...]


@dataclass(frozen=True)
class LabelIssues:
    """Those of a ``part``, the surest first; ``looked`` rows of it were looked at, by ``model``."""

    part: str
    model: Text
    items: Sequence[Issue]
    looked: int
    rows: int
    seconds: float


def issues_of_rows(
    task: Task, part: str, data: Dataset, labels: Sequence[str], most: int
) -> LabelIssues | None:
    """By the task's simple model, fitted on other rows; at most ``most`` rows, evenly spaced.

    None where the task has no such model, or where it is no better than one that always answers the
    most frequent label: then it contradicts nothing.
    """
    started = time.monotonic()
    spaced = np.linspace(0, len(data) - 1, min(most, len(data))).astype(np.int64)
    # In an order of their own, so that the order in which they are given does not count.
    rows = np.array(sorted(spaced.tolist(), key=lambda row: (data.key(row), data.labels[row])))
    chosen = data.take(rows.tolist())
    features = task.features(chosen)
    if features is None:
        return None
    given = indices(chosen.labels, labels)
    units = chosen.groups or [chosen.key(row) for row in range(len(chosen))]
    fold = folds_of(units, given)
    probabilities = out_of_fold(features, given, len(labels), fold)
    if probabilities is None or not _tells_apart(probabilities, given):
        return None
    found = find_contradictions(probabilities, given, _learnable(given, fold, len(labels)))
    return LabelIssues(
        part,
        T("TF-IDF fitted on other rows", "用其他行训练的 TF-IDF"),
        _items(chosen, rows, labels, found, probabilities),
        len(chosen),
        len(data),
        round(time.monotonic() - started, 2),
    )


def issues_of_evaluation(evaluation: Evaluation) -> LabelIssues | None:
    """By the trained model's own probabilities.

    None for a task of no single label, and where the model is no better than one that always
    answers the most frequent label of these rows.
    """
    codec, data = evaluation.codec, evaluation.data
    if not isinstance(codec, LabelCodec) or not len(data):
        return None
    sums = np.zeros((len(data), len(codec.labels)))
    np.add.at(sums, evaluation.windows.owner, softmax(evaluation.outputs["logits"]))
    probabilities = sums / sums.sum(axis=1, keepdims=True)
    given = indices(data.labels, codec.labels)
    if not _tells_apart(probabilities, given):
        return None
    found = find_contradictions(probabilities, given)
    return LabelIssues(
        evaluation.split,
        T("the model", "模型"),
        _items(data, np.arange(len(data)), codec.labels, found, probabilities),
        len(data),
        len(data),
        0.0,
    )


def blocks_of(found: Sequence[LabelIssues]) -> list[Block]:
    """The surest of each part, and what a person can do about them; none where there are none."""
    if not any(part.items for part in found):
        return []
    rows: list[list[str | float | int | None]] = [
        [cut(_BETWEEN.join(issue.given), _CHARACTERS), f"{part.part} {issue.line}",
         cut(issue.label, _LABEL_CHARACTERS), cut(issue.suggested, _LABEL_CHARACTERS),
         issue.probability]
        for part in found for issue in part.items[:_SHOWN]
    ]  # fmt: skip
    shown = Table(
        T("Labels that the data contradict, the surest first",
          "与数据矛盾的标签，最确定的在前"),
        [
            Column(T("text", "文本")),
            Column(T("row", "行")),
            Column(T("label", "标签")),
            Column(T("suggested", "建议")),
            Column(T("probability", "概率"), "percent"),
        ],
        rows,
        more=sum(len(part.items) for part in found) - len(rows),
    )  # fmt: skip
    return [shown, Advice([said_of(found)])]


def said_of(found: Sequence[LabelIssues]) -> Text:
    """How many there are, by which model, and what to do with the file of the report."""
    parts = [
        T("{n} of {rows} rows of {part} (by {model})", "{part} 的 {rows} 行中有 {n} 行（{model}）",
          n=len(one.items), rows=one.looked, part=one.part, model=one.model)
        for one in found
    ]  # fmt: skip
    return T(
        "Labels that may be wrong: {parts}. The first ones mostly are, further down the model is "
        "wrong more often: a person decides. All stand in report/issues.csv: write yes into its "
        "column confirmed, and train without them with --drop-issues FILE.",
        "可能有误的标签：{parts}。排在前面的多数确实有误，越往后越可能是模型错了：由人来判断。"
        "全部列在 report/issues.csv 中：在 confirmed 列写 yes，"
        "再用 --drop-issues 文件 去掉它们训练。",
        parts=Text("; ".join(part.in_language("en") for part in parts),
                   "；".join(part.in_language("zh") for part in parts)),
    )  # fmt: skip


def table_of(found: Sequence[LabelIssues], roles: Sequence[str]) -> FileTable:
    """What a person confirms rows in: a heading and its rows."""
    heading = ("line", "label", "suggested", "score", "confirmed", *roles)
    rows = [
        (issue.line, issue.label, issue.suggested, issue.probability, None, *issue.given)
        for part in found for issue in part.items
    ]  # fmt: skip
    return heading, rows


def text_of(found: Sequence[LabelIssues], roles: Sequence[str]) -> str:
    """The same as text, for ``--drop-issues``."""
    return judged_table(*table_of(found, roles))


def _items(
    data: Dataset, rows: IntArray, labels: Sequence[str], found: Contradictions, probabilities: Any
) -> list[Issue]:
    chosen = [row for row in found.order.tolist() if found.likely_wrong[row]]
    columns = list(data.given.values())
    return [
        Issue(
            data.lines[row] or int(rows[row]) + 1,
            str(data.targets[row]),
            labels[found.suggested[row]],
            round(float(probabilities[row, found.suggested[row]]), 4),
            tuple(str(values[row]) for values in columns),
        )
        for row in chosen
    ]


def _tells_apart(probabilities: Any, given: IntArray) -> bool:
    """Whether the model is right on more rows than whoever always answers the same."""
    usual = np.bincount(given).argmax()
    return compare(probabilities.argmax(axis=1) == given, given == usual) == "better"


def _learnable(given: IntArray, fold: IntArray, classes: int) -> Any:
    """Whether the class of each row has rows in another fold than its own [rows]."""
    counts = np.zeros((classes, FOLDS), dtype=np.int64)
    np.add.at(counts, (given, fold), 1)
    return counts.sum(axis=1)[given] > counts[given, fold]
