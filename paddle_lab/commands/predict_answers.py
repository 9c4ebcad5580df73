"""The answers of ``predict``: shown in a table, given to a variable, written beside the rows."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.bundle.shown import given_cells, headings_of
from paddle_lab.bundle.tables import Answers, answered
from paddle_lab.commands.context import Context
from paddle_lab.commands.predict_explained import (
    HEADING,
    decided_by,
    explanations,
    how_explained,
    pieces_json,
)
from paddle_lab.commands.predict_processes import answering_of
from paddle_lab.commands.predict_rows import Asked
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.files import files_behind
from paddle_lab.data.table_file import TableFile, free_names
from paddle_lab.i18n import T, Text
from paddle_lab.tasks import Task, get_task
from paddle_lab.text.html import escape

if TYPE_CHECKING:
    from paddle_lab.bundle import Predictor
    from paddle_lab.bundle.explain import Explanation
    from paddle_lab.data.inputs import Inputs

_MOST_SHOWN: Final = 1000
_MOST_IN_A_CELL: Final = 100
_SHOWN_BESIDE_A_FILE: Final = 10
_MOST_LABELS: Final = 8
_QUIET_S: Final = 2.0
_EVERY_S: Final = 5.0
_INTERRUPTED: Final = 130


@dataclass
class _Summary:
    """What there is to tell of all answers, also of those that are not kept."""

    rows: int = 0
    truncated: int = 0
    empty: int = 0
    right: int = 0
    compared: int = 0
    unknown: int = 0
    labels: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, task: Task, answer: Any, cell: Any, labelled: bool) -> None:
        self.rows += 1
        self.truncated += answer.truncated
        self.empty += answer.empty
        label = getattr(answer, "label", None)
        if label in self.labels and not answer.empty:
            self.counts[label] += 1
        if labelled:
            right = task.is_right(answer, cell)
            self.compared += right is not None
            self.right += right is True
            self.unknown += right is None


def answer_rows(
    args: argparse.Namespace, predictor: Predictor, asked: Asked, context: Context
) -> Result:
    """Answer all rows, in batches; what an interrupt leaves is told, and kept."""
    inputs, task = asked.inputs, get_task(predictor.task)
    keep = args.out is None or args.output is not None
    kept: dict[int, Any] = {}
    first: dict[int, Any] = {}
    summary = _Summary(labels=frozenset(predictor.labels))
    done = 0
    written: Text | None = None
    interrupted = False
    with contextlib.ExitStack() as stack:
        answering, size = answering_of(args, predictor, context, stack), int(args.batch_size)
        pairs = answered(answering, inputs, batch_size=size, long_text=args.long_text)
        file = _file(args, task, inputs, stack) if args.out is not None else None
        try:
            for index, answer in _told(pairs, len(inputs) - len(inputs.missing), context):
                labelled = inputs.label is not None
                cell = inputs.cells[index][inputs.label] if inputs.label is not None else None
                summary.add(task, answer, cell, labelled)
                if keep:
                    kept[index] = answer
                if len(first) < _SHOWN_BESIDE_A_FILE:
                    first[index] = answer
                if file is not None:
                    _write_until(file, inputs, task, done, index)
                    file.write(_row_of(file, inputs, task, index, answer))
                    done = index + 1
            if file is not None:
                _write_until(file, inputs, task, done, len(inputs))
                written = T("Written: {path} ({n} rows)", "已写入：{path}（{n} 行）",
                            path=args.out, n=file.rows)  # fmt: skip
        except KeyboardInterrupt:
            interrupted = True
            written = _part_kept(file) if file is not None else None
    answers = (
        Answers([kept.get(n) for n in range(len(inputs))], inputs, asked.data, predictor)
        if keep
        else []
    )
    shown = kept if args.out is None else first
    explained = None
    if args.explain and not interrupted:
        explained = explanations(predictor, inputs, shown, args.long_text)
    notes = [*_notes(summary, inputs, predictor)]
    notes += how_explained(explained, len(shown)) if explained is not None else []
    if interrupted:
        notes.insert(0, T("Interrupted: {n} of {all} rows are answered.",
                          "已中断：{all} 行中已预测 {n} 行。",
                          n=summary.rows, all=len(inputs)))  # fmt: skip
    notes += [written] if written is not None else []
    notes.append(predictor.who)
    most = _MOST_IN_A_CELL if context.notebook else _MOST_SHOWN
    most = most if args.out is None else _SHOWN_BESIDE_A_FILE
    table = _table(inputs, task, shown, args.top_k, most, explained)
    before = [str(note) for note in asked.said]
    after = [str(note) for note in notes]
    hidden = len(inputs) - len(table.rows)
    if hidden > 0 and not interrupted:
        after.insert(0, str(_more(hidden, args.out)))
    return Result(
        "\n".join([*before, table.text(), *after]),
        html="".join(f"<p>{escape(note)}</p>" for note in before)
        + table.html()
        + "".join(f"<p>{escape(note)}</p>" for note in after),
        json=_json(args, inputs, answers, summary, explained or {}),
        value=answers,
        exit_code=_INTERRUPTED if interrupted else 0,
    )


# -- the file -----------------------------------------------------------------------------------


def _file(
    args: argparse.Namespace, task: Task, inputs: Inputs, stack: contextlib.ExitStack
) -> TableFile:
    """The file of ``--out``, with the columns that the task's answers have."""
    names = inputs.column_names()
    own = free_names(names, [*task.answer_columns, "note"])
    sources = files_behind(args.file) if args.file is not None else []
    file = TableFile(args.out, [*names, *own], own=len(own), force=args.force, inputs=sources)
    return stack.enter_context(file)


