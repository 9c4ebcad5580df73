"""``%ernie_runs list|show|compare|command|rm`` and its twin ``paddle-lab runs``."""

from __future__ import annotations

import argparse
import html
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from paddle_lab.commands.compare import compare, shown, state_name
from paddle_lab.commands.context import Context
from paddle_lab.commands.parser import CommandParser, add_common
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.errors import UsageProblem
from paddle_lab.i18n import T
from paddle_lab.runs import Registry, RunRef
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.removal import remove_run, seems_alive, still_alive
from paddle_lab.runs.reproduce import commands
from paddle_lab.runs.summary import RunSummary

ACTIONS: Final = ("list", "show", "compare", "command", "rm")
_FORMS: Final = ("magic", "cli", "python", "yaml")


def build_parser(prog: str = "%ernie_runs") -> CommandParser:
    """The parser of both doors."""
    parser = CommandParser(
        prog=prog,
        description=str(T("See, compare and remove runs.", "查看、比较和删除运行。")),
        epilog="\n  ".join(
            [
                str(T("examples:", "示例：")),
                f"{prog} list",
                f"{prog} show last",
                f"{prog} compare 1 2",
                f"{prog} command last --as python",
                f"{prog} rm 3 --yes",
            ]
        ),
    )
    parser.add_argument(
        "action",
        nargs="?",
        choices=ACTIONS,
        default="list",
        help=str(T("what to do (list when left out)", "要做什么（缺省为 list）")),
    )
    parser.add_argument(
        "runs",
        nargs="*",
        metavar="RUN",
        help=str(
            T(
                "last, a number of the list, a name, an id or a folder",
                "last、列表编号、名称、id 或目录",
            )
        ),
    )
    parser.add_argument(
        "--as",
        dest="form",
        choices=_FORMS,
        default="magic",
        help=str(T("form of the command, e.g. --as python", "命令的形式，例如 --as python")),
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help=str(T("really remove the run's folder", "确认删除运行目录")),
    )
    add_common(parser)
    return parser


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Do the action. Raises RunError for a run that is not there."""
    registry = Registry()
    _check_count(args.action, len(args.runs))
    if args.action == "list":
        return _list(registry)
    refs = list(registry.find_all(args.runs))
    if args.action == "show":
        return _show(refs[0])
    if args.action == "compare":
        # Two words may name one run.
        _check_count("compare", len(refs))
        return compare(refs)
    if args.action == "command":
        text = commands(refs[0].folder.spec())[args.form]
        return Result(text, json={"command": text}, value=text)
    return _remove(registry, refs, args.yes)


def _check_count(action: str, given: int) -> None:
    least, most, example = {
        "list": (0, 0, "list"),
        "show": (1, 1, "show last"),
        "command": (1, 1, "command last"),
        "compare": (2, 50, "compare 1 2"),
        "rm": (1, 10_000, "rm last --yes"),
    }[action]
    if least <= given <= most:
        return
    wanted = {
        (0, 0): T("no run", "不需要指定运行"),
        (1, 1): T("one run", "一个运行"),
        (2, 50): T("two runs or more", "两个或更多运行"),
    }.get((least, most), T("a run", "要指定运行"))
    raise UsageProblem(
        T("`{action}` takes {wanted}.", "`{action}`：{wanted}。", action=action, wanted=wanted),
        fix=T("For example: {example}", "例如：{example}", example=example),
    )


def _list(registry: Registry) -> Result:
    table = Table(
        [
            T("#", "#"),
            T("run", "运行"),
            T("state", "状态"),
            T("step", "步"),
            T("best", "最佳"),
            T("model", "模型"),
            T("started", "开始时间"),
        ]
    )
    summaries = RunsBoard(registry, limit=None).refresh()
    for number, run in enumerate(summaries, start=1):
        folder_name = Path(run.folder).name
        if run.reason is not None:
            state = T("unreadable: {reason}", "无法读取：{reason}", reason=run.reason)
            table.add([number, folder_name, state, *[""] * 4])
            continue
        table.add(
            [
                number,
                folder_name,
                _state(run),
                f"{run.step}/{run.total_steps}" if run.total_steps else run.step,
                shown(run.best[1]) if run.best else "",
                run.model,
                _time(run.created),
            ]
        )
    if not summaries:
        text = str(
            T(
                "No runs yet. Start one: %ernie_finetune reviews",
                "还没有运行。开始一次：%ernie_finetune reviews",
            )
        )
        return Result(text, json=[])
    lacking = _lacking_bundles(summaries)
    return Result(
        "\n".join([table.text(), *lacking]),
        html=table.html() + "".join(f"<p>{html.escape(line)}</p>" for line in lacking),
        json=[_row(number, run) for number, run in enumerate(summaries, start=1)],
        value=registry.list(),
    )


def _row(number: int, run: RunSummary) -> dict[str, Any]:
    head = {"number": number, "id": run.id, "name": run.name, "state": run.state}
    if run.reason is not None:
        return {**head, "reason": str(run.reason), "folder": run.folder}
    return {
        **head,
        "step": run.step,
        "best": run.best[1] if run.best else None,
        "model": run.model,
        "created": run.created,
        "folder": run.folder,
        "no_bundle": run.no_bundle,
    }


def _state(run: RunSummary) -> str:
    name = state_name(run.state)
    return str(T("{state}, no bundle", "{state}，无模型包", state=name)) if run.no_bundle else name


def _lacking_bundles(summaries: Sequence[RunSummary]) -> list[str]:
    """How to get the bundle of each run whose export failed."""
    return [
        str(
            T(
                "{name} has no bundle, its export failed. Export it: %ernie_export {id}",
                "{name} 没有模型包，导出失败。请导出：%ernie_export {id}",
                name=Path(run.folder).name,
                id=run.id,
            )
        )
        for run in summaries
        if run.no_bundle
    ]


def _show(ref: RunRef) -> Result:
    from paddle_lab.runs.snapshot import snapshot
    from paddle_lab.views import frozen_bundle
    from paddle_lab.views.text import report_text

    bundle = frozen_bundle(ref.folder)
    return Result(
        report_text(ref.folder),
        html=bundle.get("text/html"),
        json=snapshot(ref.folder),
        value=ref.folder,
        bundle=bundle,
    )


def _remove(registry: Registry, refs: list[RunRef], sure: bool) -> Result:
    names = ", ".join(ref.folder.path.name for ref in refs)
    alive = [ref for ref in refs if seems_alive(ref.folder)]
    if alive:
        raise still_alive(alive[0])
    if not sure:
        raise UsageProblem(
            T(
                "This removes {names} with checkpoints and bundle.",
                "这会删除 {names} 及其检查点和导出模型。",
                names=names,
            ),
            fix=T("Say so with --yes.", "请加 --yes 确认。"),
        )
    for ref in refs:
        remove_run(registry, ref)
    return Result(
        str(T("Removed {names}.", "已删除 {names}。", names=names)), json={"removed": names}
    )


def _time(moment: float) -> str:
    """The local time, or a dash for a time that no calendar has."""
    try:
        return datetime.fromtimestamp(moment).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return "–"
