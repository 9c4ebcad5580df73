"""``%ernie_predict`` and ``paddle-lab predict``: texts in, answers out."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.marked import MarkedText
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.errors import DataError, UsageError
from paddle_lab.i18n import T
from paddle_lab.options import AnswerOptions, CommandParser, option
from paddle_lab.paths import expanded
from paddle_lab.tasks import get_task
from paddle_lab.text.short import shortened
from paddle_lab.untrusted import MEGABYTE, read_bytes

if TYPE_CHECKING:
    from paddle_lab.bundle import Predictor
    from paddle_lab.runs import RunFolder
    from paddle_lab.tasks.codec import Answer, Rows

_SHOWN_CHARACTERS: Final = 60
_POLL_S: Final = 0.5
_LARGEST_FILE: Final = 256 * MEGABYTE


@dataclass(frozen=True, kw_only=True)
class PredictOptions(AnswerOptions):
    """Which model, which texts, and what is shown of the answers."""

    run: str = option(
        help=T("last, a number, a name or an id of a run, or a bundle's folder",
               "last、运行编号、名称或 id，或模型包目录"),
        positional=True, values="runs",
    )  # fmt: skip
    texts: tuple[str, ...] = option(
        (),
        T("texts, each in quotation marks, two with a tab between for a task that reads two; - "
          "reads standard input",
          "文本，各用引号括起；需要两条文本的任务用制表符分隔；- 表示读取标准输入"),
        positional=True, metavar="TEXT",
    )  # fmt: skip
    file: str | None = option(
        None, T("texts in a file, one row a line", "文本文件，每行一条"), example="texts.txt"
    )
    top_k: int = option(
        1,
        T("labels shown of each text", "每条文本显示的标签数"),
        metavar="K", example="3", at_least=1,
    )  # fmt: skip
    long_text: str | None = option(
        None,
        T("of a text too long for the model: its beginning, or all of it in overlapping pieces; "
          "as in training when left out",
          "文本超过模型长度时：只读开头，或分成重叠片段全部读取；缺省与训练时相同"),
        choices=("truncate", "windows"), metavar="HOW", example="windows",
    )  # fmt: skip
    batch_size: int = option(
        32, T("texts at once", "每批文本数"), metavar="N", example="8", at_least=1
    )


def build_parser(prog: str = "%ernie_predict") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        PredictOptions,
        T("Ask an exported model: texts on the line, one a line in the cell, or in a file.",
          "使用导出的模型预测：文本写在命令行、单元格（每行一条）或文件中。"),
        _examples(prog),
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Predict. Raises UsageError without a text, BundleError without a usable bundle."""
    texts = _texts(args, context)
    predictor = _predictor(args.run)
    rows = predictor.rows_of(texts)
    answers = predictor.answers(rows, batch_size=args.batch_size, long_text=args.long_text)
    table = _table(rows, answers, predictor, args.top_k)
    notes = _notes(answers, predictor)
    return Result(
        "\n".join([table.text(), *notes]),
        html=table.html() + "".join(f"<p>{note}</p>" for note in notes),
        json=[{**_row(rows, index), **answer.to_json()} for index, answer in enumerate(answers)],
        value=answers,
    )


def _texts(args: argparse.Namespace, context: Context) -> list[str]:
    """All texts, from the line, then the file or standard input, then the cell."""
    texts = [text for text in args.texts if text != "-"]
    if "-" in args.texts:
        texts += _lines(_standard_input(context))
    if args.file is not None:
        texts += _lines(_file(args.file))
    if context.cell is not None:
        texts += _lines(context.cell)
    if texts:
        return texts
    raise UsageError(
        T("There is no text to predict.", "没有要预测的文本。"),
        fix=T(
            'Give one: predict last "质量很好" - or one a line in the cell or in --file FILE.',
            '请给出文本：predict last "质量很好"，或在单元格、--file 文件中每行一条。',
        ),
        code="usage.no_text",
    )


