"""``%ernie_distill`` and ``paddle-lab distill``: a smaller model learns from a run's answers."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.finetune import begun, finished
from paddle_lab.commands.predict import PredictOptions
from paddle_lab.commands.result import Result
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options import AnswerOptions, CommandParser, option, same_option
from paddle_lab.options.data import DataOptions
from paddle_lab.options.trust import Trust
from paddle_lab.runs.spec import RunSpec

if TYPE_CHECKING:
    from paddle_lab.runs import RunFolder
    from paddle_lab.training.run import Run

#: What the smaller model shares with the run: which rows, how they are read and parted, the figure.
_OF_THE_RUN: Final = (
    "train", "dev", "test", "text", "label", "column", "sep", "encoding", "sheet", "skip_bad",
    "task", "split", "limit", "max_len", "add", "drop_issues", "metric",
)  # fmt: skip
_OF_THE_STUDENT: Final = ("layers", "epochs", "batch_size", "lr", "seed", "name", "export")
_HOW_TEXTS_ARE_READ: Final = ("text", "sep", "encoding", "sheet", "lines")


@dataclass(frozen=True, kw_only=True)
class DistillOptions(AnswerOptions, Trust):
    """Whose answers are learnt, to which texts, and by which model."""

    run: str = option(
        help=T("the run whose model answers: last, a number, a name or an id",
               "其模型给出回答的运行：last、编号、名称或 id"),
        positional=True, values="runs", stored=False,
    )  # fmt: skip
    texts: str | None = option(
        None,
        T("texts without labels: one a line, or a table (CSV, TSV, JSON lines, ...); or a variable",
          "没有标签的文本：每行一条，或表格（CSV、TSV、JSON lines 等）；也可以是变量"),
        metavar="FILE", example="more.txt", values="data", stored=False, common=True,
    )  # fmt: skip
    student: str | None = option(
        None,
        T("the model that learns: a name, a folder, or a run; the run's own base with --layers",
          "学习的模型：名称、目录或运行；给出 --layers 时缺省为该运行的基础模型"),
        metavar="MODEL", example="ernie-3.0-nano-zh", values="models", stored=False, common=True,
    )  # fmt: skip
    layers: int | None = same_option(RunSpec, "layers")
    text: str | None = same_option(DataOptions, "text")
    sep: str | None = same_option(DataOptions, "sep")
    encoding: str | None = same_option(DataOptions, "encoding")
    sheet: str | None = same_option(DataOptions, "sheet")
    lines: bool = same_option(PredictOptions, "lines")
    epochs: float = same_option(RunSpec, "epochs")
    batch_size: int = same_option(RunSpec, "batch_size")
    lr: float = same_option(RunSpec, "lr")
    seed: int = same_option(RunSpec, "seed")
    name: str = same_option(RunSpec, "name")
    export: bool = same_option(RunSpec, "export")
    background: bool = option(
        False,
        T("return at once when the texts are answered; the run goes on",
          "文本回答完后立即返回，运行在后台继续"),
        stored=False,
    )  # fmt: skip


def build_parser(prog: str = "%ernie_distill") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        DistillOptions,
        T("Train a smaller model on a run's labelled rows and on its model's answers to texts "
          "without labels; it is evaluated on the same rows.",
          "用一次运行的带标签数据，以及其模型对无标签文本的回答，训练更小的模型；"
          "并在相同的数据上评估。"),
        [
            f"{prog} last --texts more.txt --student ernie-3.0-nano-zh",
            f"{prog} last --texts reviews.csv --text 评论内容 --layers 2",
            f"{prog} reviews-1a2b3c4d --texts more.jsonl --student ernie-lab-mini --epochs 2",
        ],
        layered=True,
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Let the run's model answer, train on it, and block until done unless in the background.

    Raises UsageError, DataError, BundleError or RunError.
    """
    run = start(args, context)
    if not args.background:
        run.wait()
    return told(run, args, context)


def told(run: Run, args: argparse.Namespace, context: Context) -> Result:
    """What is said of a run that has ended, or of one that goes on in the background."""
    if args.background:
        return Result(
            begun(run, context), json={"run": run.id, "folder": str(run.folder.path)}, value=run
        )
    result = finished(run)
    # In a notebook the card above has said all of it.
    return replace(result, text=_named(run)) if context.notebook else result


