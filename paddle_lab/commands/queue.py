"""``%ernie_queue`` and ``paddle-lab queue``: the runs that wait for their turn."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options import AnswerOptions, CommandParser, option
from paddle_lab.queue import asking
from paddle_lab.queue.line import Line
from paddle_lab.queue.slots import slots_of, visible_gpus
from paddle_lab.runs import Registry


@dataclass(frozen=True, kw_only=True)
class QueueOptions(AnswerOptions):
    """What is asked of the queue; the list where nothing is."""

    up: str | None = option(
        None,
        T("let a waiting run come one place earlier", "让等待的运行提前一位"),
        metavar="RUN", example="last", values="runs",
    )  # fmt: skip
    cancel: str | None = option(
        None,
        T("take a waiting run out of the queue", "把等待的运行移出队列"),
        metavar="RUN", example="last", values="runs",
    )  # fmt: skip
    slots: int | None = option(
        None,
        T("runs at work at the same time; when never said, one for each GPU, else one",
          "同时进行的运行数；未设置时每个 GPU 一个，没有 GPU 时一个"),
        example="2", at_least=1, at_most=asking.MOST_SLOTS,
    )  # fmt: skip


def build_parser(prog: str = "%ernie_queue") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        QueueOptions,
        T("See and order the runs that wait for their turn, as %ernie_finetune ... --queue lets "
          "them: each in a process of its own, also when the kernel has ended.",
          "查看和调整等待的运行（由 %ernie_finetune ... --queue 加入）："
          "各在自己的进程中进行，内核退出后也会继续。"),
        [prog, f"{prog} --up last", f"{prog} --cancel last", f"{prog} --slots 2"],
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Do what is asked, and list the queue. Raises RunError for a run that does not wait."""
    asked = [name for name in ("up", "cancel", "slots") if getattr(args, name) is not None]
    if len(asked) > 1:
        raise UsageError(
            T("--{one} and --{other} are two requests.", "--{one} 与 --{other} 是两个请求。",
              one=asked[0], other=asked[1]),
            fix=T("Give one at a time.", "请一次只给出一个。"),
            code="usage.conflict",
        )  # fmt: skip
    if args.cancel is not None:
        folder = Registry().find(args.cancel).folder
        asking.cancel(folder)
        said = T("{name} leaves the queue.", "{name} 将离开队列。", name=folder.path.name)
        return Result(str(said), json={"cancelled": folder.id}, value=folder.id)
    if args.up is not None:
        return _listed(asking.move_up(Registry().find(args.up).id))
    if args.slots is not None:
        return _listed(asking.set_slots(args.slots))
    return _listed(asking.line())


def _listed(line: Line) -> Result:
    slots = slots_of(line.slots, visible_gpus())
    known = {ref.id: ref for ref in Registry().list()}
    table = Table([T("place", "位次"), T("run", "运行"), T("from", "来自")])
    rows: list[dict[str, Any]] = []
    places = [(None, one) for one in line.working]
    for place, one in [*places, *enumerate(line.waiting, 1)]:
        ref = known.get(one.run)
        name = ref.folder.path.name if ref is not None else one.run
        table.add([T("at work", "进行中") if place is None else place, name, one.origin])
        rows.append({"run": one.run, "name": name, "place": place, "origin": one.origin})
    head = T("At most {n} at work at the same time.", "最多同时进行 {n} 个。", n=slots)
    json = {"slots": slots, "runs": rows}
    if not rows:
        empty = T("Nothing waits. Let a run wait: %ernie_finetune reviews --queue",
                  "没有等待的运行。加入队列：%ernie_finetune reviews --queue")  # fmt: skip
        return Result(f"{empty}\n{head}", json=json, value=rows)
    return Result(f"{table.text()}\n{head}", html=f"{table.html()}<p>{head}</p>",
                  json=json, value=rows)  # fmt: skip
