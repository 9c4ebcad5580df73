"""``%ernie_finetune`` and ``paddle-lab finetune``: the options, the plan, and the start."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.data.samples import SAMPLES
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options import AnswerOptions, CommandParser, option, options_of
from paddle_lab.options.declare import RUNNING
from paddle_lab.options.files import merged_options, read_options
from paddle_lab.options.trust import Trust
from paddle_lab.runs.spec import RunSpec

if TYPE_CHECKING:
    from paddle_lab.training.run import Run


@dataclass(frozen=True, kw_only=True)
class FinetuneOptions(AnswerOptions, Trust, RunSpec):
    """What a run is (:class:`RunSpec`), and how this call of the command goes about it."""

    resume: str | None = option(
        None,
        T("go on with a run, with the options it was begun with", "继续一次运行，沿用开始时的选项"),
        metavar="RUN", example="last", values="runs", covers=("resume_from_checkpoint",),
        group=RUNNING, stored=False, common=True,
    )  # fmt: skip
    background: bool = option(
        False,
        T("return at once; the run goes on", "立即返回，运行在后台继续"),
        group=RUNNING, stored=False, common=True,
    )  # fmt: skip
    queue: bool = option(
        False,
        T("wait in line behind the runs that train, and return at once: see %ernie_queue",
          "排在正在训练的运行之后，并立即返回：见 %ernie_queue"),
        group=RUNNING, stored=False,
    )  # fmt: skip
    config: str | None = option(
        None,
        T("options from a YAML file", "从 YAML 文件读取选项"),
        metavar="FILE", example="run.yaml", group=RUNNING, stored=False,
    )  # fmt: skip
    dry_run: bool = option(
        False,
        T("show the plan, the data report and an estimate; load no model",
          "只显示计划、数据报告和估算，不加载模型"),
        group=RUNNING, stored=False, common=True,
    )  # fmt: skip


def build_parser(prog: str = "%ernie_finetune") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        FinetuneOptions,
        T("Fine-tune a Chinese model on labelled texts, watch it live, and end with an exported "
          "model that was proven to work.",
          "在带标签的文本上微调中文模型，实时观察训练，并以经过验证的导出模型结束。"),
        [
            f"{prog} reviews",
            *(f"{prog} {name}" for name in SAMPLES.names() if name != "reviews"),
            f"{prog} train.tsv dev.tsv --model ernie-3.0-nano-zh --epochs 3 --lr 5e-5",
            f"{prog} df --text review --label stars --background -o run",
            f"{prog} reviews --dry-run",
            f"{prog} --resume last",
        ],
        layered=True,
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Do what was asked and block until done; front ends that can await use :func:`start`."""
    if args.dry_run:
        return dry_run(args, context)
    run = start(args, context)
    if args.queue:
        return queued(run)
    if args.background:
        return Result(
            begun(run, context), json={"run": run.id, "folder": str(run.folder.path)}, value=run
        )
    run.wait()
    return finished(run)


def start(args: argparse.Namespace, context: Context) -> Run:
    """Begin the run that the arguments describe, with its live view."""
    from paddle_lab.api import launch

    options = given_options(args, context)
    if args.queue:
        _refuse_beside_queue(args)
        options["queue"] = True
    # A thread would end with the terminal's command; a process of its own goes on.
    alone = args.background and not context.stays
    if alone:
        options["isolate"] = True
    return launch(
        options.pop("train", None),
        options.pop("dev", None),
        resume=args.resume,
        trust=args.trust,
        names=context.names,
        show=not args.quiet and not alone and (context.notebook or not args.queue),
        **options,
    )


