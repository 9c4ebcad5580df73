"""``%ernie_predict`` and ``paddle-lab predict``: texts in, answers out."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.older_small import tell_of_used
from paddle_lab.commands.result import Result
from paddle_lab.data.table_file import refuse_destination
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options import AnswerOptions, CommandParser, option
from paddle_lab.options.data import TableOptions
from paddle_lab.options.ray_address import ADDRESS, ADDRESS_FORMS, AUTO
from paddle_lab.paths import expanded

if TYPE_CHECKING:
    from paddle_lab.bundle import Predictor
    from paddle_lab.runs import RunFolder

_POLL_S: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class PredictOptions(AnswerOptions, TableOptions):
    """Which model, which texts, and what is shown of the answers."""

    run: str = option(
        help=T("last, a number, a name or an id of a run, or a bundle's folder",
               "last、运行编号、名称或 id，或模型包目录"),
        positional=True, values="runs",
    )  # fmt: skip
    texts: tuple[str, ...] = option(
        (),
        T("texts, each in quotation marks, two with a tab between for a task that reads two; or a "
          "variable with rows; - reads standard input",
          "文本，各用引号括起；需要两条文本的任务用制表符分隔；也可以是含数据行的变量；"
          "- 表示读取标准输入"),
        positional=True, metavar="TEXT",
    )  # fmt: skip
    file: str | None = option(
        None,
        T("a table (CSV, TSV, JSON lines, Excel, ...) or a text file with one text a line",
          "表格（CSV、TSV、JSON lines、Excel 等）或每行一条文本的文件"),
        example="orders.csv",
    )  # fmt: skip
    out: str | None = option(
        None,
        T("write the rows with the answers beside them: .csv, .tsv or .jsonl",
          "把数据行及其结果写入文件：.csv、.tsv 或 .jsonl"),
        metavar="FILE", example="answers.csv",
    )  # fmt: skip
    force: bool = option(
        False, T("replace the file of --out when it is there", "--out 的文件已存在时覆盖它")
    )
    lines: bool = option(
        False,
        T("each line of the file is one text, whatever it holds", "文件的每一行都是一条文本"),
    )  # fmt: skip
    top_k: int = option(
        1,
        T("labels shown of each text", "每条文本显示的标签数"),
        metavar="K", example="3", at_least=1,
    )  # fmt: skip
    explain: bool = option(
        False,
        T("show which words or characters decided each answer: of the first 20 that are shown",
          "显示各个结果由哪些词或字决定（只对显示的前 20 个）"),
    )  # fmt: skip
    long_text: str | None = option(
        None,
        T("of a text too long for the model: its beginning, or all of it in overlapping pieces; "
          "as in training when left out",
          "文本超过模型长度时：只读开头，或分成重叠片段全部读取；缺省与训练时相同"),
        choices=("truncate", "windows"), metavar="HOW", example="windows",
    )  # fmt: skip
    runtime: str | None = option(
        None,
        T("how the model is run: paddle, or one that %ernie_export RUN --runtime made it for",
          "模型的运行方式：paddle，或 %ernie_export RUN --runtime 制作的其他运行时"),
        metavar="NAME", example="onnx-int8",
    )  # fmt: skip
    workers: int | None = option(
        None,
        T("processes that answer side by side and share the CPU's cores: for many rows; left out: "
          "1, with --ray one for each core of the cluster",
          "同时预测并共享 CPU 核心的进程数，适用于大量数据；缺省为 1，使用 --ray 时为集群的核数"),
        metavar="N", example="4", at_least=1, at_most=256,
    )  # fmt: skip
    ray: str | None = option(
        None,
        T("answer on a cluster of Ray: the one at this address; without an address the one that "
          "runs here, else a new one of this machine alone",
          "在 Ray 集群上预测：此地址的集群；不带地址时使用本机已运行的集群，否则新建一个单机集群"),
        metavar="ADDRESS", example="10.0.0.5:6379", bare=AUTO, pattern=ADDRESS, forms=ADDRESS_FORMS,
    )  # fmt: skip
    batch_size: int = option(
        32, T("texts at once", "每批文本数"), metavar="N", example="8", at_least=1
    )


def build_parser(prog: str = "%ernie_predict") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        PredictOptions,
        T("Ask an exported model: texts on the line, one a line in the cell, a variable's, or the "
          "rows of a file, with the answers written beside them.",
          "使用导出的模型预测：文本写在命令行、单元格（每行一条）或变量中，"
          "也可以是文件中的数据行，并把结果写在其旁。"),
        _examples(prog),
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Predict. Raises UsageError without a text, BundleError without a usable bundle."""
    from paddle_lab.commands.predict_answers import answer_rows
    from paddle_lab.commands.predict_processes import refuse_ray_here
    from paddle_lab.commands.predict_rows import rows_asked
    from paddle_lab.data.files import files_behind, head_of

    refuse_ray_here(args, context)
    if args.out is None and args.force:
        raise UsageError(
            T("--force replaces the file of --out, and there is none.",
              "--force 用于覆盖 --out 的文件，但没有给出 --out。"),
            fix=T("Leave it out, or name the file: --out answers.csv",
                  "请去掉它，或指定文件：--out answers.csv"),
            code="usage.conflict",
        )  # fmt: skip
    if args.out is not None:
        inputs = files_behind(args.file) if args.file is not None else []
        refuse_destination(args.out, inputs=inputs, force=args.force)
    if args.file is not None:
        head_of(expanded(args.file), args.encoding, args.sheet)  # told before a run is waited for
    predictor = _predictor(args.run, args.runtime)
    tell_of_used(context, [predictor.folder])
    return answer_rows(args, predictor, rows_asked(args, context, predictor), context)


