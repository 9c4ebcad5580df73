"""``%ernie_search`` and ``paddle-lab search``: which values of the options are best."""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.errors import PaddleLabError, UsageError
from paddle_lab.i18n import T
from paddle_lab.options import AnswerOptions, CommandParser, option, options_of, same_option
from paddle_lab.options.declare import OPTIONS, as_written
from paddle_lab.options.trust import Trust
from paddle_lab.runs.spec import RunSpec
from paddle_lab.search.options import SearchWork
from paddle_lab.search.plan import NOT_TAKEN
from paddle_lab.search.space import searchable
from paddle_lab.text.html import escape

if TYPE_CHECKING:
    from paddle_lab.search.folder import SearchFolder

_TICK_S: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class SearchCall(AnswerOptions, SearchWork, Trust):
    """What a call does with a search; which options it varies are those of a run."""

    resume: str | None = option(
        None,
        T("go on with a search that was stopped; --trials and --minutes may be given anew",
          "继续已停止的搜索；可重新给出 --trials 和 --minutes"),
        metavar="SEARCH", example="last", group=OPTIONS, stored=False, common=True,
    )  # fmt: skip
    join: str | None = option(
        None,
        T("work on a search that another process has begun, here or on another machine: on trials "
          "of its own, until there are no more",
          "参与另一个进程（本机或其他机器）已开始的搜索：进行自己的试验，直到没有新的试验"),
        metavar="SEARCH", example="/shared/runs/reviews-search-1a2b3c4d", group=OPTIONS,
        stored=False,
    )  # fmt: skip
    background: bool = option(
        False,
        T("return at once; a process of its own goes on with it",
          "立即返回，由独立进程继续"),
        group=OPTIONS, stored=False,
    )  # fmt: skip
    list: bool = option(False, T("list the searches", "列出所有搜索"), group=OPTIONS, stored=False)
    show: str | None = option(
        None,
        T("show a search again: last, an id, a name or a folder",
          "再次显示一次搜索：last、id、名称或目录"),
        metavar="SEARCH", example="last", group=OPTIONS, stored=False,
    )  # fmt: skip


def _fields() -> list[tuple[str, Any, Any]]:
    """The options of a run: those that may vary as they are written."""
    written = {one.name for one in searchable()}
    hints = get_type_hints(RunSpec)
    return [
        (name, str | None, as_written(RunSpec, name))
        if name in written
        else (name, hints[name], same_option(RunSpec, name))
        for name in (one.name for one in options_of(RunSpec))
        if name not in NOT_TAKEN
    ]


SearchOptions: Final = dataclasses.make_dataclass(
    "SearchOptions", _fields(), bases=(SearchCall,), kw_only=True, frozen=True
)


def build_parser(prog: str = "%ernie_search") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        SearchOptions,
        T("Search for the best values of options: trials are runs, compared on the dev rows; the "
          "best ends with a report and an exported model that was proven to work. An option that "
          "varies is a range a..b (of the learning rate by powers of ten) or a list a,b,c.",
          "搜索选项的最佳取值：每次试验是一次运行，在验证集上比较；最佳试验以报告和经过验证的"
          "导出模型结束。可变的选项写作范围 a..b（学习率按数量级）或列表 a,b,c。"),
        [
            f"{prog} reviews --lr 1e-5..1e-4 --batch-size 16,32 --trials 12 --minutes 20",
            f"{prog} train.tsv dev.tsv --model ernie-lab-mini,ernie-3.0-nano-zh --epochs 2..6",
            f"{prog} --resume last --trials 24",
            f"{prog} --join /shared/runs/reviews-search-1a2b3c4d",
            f"{prog} --list",
        ],
        layered=True,
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Search and block until it is over, unless in the background.

    Raises UsageError, DataError, ModelError, RunError, and EnvError where Optuna is missing.
    """
    from paddle_lab.search.folder import find_search
    from paddle_lab.search.start import refuse_with_resume

    given = _given(args)
    if args.list or args.show is not None:
        _refuse_beside("--list" if args.list else "--show", given)
        return _listed() if args.list else _result(find_search(args.show), context, again=True)
    if args.join is not None:
        return _joined(args, given, context)
    if args.resume is not None:
        refuse_with_resume({**given, "jobs": args.jobs, "pruner": args.pruner})
        folder = find_search(args.resume)
    else:
        folder = _begun(args, given, context)
    if args.background:
        return _in_background(folder, args, context)
    return _in_foreground(folder, args, context)


def _given(args: argparse.Namespace) -> dict[str, Any]:
    """The options of a run that the line has."""
    return {
        one.name: value
        for one in options_of(SearchOptions)
        if one.stored and (value := getattr(args, one.name)) is not None
    }


def _begun(args: argparse.Namespace, given: Mapping[str, Any], context: Context) -> SearchFolder:
    from paddle_lab.search.start import TRIALS, new_search

    if given.get("train") is None:
        raise UsageError(
            T("No training data were given.", "没有给出训练数据。"),
            fix=T("For example: %ernie_search reviews --lr 1e-5..1e-4",
                  "例如：%ernie_search reviews --lr 1e-5..1e-4"),
            code="usage.no_data",
        )  # fmt: skip
    return new_search(
        given,
        context.names,
        trials=args.trials or TRIALS,
        minutes=args.minutes,
        jobs=args.jobs or 1,
        pruner=args.pruner or "halving",
    )


def _in_foreground(folder: SearchFolder, args: argparse.Namespace, context: Context) -> Result:
    from paddle_lab.interrupts import interrupted
    from paddle_lab.search.start import work_on
    from paddle_lab.training.busy import busy_kernel

    tell = _shown(folder, args, context)
    with busy_kernel():
        ended = work_on(
            folder,
            trials=args.trials,
            minutes=args.minutes,
            trust=args.trust,
            shown=tell,
            say=context.say,
        )
    if ended["interrupted"] and context.notebook:
        raise interrupted()  # so that the kernel drops the cells that are queued
    return _result(folder, context, again=not context.notebook)


def _joined(args: argparse.Namespace, given: Mapping[str, Any], context: Context) -> Result:
    """Work on trials of a search that is at work, until there are no more."""
    from paddle_lab.search.folder import find_search
    from paddle_lab.search.joining import join, join_elsewhere, refuse_with_join

    own = ("resume", "trials", "minutes", "pruner")
    refuse_with_join({**given, **{name: getattr(args, name) for name in own}})
    folder = find_search(args.join)
    work = {"jobs": args.jobs or 1, "trust": args.trust, "local": given}
    if args.background:
        return _followed(folder, join_elsewhere(folder, **work), args, context)
    from paddle_lab.training.busy import busy_kernel

    with busy_kernel():
        part = join(folder, **work, shown=_shown(folder, args, context))
    if part.interrupted and context.notebook:
        from paddle_lab.interrupts import interrupted

        raise interrupted()
    from paddle_lab.views.search import joined_text

    json = {"search": folder.plan().id, "folder": str(folder.path), "why": part.why,
            "trials": part.rows}  # fmt: skip
    return Result(joined_text(folder.path.name, part.why, part.rows), json=json, value=json)


def _in_background(folder: SearchFolder, args: argparse.Namespace, context: Context) -> Result:
    """Let a process of its own work on it; a notebook's cell follows it all the same."""
    from paddle_lab.search.start import work_elsewhere

    process = work_elsewhere(folder, trials=args.trials, minutes=args.minutes, trust=args.trust)
    return _followed(folder, process, args, context)


