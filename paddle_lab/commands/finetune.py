"""``%ernie_finetune`` and ``paddle-lab finetune``: the options, the plan, and the start."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.commands.config import merge_options, parse_assignments, read_config
from paddle_lab.commands.context import Context
from paddle_lab.commands.finetune_parser import build_parser
from paddle_lab.commands.result import Result
from paddle_lab.errors import UsageProblem
from paddle_lab.i18n import T

if TYPE_CHECKING:
    from paddle_lab.training.run import Run

_NOT_OPTIONS: Final = (
    "resume",
    "trust",
    "background",
    "config",
    "dry_run",
    "output",
    "set",
    "json",
    "quiet",
    "lang",
    "command",
)

__all__ = ["build_parser", "dry_run", "execute", "finished", "options_of", "start"]


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Do what was asked and block until done; doors that can await use :func:`start`."""
    if args.dry_run:
        return dry_run(args, context)
    run = start(args, context)
    if args.background:
        return Result(
            _begun(run, context), json={"run": run.id, "folder": str(run.folder.path)}, value=run
        )
    run.wait()
    return finished(run)


def start(args: argparse.Namespace, context: Context) -> Run:
    """Begin the run that the arguments describe, with its live view."""
    from paddle_lab.api import launch

    options = options_of(args, context)
    # A thread would end with the terminal's command; a process of its own goes on.
    alone = args.background and not context.stays
    if alone:
        options["isolate"] = True
    return launch(
        options.pop("train", None),
        options.pop("dev", None),
        resume=args.resume,
        trust=bool(args.trust),
        names=context.names,
        show=not args.quiet and not alone,
        **options,
    )


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
    from paddle_lab.training.plan import make_plan

    if args.resume is not None:
        raise UsageProblem(
            T("--dry-run plans a new run; --resume goes on with one.",
              "--dry-run 用于计划新的运行，--resume 用于继续已有的运行。"),
            fix=T("See what it was begun with: %ernie_runs command {run}",
                  "查看它的选项：%ernie_runs command {run}", run=args.resume),
        )  # fmt: skip
    options = options_of(args, context)
    spec, tables = specify(
        options.pop("train", None), options.pop("dev", None), context.names, options
    )
    plan = make_plan(spec, tables, trust=bool(args.trust))
    return Result(plan.text(), html=plan.html(), json=plan.to_json(), value=plan)


def options_of(args: argparse.Namespace, context: Context) -> dict[str, Any]:
    """Options from the line, then the cell's YAML, then ``--config``: the first given wins."""
    line = {
        name: value
        for name, value in vars(args).items()
        if name not in _NOT_OPTIONS and value is not None
    }
    layers: list[Mapping[str, Any]] = [line]
    if context.cell is not None and context.cell.strip():
        layers.append(read_config(context.cell, "cell"))
    if args.config:
        layers.append(read_config(args.config, "file"))
    merged = merge_options(layers)
    extra = {**merged.pop("set", {}), **parse_assignments(args.set or [])}
    if merged.pop("skip_bad", False):
        extra["skip_bad"] = True
    if extra:
        merged["extra"] = extra
    return merged


def _begun(run: Run, context: Context) -> str:
    return str(
        T(
            "Run {name} goes on in the background. Stop it: {stop} {id}",
            "运行 {name} 在后台继续。停止：{stop} {id}",
            name=run.folder.path.name,
            stop="%ernie_stop" if context.stays else "paddle-lab stop",
            id=run.id,
        )
    )