def _predictor(wanted: str, runtime: str | None) -> Predictor:
    """The run's predictor, waited for while the run is alive."""
    from paddle_lab.bundle.kept import kept_bundle
    from paddle_lab.bundle.locate import find_bundle

    _wait_for(wanted)
    return kept_bundle(find_bundle(wanted), runtime)


def _wait_for(wanted: str) -> None:
    from paddle_lab.hubs import hub_name
    from paddle_lab.runs import Registry
    from paddle_lab.runs.registry import folder_named

    if hub_name(wanted) is not None:
        return
    if folder_named(wanted) is not None or not at_work(folder := Registry().find(wanted).folder):
        return
    waiting = T(
        "waiting for {name} to end; interrupt to stop waiting",
        "正在等待 {name} 结束；中断可停止等待",
        name=folder.path.name,
    )
    print(waiting, file=sys.stderr, flush=True)  # long before there is a result to show
    while at_work(folder):
        time.sleep(_POLL_S)


def at_work(folder: RunFolder) -> bool:
    """Whether a process is known to work on the run: one that never began is not waited for."""
    state = folder.state()
    return state.live and state.process is not None


def _examples(prog: str) -> list[str]:
    if prog.startswith("%"):
        return [
            f'{prog} last "质量很好，推荐！"',
            f"{prog} last --explain 物流很快，质量一般",
            f"{prog} last df -o answers",
            f"{prog} reviews-1a2b3c4d --file orders.csv --text 评论内容 --out answers.csv",
            f"%{prog} last\n质量很好，推荐！\n太差了",
            f'{prog} last "什么时候见面？" "我们明天上午九点在图书馆门口见面。"',
        ]
    return [
        f'{prog} last "质量很好，推荐！" "太差了"',
        f"{prog} last --file orders.csv --out answers.csv",
        f"{prog} last --file orders.csv --out answers.csv --ray 10.0.0.5:6379",
        f"{prog} paddle_runs/reviews-1a2b3c4d/bundle --file texts.txt --json",
        f"cat texts.txt | {prog} last -",
        f'{prog} last "什么时候见面？" "我们明天上午九点在图书馆门口见面。"',
    ]
