"""``%paddle_data`` and ``paddle-lab data``: what is in the data, before any training."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, current_language
from paddle_lab.options import AnswerOptions, CommandParser, find_option, option, typed
from paddle_lab.options.data import DataOptions
from paddle_lab.options.declare import READING

if TYPE_CHECKING:
    from paddle_lab.data import DataReport, Dataset
    from paddle_lab.tasks import Task

_OF_OTHER_DATA: Final = ("dev", "test", "encoding", "sheet", "limit", "split")
_OF_OTHER_PARTS: Final = ("dev", "test", "limit", "split", "model")
_ASKED: Final = ("text", "label", "column")


@dataclass(frozen=True, kw_only=True)
class DataCommandOptions(AnswerOptions, DataOptions):
    """As a run reads them; above a cell, the data are the cell's rows."""

    train: str = option(
        help=T("file, DataFrame's name, or sample; above a cell with rows, the variable that gets "
               "them",
               "文件、DataFrame 变量名或示例数据；在写有数据行的单元上方时，为保存数据的变量名"),
        positional=True, metavar="DATA", example="train.tsv", values="data",
    )  # fmt: skip
    model: str | None = option(
        None,
        T("also tell what the vocabulary of this model cannot read",
          "同时报告该模型的词表读不懂的内容"),
        example="ernie-3.0-nano-zh", values="models", group=READING,
    )  # fmt: skip
    label_issues: bool = option(
        False,
        T("list rows whose label the other rows contradict, the surest first",
          "列出标签与其他数据矛盾的行，最确定的在前"),
        group=READING, common=True,
    )  # fmt: skip
    out: str | None = option(
        None,
        T("file for all rows of --label-issues, to be judged and given to --drop-issues",
          "保存 --label-issues 全部结果的文件，供人判断后交给 --drop-issues"),
        metavar="FILE", example="issues.tsv", group=READING,
    )  # fmt: skip


