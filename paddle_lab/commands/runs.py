"""``%ernie_runs list|show|compare|command|rm`` and its twin ``paddle-lab runs``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.commands.compare import compare
from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options import AnswerOptions, CommandParser, option
from paddle_lab.runs import Registry, RunRef
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.removal import remove_run, seems_active, still_running
from paddle_lab.runs.reproduce import commands
from paddle_lab.runs.summary import RunSummary
from paddle_lab.runs.table import took
from paddle_lab.text.html import escape

ACTIONS: Final = ("list", "show", "compare", "command", "rm")
_FORMS: Final = ("magic", "cli", "python", "yaml")


@dataclass(frozen=True, kw_only=True)
class RunsOptions(AnswerOptions):
    """What to do with which runs."""

    action: str = option("list", T("what to do", "要做什么"), positional=True, choices=ACTIONS)
    runs: tuple[str, ...] = option(
        (),
        T("last, a number of the list, a name, an id or a folder",
          "last、列表编号、名称、id 或目录"),
        positional=True, metavar="RUN", values="runs",
    )  # fmt: skip
    form: str | None = option(
        None,
        T("form of the command; that of where it is asked for when left out",
          "命令的形式；缺省为当前所用的形式"),
        word="as", choices=_FORMS, example="python",
    )  # fmt: skip
    test: str | None = option(
        None,
        T("compare: answer the rows of this file with each, also with models on hubs "
          "(hf:org/name@v1)",
          "compare：用每个模型回答该文件中的数据，也可以是模型库中的模型（hf:org/name@v1）"),
        metavar="FILE", example="test.tsv", values="data",
    )  # fmt: skip
    yes: bool = option(False, T("really remove the run's folder", "确认删除运行目录"))


def build_parser(prog: str = "%ernie_runs") -> CommandParser:
    """The parser of both front ends."""
    lines = (
        "list",
        "show last",
        "compare 1 2",
        "compare last hf:org/name@v1 --test test.tsv",
        "command last --as python",
        "rm 3 --yes",
    )
    return CommandParser(
        prog,
        RunsOptions,
        T("See, compare and remove runs.", "查看、比较和删除运行。"),
        [f"{prog} {line}" for line in lines],
    )


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Do the action. Raises RunError for a run that is not there."""
    registry = Registry()
    _check_count(args.action, len(args.runs))
    if args.action == "list":
        return _list(registry)
    if args.test is not None:
        return _on_rows(args)
    refs = list(registry.find_all(args.runs))
    if args.action == "show":
        return _show(refs[0])
    if args.action == "compare":
        # Two words may name one run.
        _check_count("compare", len(refs))
        return compare(refs)
    if args.action == "command":
        form = args.form or ("magic" if context.stays else "cli")
        text = commands(refs[0].folder.spec())[form]
        return Result(text, json={"command": text}, value=text, verbatim=True)
    return _remove(registry, refs, args.yes)


def _on_rows(args: argparse.Namespace) -> Result:
    from paddle_lab.commands.compare_bundles import compare_bundles

    if args.action != "compare":
        raise UsageError(
            T("--test is for compare.", "--test 只能与 compare 一起使用。"),
            fix=T("For example: compare last hf:org/name@v1 --test test.tsv",
                  "例如：compare last hf:org/name@v1 --test test.tsv"),
            code="usage.conflict",
        )  # fmt: skip
    return compare_bundles(args.runs, args.test)


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
    raise UsageError(
        T("`{action}` takes {wanted}.", "`{action}`：{wanted}。", action=action, wanted=wanted),
        fix=T("For example: {example}", "例如：{example}", example=example),
        code="usage.arguments",
    )


def _list(registry: Registry) -> Result:
    from paddle_lab.views.runs_table import cells, headings
    from paddle_lab.views.words import Words

    words = Words()
    names = headings(words)
    summaries = RunsBoard(registry, limit=None).refresh()
    rows = [cells(number, run, words) for number, run in enumerate(summaries, start=1)]
    if not summaries:
        text = str(
            T(
                "No runs yet. Start one: %ernie_finetune reviews",
                "还没有运行。开始一次：%ernie_finetune reviews",
            )
        )
        return Result(text, json=[])
    lacking = [*_lacking_bundles(summaries), *_read_only(summaries)]
    return Result(
        "\n".join([_table(names, rows, all_columns=False).text(), *lacking]),
        html=_table(names, rows).html() + "".join(f"<p>{escape(line)}</p>" for line in lacking),
        json=[_row(number, run) for number, run in enumerate(summaries, start=1)],
        value=registry.list(),
    )


def _table(names: list[str], rows: list[list[Any]], *, all_columns: bool = True) -> Table:
    """The rows as a table; a terminal has no room for a column in which nothing stands."""
    kept = [
        index
        for index in range(len(names))
        if all_columns or any(row[index] not in ("", "–") for row in rows)
    ]
    table = Table([names[index] for index in kept])
    for row in rows:
        table.add([row[index] for index in kept])
    return table


def _row(number: int, run: RunSummary) -> dict[str, Any]:
    head = {"number": number, "id": run.id, "name": run.name, "state": run.state}
    if run.reason is not None:
        return {**head, "reason": str(run.reason), "folder": run.folder}
    return {
        **head,
        "step": run.step,
        "result": run.result[1] if run.result else None,
        "result_metric": run.result[0] if run.result else None,
        "best": run.best[1] if run.best else None,
        "best_metric": run.best[0] if run.best else None,
        "coverage": run.coverage,
        "model": run.model,
        "task": run.task,
        "created": run.created,
        "took": took(run),
        "note": run.note,
        "folder": run.folder,
        "no_bundle": run.no_bundle,
    }


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


def _read_only(summaries: Sequence[RunSummary]) -> list[str]:
    """One line on runs of other users."""
    others = [run for run in summaries if run.reason is None and not os.access(run.folder, os.W_OK)]
    if not others:
        return []
    return [
        str(
            T(
                "{n} of them are another user's, read only: they can be shown, asked, and exported "
                "with --out. To go on with one, copy its folder.",
                "其中 {n} 个属于其他用户，只读：可以查看、预测，并用 --out 导出。要继续其中之一，"
                "请先复制其目录。",
                n=len(others),
            )
        )
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
    active = [ref for ref in refs if seems_active(ref.folder)]
    if active:
        raise still_running(active[0])
    if not sure:
        raise UsageError(
            T(
                "This removes {names} with checkpoints and bundle.",
                "这会删除 {names} 及其检查点和导出模型。",
                names=names,
            ),
            fix=T("Say so with --yes.", "请加 --yes 确认。"),
            code="usage.not_confirmed",
        )
    for ref in refs:
        remove_run(registry, ref)
    return Result(
        str(T("Removed {names}.", "已删除 {names}。", names=names)), json={"removed": names}
    )