def _row_of(file: TableFile, inputs: Inputs, task: Task, index: int, answer: Any) -> list[Any]:
    """The row's own cells, then its answer; what means nothing leaves its place empty."""
    keys = task.answer_columns
    beside = {} if answer is None or answer.empty else task.beside(answer)
    note: Text | str = ""
    if index in inputs.missing:
        note = inputs.missing[index]
    elif answer is not None and answer.empty:
        note = T("nothing that the model reads", "没有模型能读取的内容")
    elif answer is not None and answer.truncated:
        note = T("only the beginning was read", "只读取了开头")
    return [*inputs.cells[index], *(beside.get(key) for key in keys), str(note)]


def _write_until(file: TableFile, inputs: Inputs, task: Task, start: int, end: int) -> None:
    """Rows without an answer, which keep their place."""
    for index in range(start, end):
        file.write(_row_of(file, inputs, task, index, None))


def _part_kept(file: TableFile) -> Text:
    rows = file.rows
    path = file.keep_part()
    return T("The rows so far are in {path} ({n}); {name} was not written.",
             "已完成的行保存在 {path}（{n} 行）；没有写入 {name}。",
             path=path, n=rows, name=file.path.name)  # fmt: skip


# -- progress -----------------------------------------------------------------------------------


def _told(pairs: Iterator[tuple[int, Any]], total: int, context: Context) -> Iterator[Any]:
    """The pairs, with a line of progress on standard error where it takes a while."""
    begun = told = time.monotonic()
    line = sys.stderr.isatty() and not context.notebook
    for done, pair in enumerate(pairs):
        yield pair
        now = time.monotonic()
        if now - told < (0.5 if line else _EVERY_S) or now - begun < _QUIET_S:
            continue
        told = now
        text = T("{done} of {total} rows, {speed} a second",
                 "{total} 行中已完成 {done} 行，每秒 {speed} 行",
                 done=done + 1, total=total, speed=int((done + 1) / (now - begun)))  # fmt: skip
        print(f"\r{text} " if line else str(text), end="" if line else "\n", file=sys.stderr,
              flush=True)  # fmt: skip
    if line and told > begun:
        print(file=sys.stderr)


# -- what is shown ------------------------------------------------------------------------------


def _table(
    inputs: Inputs,
    task: Task,
    answers: dict[int, Any],
    top_k: int,
    most: int,
    explained: Mapping[int, Explanation] | None,
) -> Table:
    head = headings_of(task, list(inputs.given), top_k)
    table = Table([*head, *([HEADING] if explained is not None else [])])
    columns = len(task.headings(top_k))
    for index in sorted({*answers, *inputs.missing})[:most]:
        answer = answers.get(index)
        row = {role: values[index] for role, values in inputs.given.items()}
        given = given_cells(task, row, answer)
        cells = task.cells(answer, top_k) if answer is not None else [
            f"({inputs.missing[index]})", *[""] * (columns - 1)]  # fmt: skip
        why = [decided_by(inputs, index, explained)] if explained is not None else []
        table.add([*given, *cells, *why])
    return table


