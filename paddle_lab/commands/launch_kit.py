"""``%ernie_launch RUN --kit``: the files that start a run like this one on other machines."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from paddle_lab.commands.result import Result
from paddle_lab.errors import RunError, UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.kits import name_of
from paddle_lab.paths import expanded
from paddle_lab.runs import Registry
from paddle_lab.runs.spec import OWN_TRAINER
from paddle_lab.training.schedulers import (
    MACHINE,
    SCHEDULERS,
    Job,
    Scheduler,
    machine_script,
    words_of,
)

if TYPE_CHECKING:
    from paddle_lab.runs import RunFolder

_IMAGE: Final = re.compile(r"[a-z0-9][a-z0-9._/:-]{0,200}", re.ASCII)
_CLAIM: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?", re.ASCII)


def kit_names() -> tuple[str, ...]:
    """The kits there are."""
    return tuple(SCHEDULERS.names())


def write_kit(args: argparse.Namespace) -> Result:
    """Write the kit that ``args`` ask for into a new folder, and say how it is started.

    Raises UsageError for options that do not fit, RunError where there is no such run.
    """
    scheduler = SCHEDULERS.get(args.kit)
    _check(args, scheduler)
    folder = Registry().find(args.run).folder
    job = _job(args, folder)
    out = expanded(args.out if args.out is not None else f"{job.name}-{args.kit}").absolute()
    if out.exists():
        raise UsageError(
            T("{folder} is there already.", "{folder} 已经存在。", folder=out),
            fix=T("Name another with --out, or remove it first.",
                  "请用 --out 指定其他目录，或先删除它。"),
            code="usage.exists",
        )  # fmt: skip
    files = {MACHINE: machine_script(job), **scheduler.files(job)}
    _write(out, files)
    steps = (f"cd {shlex.quote(str(out))}", *scheduler.steps(job))
    said = T("Written to {folder}. It is started so:", "已写入 {folder}。启动方法：", folder=out)
    return Result(
        "\n".join([str(said), *(f"  {step}" for step in steps)]),
        json={"folder": str(out), "files": sorted(files), "steps": list(steps)},
        value=out,
    )


def _job(args: argparse.Namespace, folder: RunFolder) -> Job:
    spec = folder.spec()
    if spec.train == OWN_TRAINER:
        raise RunError(
            T("Run {id} was made by your own Trainer.", "运行 {id} 由您自己的 Trainer 产生。",
              id=folder.id),
            T("No command of ours begins it.", "没有可以启动它的命令。"),
            T("Name a run of %ernie_finetune.", "请指定 %ernie_finetune 的运行。"),
            code="run.own_trainer",
        )  # fmt: skip
    gpus = 0 if args.gpus is None else int(args.gpus)
    return Job(
        name_of(spec.name),
        words_of(spec),
        machines=args.nnodes or 1,
        procs=args.procs or 1,
        gpus=gpus,
        image=args.image or "",
        claim=args.claim or "",
    )


def _check(args: argparse.Namespace, scheduler: Scheduler) -> None:
    if args.gpus is not None and not args.gpus.isdigit():
        raise _wrong(T("A kit asks for so many GPUs, not for some by number.",
                       "部署包只能按数量申请 GPU，不能指定编号。"), "--gpus 4")  # fmt: skip
    if args.gpus is not None and (args.procs or 1) > 1:
        raise _wrong(T("Each GPU has a process of its own; --procs is for the CPU.",
                       "每个 GPU 有自己的进程；--procs 用于 CPU。"), "--gpus 4")  # fmt: skip
    for name, form, example in (("image", _IMAGE, "registry.example/nlp/lab:1"),
                                ("claim", _CLAIM, "shared-runs")):  # fmt: skip
        given = getattr(args, name)
        if scheduler.in_container and (given is None or not form.fullmatch(given)):
            raise _wrong(T("--{name} is missing, or is no name that a cluster takes.",
                           "缺少 --{name}，或它不是集群接受的名称。", name=name),
                         f"--{name} {example}")  # fmt: skip
        if given is not None and not scheduler.in_container:
            raise _wrong(T("--{name} says nothing to {kit}.", "--{name} 对 {kit} 不起作用。",
                           name=name, kit=args.kit), f"--kit {args.kit}")  # fmt: skip
    for name in ("node_rank", "master"):
        if getattr(args, name) is not None:
            raise _wrong(T("In a kit each machine is told its number and where the first one is.",
                           "部署包会告诉每台机器它的编号以及第一台机器的位置。"),
                         f"--kit {args.kit}")  # fmt: skip


def _wrong(why: Text, example: str) -> UsageError:
    return UsageError(
        T("The kit cannot be written.", "无法生成部署包。"),
        why,
        T("For example: {example}", "例如：{example}", example=example),
        code="usage.conflict",
    )


def _write(out: Path, files: Mapping[str, str]) -> None:
    out.mkdir(parents=True)
    for name, content in files.items():
        (out / name).write_text(content, encoding="utf-8")
