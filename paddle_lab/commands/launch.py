"""``%ernie_launch`` and ``paddle-lab launch``: join a run, or write a kit for it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options import AnswerOptions, CommandParser, option, same_option
from paddle_lab.options.trust import Trust
from paddle_lab.paths import expanded
from paddle_lab.runs.spec import RunSpec

if TYPE_CHECKING:
    from paddle_lab.training.ranks.placing import Placing


@dataclass(frozen=True, kw_only=True)
class LaunchOptions(AnswerOptions, Trust):
    """Which run, and as which of how many machines this one works on it."""

    run: str = option(
        help=T("a run's folder, which all machines share, or the folder in which the first machine "
               "makes it; with --kit any run",
               "所有机器共享的运行目录，或第一台机器将创建运行的目录；与 --kit 一起时为任意运行"),
        positional=True, values="runs", stored=False,
    )  # fmt: skip
    node_rank: int | None = option(
        None,
        T("number of this machine; 0 is the one that began the run",
          "本机的编号；0 是启动运行的那一台"),
        metavar="N", example="1", at_least=1, at_most=999, stored=False, common=True,
    )  # fmt: skip
    nnodes: int = same_option(RunSpec, "nnodes")
    master: str | None = same_option(RunSpec, "master")
    procs: int = same_option(RunSpec, "procs")
    gpus: str | None = same_option(RunSpec, "gpus")
    kit: str | None = option(
        None,
        T("write files that start such a run anew: slurm, k8s (Kubeflow, Volcano) or ssh",
          "生成重新启动该运行的文件：slurm、k8s（Kubeflow、Volcano）或 ssh"),
        choices="paddle_lab.commands.launch_kit:kit_names", example="slurm", stored=False,
        common=True,
    )  # fmt: skip
    out: str | None = option(
        None,
        T("with --kit: folder to write; otherwise NAME-KIT here",
          "与 --kit 一起：写入的目录；缺省为当前目录下的 名称-类型"),
        metavar="FOLDER", example="job", stored=False,
    )  # fmt: skip
    image: str | None = option(
        None,
        T("with --kit k8s: an image with Paddle Lab and PaddleNLP",
          "与 --kit k8s 一起：含 Paddle Lab 和 PaddleNLP 的镜像"),
        example="registry.example/nlp/lab:1", stored=False,
    )  # fmt: skip
    claim: str | None = option(
        None,
        T("with --kit k8s: the PersistentVolumeClaim that all machines share",
          "与 --kit k8s 一起：所有机器共享的 PersistentVolumeClaim"),
        metavar="NAME", example="shared-runs", stored=False,
    )  # fmt: skip


def build_parser(prog: str = "%ernie_launch") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        LaunchOptions,
        T("Work on a run as one more machine (the first one shows the exact command), or write the "
          "files that start such a run on machines of a scheduler.",
          "作为另一台机器加入一次运行（第一台机器会给出完整的命令），或生成在调度系统的机器上启动"
          "此类运行的文件。"),
        [
            f"{prog} /shared/runs/reviews-1a2b3c4d --node-rank 1 --nnodes 2 --master gpu1:29500",
            f"{prog} last --kit slurm --nnodes 2 --gpus 4",
        ],
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Join the run, and return when there is no work left; with ``--kit`` write that.

    Raises UsageError, EnvError where there are no such GPUs, RunError when nothing is heard of the
    first machine.
    """
    if args.kit is not None:
        from paddle_lab.commands.launch_kit import write_kit

        return write_kit(args)
    for name in ("out", "image", "claim"):
        if getattr(args, name) is not None:
            raise _lacks("--kit")
    from paddle_lab.training.ranks.joining import join_run, run_in
    from paddle_lab.training.ranks.placing import chosen_gpus, told

    if args.node_rank is None:
        raise _lacks("--node-rank")
    placing = _placing(args)
    if args.node_rank >= placing.nnodes:
        raise UsageError(
            T("There is no machine {n} among {all}.", "{all} 台机器中没有编号 {n}。",
              n=args.node_rank, all=placing.nnodes),
            T("They are counted from 0, the one that began the run.",
              "编号从 0 开始，0 是启动运行的那一台。"),
            T("Give --node-rank 1 to {last}.", "请使用 --node-rank 1 到 {last}。",
              last=placing.nnodes - 1),
            code="usage.value",
        )  # fmt: skip
    assert placing.master is not None
    gpus = [] if placing.gpus is None else chosen_gpus(placing.gpus)
    folder = run_in(expanded(args.run))
    join_run(
        folder,
        args.node_rank,
        nnodes=placing.nnodes,
        procs=len(gpus) or placing.procs,
        master=placing.master,
        gpus=[one.token for one in gpus],
        trust=args.trust,
    )
    said = T("The work of machine {n} on run {name} is done.",
             "机器 {n} 对运行 {name} 的工作已完成。",
             n=args.node_rank, name=folder.path.name)  # fmt: skip
    found = told(len(gpus) or placing.procs, gpus)
    lines = [str(text) for text in (found, said) if text is not None]
    return Result("\n".join(lines), json={"run": folder.id, "node_rank": args.node_rank})


def _placing(args: argparse.Namespace) -> Placing:
    """What this machine's line says. Raises UsageError."""
    from paddle_lab.training.ranks.placing import placing_of

    names = ("nnodes", "master", "procs", "gpus")
    given: dict[str, Any] = {name: getattr(args, name) for name in names}
    if given["nnodes"] in (None, 1):
        raise _lacks("--nnodes")
    if given["master"] is None:
        raise _lacks("--master")
    return placing_of(RunSpec(train="-"), given)


def _lacks(option_: str) -> UsageError:
    return UsageError(
        T("{option} is missing.", "缺少 {option}。", option=option_),
        T("A machine joins as one of several.", "机器是作为若干台中的一台加入的。"),
        T("The first machine shows the command: %ernie_finetune ... --nnodes 2 --master HOST:PORT",
          "第一台机器会给出命令：%ernie_finetune ... --nnodes 2 --master 主机:端口"),
        code="usage.conflict",
    )  # fmt: skip