def _followed(
    folder: SearchFolder,
    process: subprocess.Popen[bytes],
    args: argparse.Namespace,
    context: Context,
) -> Result:
    if context.notebook and not args.quiet and not args.json:
        tell = _shown(folder, args, context)

        def follow() -> None:
            while process.poll() is None:
                tell(folder.trials())
                time.sleep(_TICK_S)
            tell(folder.trials())

        threading.Thread(target=follow, name="paddle-lab-search-view", daemon=True).start()
    text = T("Search {name} goes on in the background. Stop it: {stop} {name}",
             "搜索 {name} 在后台继续。停止：{stop} {name}", name=folder.path.name,
             stop="%ernie_stop" if context.stays else "paddle-lab stop")  # fmt: skip
    json = {"search": folder.plan().id, "folder": str(folder.path)}
    return Result(str(text), json=json, value=folder.path)


def _shown(
    folder: SearchFolder, args: argparse.Namespace, context: Context
) -> Callable[[Mapping[str, Any]], None]:
    if args.quiet or args.json:
        return lambda _: None
    from paddle_lab.search.showing import teller

    return teller(folder, notebook=context.notebook)


def _result(folder: SearchFolder, context: Context, *, again: bool) -> Result:
    """The end: all of it, or one line where the cell above has said it."""
    from paddle_lab.search.showing import view_of

    view = view_of(folder)
    json = {**view.content, "plan": folder.plan().to_json(), "command": view.command,
            "folder": str(folder.path)}  # fmt: skip
    json.pop("process", None)
    if again:
        return Result(view.text(), html=view.html(), json=json, value=json)
    text = T("This search is {name}.", "该搜索为 {name}。", name=folder.path.name)
    return Result(str(text), json=json, value=json)


def _listed() -> Result:
    from paddle_lab.search.folder import searches
    from paddle_lab.search.showing import view_of

    table = Table([T("search", "搜索"), T("stands", "状态")])
    rows = []
    for folder in searches():
        try:
            line = view_of(folder).stands()
        except PaddleLabError as error:
            line = str(error.why or error.what)
        table.add([folder.path.name, line])
        rows.append({"name": folder.path.name, "folder": str(folder.path), "stands": line})
    if not rows:
        text = T("No searches yet. Start one: %ernie_search reviews --lr 1e-5..1e-4",
                 "还没有搜索。开始一次：%ernie_search reviews --lr 1e-5..1e-4")  # fmt: skip
        return Result(str(text), html=f"<p>{escape(text)}</p>", json=[])
    return Result(table.text(), html=table.html(), json=rows, value=rows)


def _refuse_beside(flag: str, given: Mapping[str, Any]) -> None:
    if not given:
        return
    raise UsageError(
        T("{flag} starts no search, so {option} makes no sense with it.",
          "{flag} 不开始搜索，不能与 {option} 同时使用。", flag=flag, option=next(iter(given))),
        fix=T("Leave one of the two out.", "请去掉其中一个。"),
        code="usage.conflict",
    )  # fmt: skip