def _more(hidden: int, out: str | None) -> Text:
    if out is not None:
        return T("Further rows in the file: {n}.", "文件中其余行数：{n}。", n=hidden)
    return T("Further rows, not shown: {n}; --out answers.csv writes all of them.",
             "未显示的行数：{n}；--out answers.csv 可写出全部。", n=hidden)  # fmt: skip


def _notes(summary: _Summary, inputs: Inputs, predictor: Predictor) -> Iterator[Text]:
    if summary.counts and summary.rows > _SHOWN_BESIDE_A_FILE:
        counts = summary.counts.most_common(_MOST_LABELS)
        more = len(summary.counts) - len(counts)
        yield T("Answers: {counts}{more}", "结果：{counts}{more}",
                counts=Text(", ".join(f"{excerpt(label)} {n}" for label, n in counts),
                            "，".join(f"{excerpt(label)} {n}" for label, n in counts)),
                more=T(", {n} others", "，另有 {n} 种", n=more) if more else Text("", ""),
                )  # fmt: skip
    if summary.compared and inputs.label is not None:
        yield _accuracy(summary, inputs.column_names()[inputs.label])
    if summary.truncated:
        yield T("{n} longer than {most} tokens: only the beginning was read (--long-text windows "
                "reads all).",
                "{n} 条超过 {most} 个词元：只读取了开头（--long-text windows 可读取全部）。",
                n=summary.truncated, most=predictor.max_len)  # fmt: skip
    if summary.empty:
        yield T("{n} with nothing that the model reads: their answers mean nothing.",
                "{n} 条没有模型能读取的内容：其结果没有意义。", n=summary.empty)  # fmt: skip
    if inputs.missing:
        index, why = min(inputs.missing.items())
        line = inputs.lines[index]
        where = T("line {n}", "第 {n} 行", n=line) if inputs.unit == "line" else T(
            "row {n}", "第 {n} 条", n=line)  # fmt: skip
        yield T("Rows without an answer, which keep their place: {n}; the first, {where}: {why}.",
                "没有结果但保留位置的行：{n}；第一处在{where}：{why}。",
                n=len(inputs.missing), where=where, why=why)  # fmt: skip


def _accuracy(summary: _Summary, column: str) -> Text:
    unknown = T("; rows with none of the model's labels there: {n}",
                "；标签不在模型标签中的行：{n}", n=summary.unknown)  # fmt: skip
    return T("Right by the column {column}: {share:.1%} ({right} of {all} rows){unknown}",
             "按列 {column} 计算的准确率：{share:.1%}（{all} 行中 {right} 行正确）{unknown}",
             column=excerpt(column), share=summary.right / summary.compared,
             right=summary.right, all=summary.compared,
             unknown=unknown if summary.unknown else Text("", ""))  # fmt: skip


def _json(
    args: argparse.Namespace,
    inputs: Inputs,
    answers: Sequence[Any],
    summary: _Summary,
    explained: Mapping[int, Explanation],
) -> Any:
    """Each row with its answer; of a file that was written, what there is to tell of it."""
    if args.out is not None:
        right = summary.right / summary.compared if summary.compared else None
        return {"out": args.out, "rows": len(inputs), "answered": summary.rows,
                "missing": len(inputs.missing), "empty": summary.empty,
                "truncated": summary.truncated, "accuracy": right}  # fmt: skip
    why = {index: pieces_json(inputs, index, one) for index, one in explained.items()}
    return [{**_json_row(inputs, index, answer), **why.get(index, {})}
            for index, answer in enumerate(answers)]  # fmt: skip


def _json_row(inputs: Inputs, index: int, answer: Any) -> dict[str, Any]:
    row = {role: values[index] for role, values in inputs.given.items()}
    if answer is None:
        why = str(inputs.missing[index]) if index in inputs.missing else None
        return {**row, "empty": True, "missing": why}
    return {**row, **answer.to_json()}