def _lines(content: str) -> list[str]:
    """Lines that are not blank. Only line feeds part texts: they may hold exotic separators."""
    return [line.strip("\r") for line in content.split("\n") if line.strip()]


def _standard_input(context: Context) -> str:
    if context.notebook:
        raise UsageError(
            T("A notebook has no standard input.", "笔记本中没有标准输入。"),
            fix=T("Write the texts in the cell, one a line.", "请把文本写在单元格中，每行一条。"),
            code="usage.terminal_only",
        )
    reader = getattr(sys.stdin, "buffer", None)
    return _decoded(reader.read(), "-") if reader is not None else sys.stdin.read()


def _file(name: str) -> str:
    try:
        return _decoded(read_bytes(expanded(name), _LARGEST_FILE), name)
    except (OSError, ValueError) as error:
        raise DataError(
            T("The file {name} cannot be read.", "无法读取文件 {name}。", name=name),
            T("{error}", "{error}", error=getattr(error, "strerror", None) or error),
            T("Give a text file with one text a line.", "请给出每行一条文本的文件。"),
            code="data.unreadable",
        ) from error


def _decoded(content: bytes, name: str) -> str:
    from paddle_lab.data.encoding import decode

    return decode(content, name)[0]


def _predictor(wanted: str) -> Predictor:
    """The run's predictor, waited for while the run is alive."""
    from paddle_lab.bundle.kept import kept_bundle
    from paddle_lab.bundle.locate import find_bundle

    _wait_for(wanted)
    return kept_bundle(find_bundle(wanted))


def _wait_for(wanted: str) -> None:
    from paddle_lab.runs import Registry
    from paddle_lab.runs.registry import folder_named

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


def _row(rows: Rows, index: int) -> dict[str, Any]:
    return {role: values[index] for role, values in rows.items()}


def _table(rows: Rows, answers: Sequence[Answer], predictor: Predictor, top_k: int) -> Table:
    task = get_task(predictor.task)
    titles = {role.name: role.title for role in task.roles}
    table = Table([*(titles.get(role, T("text", "文本")) for role in rows), *task.headings(top_k)])
    for index, answer in enumerate(answers):
        marks = task.marks(answer)
        given = [
            MarkedText(str(value), marks[role]) if marks.get(role)
            else shortened(str(value), _SHOWN_CHARACTERS)
            for role, value in _row(rows, index).items()
        ]  # fmt: skip
        table.add([*given, *task.cells(answer, top_k)])
    return table


def _notes(answers: Sequence[Answer], predictor: Predictor) -> list[str]:
    notes = []
    truncated = sum(answer.truncated for answer in answers)
    empty = sum(answer.empty for answer in answers)
    if truncated:
        notes.append(
            T(
                "{n} longer than {most} tokens: only the beginning was read (--long-text windows "
                "reads all).",
                "{n} 条超过 {most} 个词元：只读取了开头（--long-text windows 可读取全部）。",
                n=truncated,
                most=predictor.max_len,
            )
        )
    if empty:
        notes.append(
            T(
                "{n} with nothing that the model reads: their answers mean nothing.",
                "{n} 条没有模型能读取的内容：其结果没有意义。",
                n=empty,
            )
        )
    return [str(note) for note in notes]


def _examples(prog: str) -> list[str]:
    if prog.startswith("%"):
        return [
            f'{prog} last "质量很好，推荐！"',
            f"{prog} reviews-1a2b3c4d --file texts.txt --top-k 2",
            f"%{prog} last\n质量很好，推荐！\n太差了",
            f'{prog} last "什么时候见面？" "我们明天上午九点在图书馆门口见面。"',
        ]
    return [
        f'{prog} last "质量很好，推荐！" "太差了"',
        f"{prog} paddle_runs/reviews-1a2b3c4d/bundle --file texts.txt --json",
        f"cat texts.txt | {prog} last -",
        f'{prog} last "什么时候见面？" "我们明天上午九点在图书馆门口见面。"',
    ]
