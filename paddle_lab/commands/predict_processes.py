"""By what the rows of ``predict`` are answered: this process, several, or a cluster of Ray."""

from __future__ import annotations

import argparse
import contextlib
import os
from typing import TYPE_CHECKING

from paddle_lab.commands.context import Context
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T

if TYPE_CHECKING:
    from paddle_lab.bundle import Predictor
    from paddle_lab.bundle.side_by_side import Answering


def refuse_ray_here(args: argparse.Namespace, context: Context) -> None:
    """Raise UsageError for ``--ray`` in a notebook, whose kernel joins no cluster."""
    if args.ray is not None and context.notebook:
        raise UsageError(
            T("--ray is for the terminal.", "--ray 用于终端。"),
            fix=T("Ask it there: paddle-lab predict last --file orders.csv --ray --out answers.csv",
                  "请在终端中运行：paddle-lab predict last --file orders.csv --ray "
                  "--out answers.csv"),
            code="usage.conflict",
        )  # fmt: skip


def answering_of(
    args: argparse.Namespace, predictor: Predictor, context: Context, stack: contextlib.ExitStack
) -> Answering:
    """The predictor, as many processes as are asked for, or those of a cluster.

    Raises UsageError on a GPU; with ``--ray`` EnvError without Ray, ServerError without a cluster.
    """
    if args.ray is None and args.workers in (None, 1):
        return predictor
    if predictor.device != "cpu":
        flag = "--workers" if args.ray is None else "--ray"
        raise UsageError(
            T("{flag} is for the CPU, and the model is on {device}.",
              "{flag} 只用于 CPU，而模型在 {device} 上。", flag=flag, device=predictor.device),
            fix=T("Leave it out: a GPU answers large batches, --batch-size 128.",
                  "请去掉它：GPU 适合大批量，例如 --batch-size 128。"),
            code="usage.conflict",
        )  # fmt: skip
    if args.ray is not None:
        return _on_ray(args, predictor, context, stack)
    from paddle_lab.bundle.side_by_side import side_by_side

    return stack.enter_context(side_by_side(predictor, args.workers))


def _on_ray(
    args: argparse.Namespace, predictor: Predictor, context: Context, stack: contextlib.ExitStack
) -> Answering:
    from paddle_lab.bundle.on_ray.problems import no_ray

    # Said on standard error of every run: that processes have what they begin with from elsewhere.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        from paddle_lab.bundle.on_ray.across import AcrossNodes
        from paddle_lab.bundle.on_ray.cluster import connect, disconnect, free_cores
    except ImportError as error:
        raise no_ray(error) from error
    cluster = connect(args.ray)
    stack.callback(disconnect)
    if not free_cores():
        context.say(
            T("No core of the cluster is free: the rows wait until one is (ray status).",
              "集群没有空闲的核：数据行将等到有核可用（ray status）。")
        )  # fmt: skip
    return AcrossNodes(predictor, cluster, args.workers)