def start(args: argparse.Namespace, context: Context) -> Run:
    """The run that learns, begun with its live view."""
    from paddle_lab.api import launch
    from paddle_lab.bundle.locate import find_bundle
    from paddle_lab.runs import Registry
    from paddle_lab.runs.spec import OWN_TRAINER
    from paddle_lab.training.soft import check_task
    from paddle_lab.training.tables import tables_of
    from paddle_lab.training.teacher import answers_file

    if args.run is None or args.texts is None or (args.student is None and args.layers is None):
        raise _incomplete(args)
    folder = Registry().find(args.run).folder
    spec = folder.spec()
    if spec.train == OWN_TRAINER:
        raise _not_ours(folder)
    check_task(spec.task)
    bundle = find_bundle(folder.path)
    answered = answers_file(folder, bundle, _texts(args, context, bundle), context.say)
    tables = tables_of(folder)
    options = {name: getattr(spec, name) for name in _OF_THE_RUN}
    options |= {"extra": _task_options(spec), "model": args.student or spec.model}
    options |= {"soft": str(answered), "name": f"{spec.name}-distilled"}
    if spec.drop_issues is not None:
        options["drop_issues"] = tables.pop(spec.drop_issues, spec.drop_issues)
    given = {name: getattr(args, name) for name in _OF_THE_STUDENT}
    options |= {name: value for name, value in given.items() if value is not None}
    alone = args.background and not context.stays
    if alone:
        options["isolate"] = True
    return launch(
        options.pop("train"),
        options.pop("dev"),
        trust=args.trust,
        names=tables,
        show=not args.quiet and not alone,
        **options,
    )


def _texts(args: argparse.Namespace, context: Context, bundle: Any) -> list[str]:
    """The texts, read as ``predict`` reads those that it is asked about; blank ones left out."""
    from paddle_lab.bundle.kept import kept_bundle
    from paddle_lab.commands.predict_rows import rows_asked

    variable = args.texts.partition(".")[0].partition("[")[0] in context.names
    asked = argparse.Namespace(
        label=None, column={}, skip_bad=False,
        texts=(args.texts,) if variable else (), file=None if variable else args.texts,
        **{name: getattr(args, name) for name in _HOW_TEXTS_ARE_READ},
    )  # fmt: skip
    asked.lines = bool(args.lines)
    rows = rows_asked(asked, Context(names=context.names), kept_bundle(bundle))
    for said in rows.said:
        context.say(said)
    found = [text for index, text in enumerate(rows.inputs.given["text"])
             if index not in rows.inputs.missing]  # fmt: skip
    if not found:
        raise UsageError(
            T("{name} holds no text.", "{name} 中没有文本。", name=args.texts),
            fix=T("Give a file with a text in each line.", "请给出每行一条文本的文件。"),
            code="usage.no_text",
        )
    return found


def _named(run: Run) -> str:
    return str(
        T("The smaller model is that of run {name}.", "更小的模型属于运行 {name}。",
          name=run.folder.path.name)
    )  # fmt: skip


def _task_options(spec: RunSpec) -> dict[str, Any]:
    """What the task itself was told; PaddleNLP's settings were the larger model's."""
    from paddle_lab.tasks import get_task
    from paddle_lab.tasks.settings import native_settings

    native = native_settings(get_task(spec.task), spec.extra)
    return {name: value for name, value in spec.extra.items() if name not in native}


def _incomplete(args: argparse.Namespace) -> UsageError:
    lacking = T("a smaller model", "更小的模型")
    if args.run is None:
        lacking = T("a run", "一次运行")
    elif args.texts is None:
        lacking = T("texts", "文本")
    return UsageError(
        T("Distillation needs {lacking}.", "蒸馏需要{lacking}。", lacking=lacking),
        T("It takes a run, texts without labels, and the model that learns from the answers.",
          "需要一次运行、没有标签的文本，以及从回答中学习的模型。"),
        T("For example: %ernie_distill last --texts more.txt --layers 2",
          "例如：%ernie_distill last --texts more.txt --layers 2"),
        code="usage.distill",
    )  # fmt: skip


def _not_ours(folder: RunFolder) -> UsageError:
    return UsageError(
        T("Run {name} was made by your own Trainer.", "运行 {name} 由您自己的 Trainer 产生。",
          name=folder.path.name),
        T("Its rows are not known here.", "这里不知道它的数据。"),
        T("Name a run of %ernie_finetune.", "请指定 %ernie_finetune 的运行。"),
        code="usage.distill",
    )  # fmt: skip
