"""``%ernie_stop``, ``%ernie_pause``, ``%ernie_resume`` and their twins in the terminal."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.options import AnswerOptions, CommandParser, option
from paddle_lab.runs import Registry, RunRef
from paddle_lab.runs.removal import seems_active

if TYPE_CHECKING:
    from paddle_lab.search.folder import SearchFolder

_SAID: Final[dict[str, Text]] = {
    "stop": T("asked to stop; its weights are kept", "已请求停止，权重会保留"),
    "pause": T("asked to pause", "已请求暂停"),
    "resume": T("asked to go on", "已请求继续"),
}
_ABOUT: Final[dict[str, Text]] = {
    "stop": T(
        "Stop a run; its best weights are kept, reported on and exported.",
        "停止一次运行；保留最佳权重，并照常生成报告和导出模型。",
    ),
    "pause": T("Hold a run; its memory stays held.", "暂停一次运行；内存仍被占用。"),
    "resume": T("Let a paused run go on.", "让暂停的运行继续。"),
}
_UNSAVED: Final = T("asked to stop without saving", "已请求停止且不保存")


@dataclass(frozen=True, kw_only=True)
class AskOptions(AnswerOptions):
    """Which run is asked."""

    run: str | None = option(
        None,
        T("last, all, a number, a name, an id or a folder, also of a search; otherwise the one "
          "live run or search",
          "last、all、编号、名称、id 或目录，也可以是搜索；缺省为唯一正在进行的运行或搜索"),
        positional=True, values="runs",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class StopOptions(AskOptions):
    """When it stops, and what it makes then."""

    after: str = option(
        "step",
        T("stop after this step or at the epoch's end", "在本步之后或本轮结束时停止"),
        choices=("step", "epoch"), metavar="WHEN", example="epoch",
    )  # fmt: skip
    save: bool = option(
        True,
        T("leave at once: no last checkpoint, no report, no export",
          "立即离开：不写最后的检查点、报告和导出模型"),
    )  # fmt: skip


def parser_for(ask: str) -> Callable[[str], CommandParser]:
    """The parser builder of one request: stop, pause or resume."""

    def build_parser(prog: str) -> CommandParser:
        options = StopOptions if ask == "stop" else AskOptions
        parser = CommandParser(prog, options, _ABOUT[ask], [f"{prog} last"])
        parser.set_defaults(ask=ask)
        return parser

    return build_parser


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Write the request. Raises RunError when there is no live run to ask."""
    registry, save = Registry(), getattr(args, "save", True)
    searches = searches_meant(args.run, registry) if args.ask == "stop" else []
    for search in searches:
        search.ask_to_stop("command")
    if searches and (args.run != "all" or not _active(registry)):
        return _searches_stopped(searches)
    refs = _all_live(registry) if args.run == "all" else [_live_run(registry, args.run)]
    for ref in refs:
        ref.folder.ask(args.ask, getattr(args, "after", "step"), "command", save=save)
    said = _SAID[args.ask] if save else _UNSAVED
    return Result(
        "\n".join(f"{ref.folder.path.name}: {said}" for ref in refs),
        json={"run": refs[0].id, "runs": [ref.id for ref in refs], "ask": args.ask},
        value=refs,
    )


def searches_meant(wanted: str | None, registry: Registry) -> list[SearchFolder]:
    """The live searches that a word names: trials end with their search, which begins the next.

    Without a word it is the one search at work, where all active runs are its trials.
    """
    from paddle_lab.search.folder import find_search, searches

    live = [search for search in searches() if search.live]
    if wanted == "all" or not live:
        return live
    if wanted is None:
        trials = {row["run"] for search in live for row in search.trials()["trials"]}
        others = [ref for ref in _active(registry) if ref.folder.path.name not in trials]
        alone = len(live) == 1 and not others
        return live if alone else []
    try:
        registry.find(wanted)
    except RunError:
        pass
    else:
        return []
    try:
        found = find_search(wanted)
    except RunError:
        return []
    return [search for search in live if search.path == found.path]


def _searches_stopped(searches: list[SearchFolder]) -> Result:
    names = [search.path.name for search in searches]
    said = T("asked to stop; it can go on: %ernie_search --resume {name}",
             "已请求停止；可继续：%ernie_search --resume {name}", name=names[0])  # fmt: skip
    return Result(
        "\n".join(f"{name}: {said}" for name in names),
        json={"searches": names, "ask": "stop"},
        value=searches,
    )


def _active(registry: Registry) -> list[RunRef]:
    return [ref for ref in registry.list() if seems_active(ref.folder)]


def _all_live(registry: Registry) -> list[RunRef]:
    # A run that cannot be read has no process that would hear the request.
    active = _active(registry)
    if not active:
        raise RunError(T("No active run.", "没有正在进行的运行。"), code="run.none_active")
    return active


def _live_run(registry: Registry, wanted: str | None) -> RunRef:
    if wanted is not None:
        ref = registry.find(wanted)
        state = ref.folder.state()
        if not state.live:
            raise RunError(
                T(
                    "Run {name} is not active: it is {state}.",
                    "运行 {name} 不在进行中：{state}。",
                    name=ref.folder.path.name,
                    state=state.state,
                ),
                code="run.not_active",
            )
        return ref
    active = _all_live(registry)
    if len(active) == 1:
        return active[0]
    raise RunError(
        T("{n} runs are active.", "有 {n} 个运行正在进行。", n=len(active)),
        T("{names}", "{names}", names=", ".join(ref.folder.path.name for ref in active)),
        T("Say which one, or all.", "请指明是哪一个，或用 all。"),
        code="run.several_active",
    )