def queued(run: Run) -> Result:
    """What is said of a run that waits for its turn."""
    from paddle_lab.queue import store

    place = store.read().place_of(run.id)
    text = (
        T("Run {name} begins now, in a process of its own. See the queue: %ernie_queue",
          "运行 {name} 现在开始，在自己的进程中进行。查看队列：%ernie_queue",
          name=run.folder.path.name)
        if place is None
        else T("Run {name} waits in line, at place {n}. See the queue: %ernie_queue",
               "运行 {name} 在队列中等待，第 {n} 位。查看队列：%ernie_queue",
               name=run.folder.path.name, n=place)
    )  # fmt: skip
    json = {"run": run.id, "folder": str(run.folder.path), "place": place}
    return Result(str(text), json=json, value=run)


def _refuse_beside_queue(args: argparse.Namespace) -> None:
    """A run in the queue begins later, without the person: what one call allows it does not."""
    reasons = {
        "--trust": T("Trust is for this call, and the run begins later.",
                     "信任只对本次调用有效，而运行稍后才开始。"),
        "--resume": T("A run that is resumed keeps its place in its own log; only new ones wait.",
                      "恢复的运行沿用自己的记录；只有新的运行可以排队。"),
        **dict.fromkeys(("--nnodes", "--nodes"),
                        T("The other machines do not know when its turn comes.",
                          "其他机器不知道何时轮到它。")),
    }  # fmt: skip
    asked = {"--trust": args.trust, "--resume": args.resume, "--nnodes": args.nnodes,
             "--nodes": args.nodes}  # fmt: skip
    given = next((option for option, value in asked.items() if value), None)
    if given is not None:
        raise UsageError(
            T("{option} and --queue do not go together.", "{option} 不能与 --queue 同时使用。",
              option=given),
            reasons[given],
            T("Leave one of the two out.", "请去掉其中一个。"),
            code="usage.conflict",
        )  # fmt: skip


def finished(run: Run) -> Result:
    """What the terminal prints when a run has ended."""
    from paddle_lab.runs.snapshot import snapshot
    from paddle_lab.views.text import report_text

    return Result(
        report_text(run.folder),
        json=snapshot(run.folder, log_lines=0),
        value=run,
        exit_code=0 if run.state.state in ("finished", "stopped") else 1,
    )


def dry_run(args: argparse.Namespace, context: Context) -> Result:
    """The resolved plan, the data report, and an estimate; no model is loaded."""
    from paddle_lab.api import specify
    from paddle_lab.training.hub_pins import pinned
    from paddle_lab.training.plan import make_plan

    if args.resume is not None:
        raise UsageError(
            T("--dry-run plans a new run; --resume goes on with one.",
              "--dry-run 用于计划新的运行，--resume 用于继续已有的运行。"),
            fix=T("See what it was begun with: %ernie_runs command {run}",
                  "查看它的选项：%ernie_runs command {run}", run=args.resume),
            code="usage.conflict",
        )  # fmt: skip
    options, _ = pinned(given_options(args, context), context.names)
    spec, tables = specify(
        options.pop("train", None), options.pop("dev", None), context.names, options
    )
    plan = make_plan(spec, tables, trust=args.trust)
    return Result(plan.text(), html=plan.html(), json=plan.to_json(), value=plan)


def given_options(args: argparse.Namespace, context: Context) -> dict[str, Any]:
    """Options from the line, then the cell's YAML, then ``--config``: the first given wins."""
    line = {
        one.name: value
        for one in options_of(FinetuneOptions)
        if one.stored and (value := getattr(args, one.name)) is not None
    }
    layers: list[Mapping[str, Any]] = [line]
    if context.cell is not None and context.cell.strip():
        layers.append(read_options(FinetuneOptions, context.cell, "cell", "%ernie_finetune"))
    if args.config:
        layers.append(read_options(FinetuneOptions, args.config, "file", "%ernie_finetune"))
    return merged_options(layers)


def begun(run: Run, context: Context) -> str:
    """What is said of a run that goes on in the background."""
    return str(
        T(
            "Run {name} goes on in the background. Stop it: {stop} {id}",
            "运行 {name} 在后台继续。停止：{stop} {id}",
            name=run.folder.path.name,
            stop="%ernie_stop" if context.stays else "paddle-lab stop",
            id=run.id,
        )
    )
