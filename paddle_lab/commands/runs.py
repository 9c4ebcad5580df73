"""``%ernie_runs list|show|compare|command|rm`` and its twin ``paddle-lab runs``."""

from __future__ import annotations

import argparse
import shutil
from datetime import datetime
from typing import Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.parser import CommandParser
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.errors import RunError, UsageProblem
from paddle_lab.i18n import T
from paddle_lab.runs import Registry, RunRef, RunState
from paddle_lab.runs.reproduce import changed, commands

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
    parser.add_argument("--json", action="store_true", help=str(T("as JSON", "以 JSON 输出")))
    return parser


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Do the action. Raises RunError for a run that is not there."""
    registry = Registry()
    if args.action == "list":
        return _list(registry)
    if not args.runs:
        raise UsageProblem(
            T("`{action}` needs a run.", "`{action}` 需要指定运行。", action=args.action),
            fix=T("For example: {action} last", "例如：{action} last", action=args.action),
        )
    refs = [registry.find(wanted) for wanted in args.runs]
    if args.action == "show":
        return _show(refs[0])
    if args.action == "compare":
        return _compare(refs)
    if args.action == "command":
        text = commands(refs[0].folder.spec())[args.form]
        return Result(text, json={"command": text}, value=text)
    return _remove(registry, refs, args.yes)


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
    rows: list[dict[str, Any]] = []
    for number, ref in enumerate(registry.list(), start=1):
        state = ref.folder.state()
        spec = ref.folder.spec()
        table.add(
            [
                number,
                ref.folder.path.name,
                state_name(state.state),
                _steps(state),
                _best(state, spec.metric),
                spec.model,
                _time(ref.created),
            ]
        )
        rows.append(
            {
                "number": number,
                "id": ref.id,
                "name": ref.name,
                "state": state.state,
                "step": state.step,
                "best": _best_value(state, spec.metric),
                "model": spec.model,
                "created": ref.created,
                "folder": str(ref.folder.path),
            }
        )
    if not rows:
        text = str(
            T(
                "No runs yet. Start one: %ernie_finetune reviews",
                "还没有运行。开始一次：%ernie_finetune reviews",
            )
        )
        return Result(text, json=[])
    return Result(table.text(), html=table.html(), json=rows, value=registry.list())


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


def _compare(refs: list[RunRef]) -> Result:
    if len(refs) < 2:
        raise UsageProblem(
            T("`compare` needs two runs or more.", "`compare` 至少需要两个运行。"),
            fix=T("For example: compare 1 2", "例如：compare 1 2"),
        )
    states = [ref.folder.state() for ref in refs]
    specs = [ref.folder.spec() for ref in refs]
    table = Table([T("", ""), *(T("{n}", "{n}", n=ref.folder.path.name) for ref in refs)])
    names = list(changed(specs[0]) | changed(specs[1]))
    for spec in specs[2:]:
        names += [name for name in changed(spec) if name not in names]
    differing = [name for name in names if len({repr(getattr(spec, name)) for spec in specs}) > 1]
    for name in differing:
        table.add([name, *(getattr(spec, name) for spec in specs)])
    table.add([str(T("state", "状态")), *(state_name(state.state) for state in states)])
    metrics = sorted({key for state in states for key in _metrics(state)})
    for key in metrics:
        table.add([key, *(_number(_metrics(state).get(key)) for state in states)])
    table.add([str(T("training seconds", "训练秒数")), *(_seconds(state) for state in states)])
    from paddle_lab.views.compare import compare_svg

    picture = compare_svg(
        [(ref.folder.path.name, state) for ref, state in zip(refs, states, strict=True)]
    )
    return Result(
        table.text(),
        html=picture + table.html(),
        json=[
            {
                "id": ref.id,
                "metrics": _metrics(state),
                "options": {name: getattr(spec, name) for name in differing},
            }
            for ref, state, spec in zip(refs, states, specs, strict=True)
        ],
    )


def _remove(registry: Registry, refs: list[RunRef], sure: bool) -> Result:
    names = ", ".join(ref.folder.path.name for ref in refs)
    alive = [ref for ref in refs if ref.folder.state().live]
    if alive:
        raise RunError(
            T(
                "Run {name} is still alive.",
                "运行 {name} 仍在进行。",
                name=alive[0].folder.path.name,
            ),
            fix=T("Stop it first: %ernie_stop {id}", "请先停止：%ernie_stop {id}", id=alive[0].id),
        )
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
        try:
            shutil.rmtree(ref.folder.path)
        except OSError as error:
            raise RunError(
                T(
                    "The folder of {name} cannot be removed.",
                    "无法删除 {name} 的目录。",
                    name=ref.folder.path.name,
                ),
                T("{error}", "{error}", error=error),
            ) from error
        registry.remove(ref)
    return Result(
        str(T("Removed {names}.", "已删除 {names}。", names=names)), json={"removed": names}
    )


def state_name(state: str) -> str:
    """A run's state in the reader's language."""
    names = {
        "queued": T("queued", "排队中"),
        "starting": T("starting", "启动中"),
        "training": T("training", "训练中"),
        "paused": T("paused", "已暂停"),
        "finishing": T("finishing", "收尾中"),
        "finished": T("finished", "已完成"),
        "stopped": T("stopped", "已停止"),
        "failed": T("failed", "失败"),
        "aborted": T("aborted", "已中止"),
        "crashed": T("crashed", "已崩溃"),
    }
    return str(names[state]) if state in names else state


def _metrics(state: RunState) -> dict[str, Any]:
    return dict((state.end or {}).get("metrics") or {})


def _best_value(state: RunState, metric: str) -> float | None:
    return state.best["metrics"].get(metric) if state.best else None


def _best(state: RunState, metric: str) -> str:
    return _number(_best_value(state, metric))


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)


def _steps(state: RunState) -> str:
    return f"{state.step}/{state.total_steps}" if state.total_steps else str(state.step)


def _seconds(state: RunState) -> str:
    value = (state.end or {}).get("train_seconds")
    return f"{value:.1f}" if value is not None else ""


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%Y-%m-%d %H:%M")