def build_parser(prog: str = "%paddle_data") -> CommandParser:
    """The parser of both front ends."""
    examples = [
        f"{prog} reviews",
        f"{prog} train.tsv dev.tsv",
        f"{prog} df --text review --label stars",
        f"{prog} old.csv --encoding gb18030 --skip-bad",
        f"{prog} train.tsv --label-issues --out issues.tsv",
        f"{prog} train.tsv --json",
    ]
    if prog.startswith("%"):
        examples.append(f"%{prog} rows\n很好用,1\n太慢了,0")
    return CommandParser(
        prog,
        DataCommandOptions,
        T("Read and check data as a run would, and report what is in them: classes, lengths, "
          "repeated texts, rows that stand in two parts. Nothing is trained.",
          "按训练时的方式读取并检查数据，报告类别、长度、重复文本以及不同部分之间的重叠；不进行训练。"),
        examples,
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Read, check and report. A cell's body holds rows, and the variable DATA gets them."""
    _refuse_useless(args, context.cell)
    if context.cell is not None:
        return _typed(args, context.cell)
    from paddle_lab.data import prepare
    from paddle_lab.data.folders import with_folder_parts, with_table_parts
    from paddle_lab.tasks import get_task
    from paddle_lab.tasks.recognition import choose_task
    from paddle_lab.training.hub_pins import pinned

    named = {part: getattr(args, part) for part in ("train", "dev", "test")}
    named, _ = pinned(named, context.names or {})
    parts, tables = with_table_parts(named, context.names or {})
    names = {**(context.names or {}), **tables}
    parts = with_folder_parts(parts, names)
    asked = {name: getattr(args, name) for name in _ASKED}
    task = get_task(
        typed(DataCommandOptions, "task", args.task)
        or choose_task(
            parts["train"],
            names=names,
            sep=args.sep,
            encoding=args.encoding,
            sheet=args.sheet,
            **asked,
        )
    )
    if args.label_issues:
        return _label_issues(args, names, task, parts["train"], stays=context.stays)
    prepared = prepare(
        task,
        parts["train"],
        parts["dev"],
        parts["test"],
        **_reading(args, task),
        encoding=args.encoding,
        sheet=args.sheet,
        split=args.split,
        limit=args.limit,
        names=names,
        max_len=args.max_len,
    )
    named_parts = {"train": prepared.train, "dev": prepared.dev, "test": prepared.test}
    given = {name: part for name, part in named_parts.items() if part is not None}
    report = _with_model(args, prepared.report, given)
    found = {
        "labels": prepared.labels,
        "fingerprint": prepared.fingerprint,
        **report.to_json(),
    }
    return _result(args, report, found, prepared)


def _label_issues(
    args: argparse.Namespace, names: Mapping[str, Any], task: Task, source: Any, *, stays: bool
) -> Result:
    """Of the training rows alone: other parts are looked at by naming them in their place."""
    from paddle_lab.commands.label_issues import label_issues
    from paddle_lab.data import read

    data = read(
        task, source, names=names, encoding=args.encoding, sheet=args.sheet,
        **_reading(args, task),
    )  # fmt: skip
    task.check({"train": data})
    program = "%ernie_finetune" if stays else "paddle-lab finetune"
    return label_issues(task, data, args.train, args.out, program)


def _typed(args: argparse.Namespace, cell: str) -> Result:
    from paddle_lab.data import describe, fingerprint, read_typed
    from paddle_lab.tasks import get_task
    from paddle_lab.tasks.recognition import DEFAULT_TASK

    if not args.train.isidentifier():
        raise UsageError(
            T("'{name}' is not a valid variable name.", "“{name}”不是变量名。", name=args.train),
            T("The rows of the cell are kept in a variable.", "单元中的数据行会保存到变量中。"),
            T("For example: %%paddle_data rows", "例如：%%paddle_data rows"),
            code="usage.variable_name",
        )
    _refuse_other_data(args)
    # The magic is the cell's first line: so rows have the number that the editor shows.
    task = get_task(typed(DataCommandOptions, "task", args.task) or DEFAULT_TASK)
    dataset = read_typed(task, "\n" + cell, args.train, **_reading(args, task))
    parts = {"train": dataset}
    report = _with_model(args, describe(task, parts, args.max_len), parts)
    found = {"fingerprint": fingerprint([dataset]), **report.to_json()}
    args.output = args.output or args.train
    return _result(args, report, found, dataset)


def _refuse_useless(args: argparse.Namespace, cell: str | None) -> None:
    """Options that say nothing with, or without, ``--label-issues``."""
    names: tuple[str, ...] = ("out",)
    if args.label_issues:
        names = _OF_OTHER_PARTS if cell is None else ("label_issues", "out")
    options = [find_option(DataCommandOptions, name) for name in names]
    useless = [one.shown for one in options if getattr(args, one.name) != one.default]
    if not useless:
        return
    if args.label_issues:
        raise UsageError(
            T("--label-issues takes no {flags}.", "--label-issues 不接受 {flags}。",
              flags=", ".join(useless)),
            T("It looks at all rows of one file, variable or sample.",
              "它检查一个文件、变量或示例数据的全部行。"),
            T("Name that alone: %paddle_data dev.tsv --label-issues",
              "请只给出它：%paddle_data dev.tsv --label-issues"),
            code="usage.conflict",
        )  # fmt: skip
    raise UsageError(
        T("--out is for --label-issues.", "--out 只能与 --label-issues 一起使用。"),
        T("A data report is printed; it has no file.", "数据报告直接显示，不写入文件。"),
        T("For example: --label-issues --out issues.tsv",
          "例如：--label-issues --out issues.tsv"),
        code="usage.conflict",
    )  # fmt: skip


def _refuse_other_data(args: argparse.Namespace) -> None:
    """Options that say nothing of rows typed in a cell: an error, rather than passed over."""
    options = (find_option(DataCommandOptions, name) for name in _OF_OTHER_DATA)
    useless = [one.shown for one in options if getattr(args, one.name) != one.default]
    if useless:
        raise UsageError(
            T("%%paddle_data {name} takes no {flags}.", "%%paddle_data {name} 不接受 {flags}。",
              name=args.train, flags=", ".join(useless)),
            T("The rows are those of the cell, all of them.", "数据行就是单元中的全部内容。"),
            T("Give it with the line form afterwards: %paddle_data {name}",
              "请在之后的行命令中使用：%paddle_data {name}", name=args.train),
            code="usage.conflict",
        )  # fmt: skip


def _reading(args: argparse.Namespace, task: Task) -> dict[str, Any]:
    from paddle_lab.data.schema import columns_by_role

    columns = columns_by_role(task, args.text, args.label, args.column)
    return {"columns": columns, "sep": args.sep, "skip_bad": args.skip_bad}


def _with_model(
    args: argparse.Namespace, report: DataReport, parts: Mapping[str, Dataset]
) -> DataReport:
    """The report with what the model's vocabulary lacks, where a model is named."""
    if args.model is None:
        return report
    from paddle_lab.models import build_tokenizer, resolve_model
    from paddle_lab.tasks.unread import unread_of

    resolved = resolve_model(args.model)
    tokenizer_json = build_tokenizer(resolved.folder).to_str()
    return report.with_unread(unread_of(tokenizer_json, args.model, args.max_len, parts))


def _result(args: argparse.Namespace, report: Any, found: dict[str, Any], value: Any) -> Result:
    language = current_language()
    return Result(report.text(language), html=report.html(language), json=found, value=value)
