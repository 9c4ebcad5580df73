"""``%paddle_data`` and ``paddle-lab data``: what is in the data, before any training."""

from __future__ import annotations

import argparse
from typing import Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.parser import CommandParser, add_common
from paddle_lab.commands.result import Result
from paddle_lab.errors import UsageProblem
from paddle_lab.i18n import T, current_language

SPLIT: Final = 0.1
_COLUMNS: Final = (
    ("--text", "column of the text, by name or by number from 0", "文本列的名称，或从 0 开始的编号",
     "--text review"),
    ("--label", "column of the label", "标签列", "--label stars"),
    ("--sep", "what separates columns", "列分隔符", "--sep tab"),
)  # fmt: skip


def build_parser(prog: str = "%paddle_data") -> CommandParser:
    """The parser of both doors."""
    parser = CommandParser(
        prog=prog,
        description=str(
            T("Read and check data as a run would, and report what is in them: classes, lengths, "
              "repeated texts, rows that stand in two parts. Nothing is trained.",
              "按训练时的方式读取并检查数据，报告类别、长度、重复文本以及不同部分之间的重叠；不进行训练。")
        ),
        epilog=_examples(prog),
    )  # fmt: skip
    _add_parts(parser)
    reading = parser.add_argument_group(str(T("reading", "读取")))
    for flag, en, zh, example in _COLUMNS:
        _option(reading, flag, en, zh, example)
    _option(reading, "--encoding", "encoding of the files, auto by default", "文件编码，默认 auto",
            "--encoding gb18030")  # fmt: skip
    reading.add_argument(
        "--skip-bad",
        action="store_true",
        help=str(T("drop rows that cannot be used instead of refusing the data, e.g. --skip-bad",
                   "丢弃不能使用的行，而不是报错，例如 --skip-bad")),
    )  # fmt: skip
    _option(reading, "--split", "share set aside for evaluation when there is no second file",
            "没有评估文件时留作评估的比例", "--split 0.1", kind=float, default=SPLIT)  # fmt: skip
    _option(reading, "--limit", "training rows to keep at most: a fair sample",
            "最多保留的训练行数（均匀抽样）", "--limit 2000", kind=int)  # fmt: skip
    _option(reading, "--max-len", "tokens of a text that the model will read",
            "模型读取的最大词元数", "--max-len 128", kind=int, default=128)  # fmt: skip
    group = add_common(parser)
    if prog.startswith("%"):
        _option(group, "-o", "variable that gets the prepared data", "保存数据的变量名", "-o data",
                dest="output")  # fmt: skip
    return parser


def _add_parts(parser: CommandParser) -> None:
    group = parser.add_argument_group(str(T("data", "数据")))
    group.add_argument(
        "data",
        help=str(T("file, DataFrame's name, or sample: train.tsv, df, reviews; above a cell with "
                   "rows, the variable that gets them",
                   "文件、DataFrame 变量名或示例数据：train.tsv、df、reviews；"
                   "在写有数据行的单元上方时，为保存数据的变量名")),
    )  # fmt: skip
    group.add_argument("dev", nargs="?", help=str(T("data to evaluate on", "评估数据")))
    _option(group, "--test", "data for the final report", "最终报告所用数据", "--test test.tsv")


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Read, check and report. A cell's body holds rows, and the variable DATA gets them."""
    if context.cell is not None:
        return _typed(args, context.cell)
    from paddle_lab.data import prepare

    prepared = prepare(
        args.data,
        args.dev,
        args.test,
        **_reading(args),
        encoding=args.encoding,
        split=args.split,
        limit=args.limit,
        names=context.names,
        max_len=args.max_len,
    )
    found = {
        "labels": prepared.labels,
        "fingerprint": prepared.fingerprint,
        **prepared.report.to_json(),
    }
    return _result(args, prepared.report, found, prepared)


def _typed(args: argparse.Namespace, cell: str) -> Result:
    from paddle_lab.data import describe, fingerprint, read_typed

    if not args.data.isidentifier():
        raise UsageProblem(
            T("'{name}' is no variable name.", "“{name}”不是变量名。", name=args.data),
            T("The rows of the cell are kept in a variable.", "单元中的数据行会保存到变量中。"),
            T("For example: %%paddle_data rows", "例如：%%paddle_data rows"),
        )
    _refuse_other_data(args)
    # The magic is the cell's first line: so rows have the number that the editor shows.
    dataset = read_typed("\n" + cell, args.data, **_reading(args))
    report = describe({"train": dataset}, args.max_len)
    found = {"fingerprint": fingerprint([dataset]), **report.to_json()}
    args.output = args.output or args.data
    return _result(args, report, found, dataset)


def _refuse_other_data(args: argparse.Namespace) -> None:
    """Options that say nothing of rows typed in a cell: an error, rather than passed over."""
    useless = [
        flag
        for flag, given in (
            ("DEV", args.dev),
            ("--test", args.test),
            ("--encoding", args.encoding),
            ("--limit", args.limit),
            ("--split", args.split != SPLIT),
        )
        if given
    ]
    if useless:
        raise UsageProblem(
            T("%%paddle_data {name} takes no {flags}.", "%%paddle_data {name} 不接受 {flags}。",
              name=args.data, flags=", ".join(useless)),
            T("The rows are those of the cell, all of them.", "数据行就是单元中的全部内容。"),
            T("Give it with the line form afterwards: %paddle_data {name}",
              "请在之后的行命令中使用：%paddle_data {name}", name=args.data),
        )  # fmt: skip


def _reading(args: argparse.Namespace) -> dict[str, Any]:
    return {"text": args.text, "label": args.label, "sep": args.sep, "skip_bad": args.skip_bad}


def _result(args: argparse.Namespace, report: Any, found: dict[str, Any], value: Any) -> Result:
    language = current_language()
    return Result(report.text(language), html=report.html(language), json=found, value=value)


def _option(
    group: argparse._ArgumentGroup,
    flag: str,
    en: str,
    zh: str,
    example: str,
    *,
    kind: type = str,
    default: Any = None,
    dest: str | None = None,
) -> None:
    text = str(T(f"{en}, e.g. {example}", f"{zh}，例如 {example}"))
    name = dest or flag.lstrip("-").replace("-", "_")
    group.add_argument(flag, type=kind, default=default, dest=name, metavar=name.upper(), help=text)


def _examples(prog: str) -> str:
    lines = (
        "reviews",
        "train.tsv dev.tsv",
        "df --text review --label stars",
        "old.csv --encoding gb18030 --skip-bad",
        "train.tsv --json",
    )
    cell = f"  %{prog} rows\n  很好用,1\n  太慢了,0" if prog.startswith("%") else ""
    shown = "".join(f"\n  {prog} {line}" for line in lines)
    return str(T("examples:", "示例：")) + shown + (f"\n\n{cell}" if cell else "")
