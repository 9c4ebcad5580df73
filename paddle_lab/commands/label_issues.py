"""``%paddle_data FILE --label-issues``: labels that the other rows contradict, to be judged."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.data import Dataset
from paddle_lab.data.dataset import class_order
from paddle_lab.data.dropped import CONFIRMED, HEADINGS
from paddle_lab.data.excerpt import same_text
from paddle_lab.data.judged import judged_table, read_judged
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import atomic_write_text, expanded
from paddle_lab.tasks.folds import FOLDS
from paddle_lab.tasks.label_issues import (
    ROWS_OF_COMMAND,
    LabelIssues,
    issues_of_rows,
    table_of,
)
from paddle_lab.text.html import escape
from paddle_lab.text.short import cut

if TYPE_CHECKING:
    from paddle_lab.tasks import Task

_SHOWN: Final = 10
_CHARACTERS: Final = 44
_BETWEEN: Final = " || "


def label_issues(task: Task, data: Dataset, source: str, out: str | None, prog: str) -> Result:
    """The rows of ``data`` whose label is likely wrong, the surest first; ``out`` gets all of them.

    ``source`` is what a person named the data by, ``prog`` how the fine-tuning is called. Raises
    DataError where nothing can be told, and for a file that cannot be written.
    """
    found = issues_of_rows(
        task, data.name, data, class_order(set(map(str, data.labels))), ROWS_OF_COMMAND
    )
    if found is None:
        raise _not_examined(task, data)
    roles = list(data.given)
    lines = [_summary(found)]
    if out is not None:
        lines.append(_written(task, expanded(out), found, roles))
    if out is not None and found.items:
        lines.append(
            T("Write yes into its column confirmed where the label is wrong, then: {command}",
              "在标签确实有误的行的 confirmed 列写 yes，然后：{command}",
              command=f"{prog} {shlex.quote(source)} --drop-issues {shlex.quote(out)}")
        )  # fmt: skip
    elif found.items:
        lines.append(
            T("Write all of them into a file to judge them: --label-issues --out issues.tsv",
              "把它们全部写入文件以便判断：--label-issues --out issues.tsv")
        )  # fmt: skip
    table = _table(found, data.unit)
    said = [str(line) for line in lines]
    return Result(
        "\n".join([said[0], "", table.text(), "", *said[1:]] if found.items else said),
        html="".join(
            [f"<p>{escape(said[0])}</p>", table.html() if found.items else "",
             *(f"<p>{escape(line)}</p>" for line in said[1:])]
        ),
        json={
            "rows": found.rows, "looked": found.looked, "folds": FOLDS, "seconds": found.seconds,
            "issues": _objects(found, roles),
        },
        value=_objects(found, roles),
    )  # fmt: skip


def _summary(found: LabelIssues) -> Text:
    seen = (
        T("{rows} rows", "{rows} 行", rows=f"{found.rows:,}")
        if found.looked == found.rows
        else T("{looked} of {rows} rows, evenly spaced", "均匀抽取的 {looked} / {rows} 行",
               looked=f"{found.looked:,}", rows=f"{found.rows:,}")
    )  # fmt: skip
    order = T(
        " The first ones mostly are wrong, further down the model is wrong more often: a person "
        "decides.",
        "排在前面的多数确实有误，越往后越可能是模型错了：由人来判断。",
    )
    return T(
        "{name}: {n} labels of {seen} are contradicted by the other rows (TF-IDF in {folds} parts, "
        "each judged by a model of the others; {seconds:.1f} s).{order}",
        "{name}：{seen}中有 {n} 个标签与其他数据矛盾（TF-IDF，分为 {folds} 份，每份由用其余各份"
        "训练的模型判断；{seconds:.1f} 秒）。{order}",
        order=order if found.items else Text("", ""),
        name=found.part,
        n=f"{len(found.items):,}",
        seen=seen,
        folds=FOLDS,
        seconds=found.seconds,
    )


def _table(found: LabelIssues, unit: str) -> Table:
    table = Table(
        [
            T("line", "行号") if unit == "line" else T("row", "序号"),
            T("label", "标签"),
            T("suggested", "建议"),
            T("probability", "概率"),
            T("text", "文本"),
        ]
    )
    for issue in found.items[:_SHOWN]:
        text = cut(_BETWEEN.join(issue.given), _CHARACTERS)
        chance = f"{issue.probability:.1%}"
        table.add([issue.line, issue.label, issue.suggested, chance, text])
    return table


def _objects(found: LabelIssues, roles: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "line": issue.line,
            "label": issue.label,
            "suggested": issue.suggested,
            "probability": issue.probability,
            **dict(zip(roles, issue.given, strict=True)),
        }
        for issue in found.items
    ]


def _written(task: Task, path: Path, found: LabelIssues, roles: Sequence[str]) -> Text:
    """Write the file; what a person confirmed in an earlier one at that place stays confirmed."""
    heading, rows = table_of([found], roles)
    judged = _judged(task, path)
    lines = [list(row) for row in rows]
    place, label = heading.index(CONFIRMED), heading.index("label")
    kept = 0
    for line in lines:
        word = judged.pop((str(line[label]), *map(same_text, line[place + 1 :])), None)
        if word is not None:
            line[place] = word
            kept += 1
    lines += [[None, given[0], None, None, word, *given[1:]] for given, word in judged.items()]
    kept += len(judged)
    try:
        atomic_write_text(path, judged_table(heading, lines))
    except OSError as error:
        raise DataError(
            T("The label issues cannot be written.", "无法写入标签问题。"),
            T("{path}: {error}", "{path}：{error}", path=path, error=error.strerror or error),
            T("Give another place with --out.", "请用 --out 指定其他位置。"),
            code="data.not_saved",
        ) from error
    if not kept:
        return T("Written to {path}.", "已写入 {path}。", path=path)
    return T("Written to {path}; {n} rows that were judged there already stay as they were.",
             "已写入 {path}；其中已判断过的 {n} 行保持不变。", path=path, n=kept)  # fmt: skip


def _judged(task: Task, path: Path) -> dict[tuple[str, ...], str]:
    """What a person wrote into an earlier file, by label and texts. Raises DataError for others."""
    if not path.exists():
        return {}
    try:
        earlier = read_judged(task, path, {CONFIRMED: HEADINGS})
    except DataError as error:
        raise DataError(
            T("{path} exists and is no list of label issues.",
              "{path} 已存在，且不是标签问题列表。", path=path),
            error.what,
            T("Give another file with --out, or remove it.",
              "请用 --out 指定其他文件，或将其删除。"),
            code="data.destination_taken",
        ) from error  # fmt: skip
    return {
        (row.label, *map(same_text, row.plain)): row.others[CONFIRMED]
        for row in earlier.rows
        if row.others[CONFIRMED]
    }


def _not_examined(task: Task, data: Dataset) -> DataError:
    return DataError(
        T("Whether labels of {name} are wrong cannot be told.", "无法判断 {name} 的标签是否有误。",
          name=data.name),
        T("This takes one label a row (classify, pair), and a simple model that tells the rows "
          "apart better than always giving the most frequent label; of these it does not.",
          "这需要每行一个标签（classify、pair），并且简单模型的区分能力要优于总是给出最常见的标签；"
          "对这些数据做不到。"),
        T("After a run, its report lists what the trained model contradicts: %ernie_finetune",
          "运行之后，报告会列出与训练好的模型矛盾的标签：%ernie_finetune"),
        code="data.labels_not_examined",
    )  # fmt: skip
