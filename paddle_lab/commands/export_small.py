"""``%ernie_export RUN --small``: a bundle of its own with fewer words and 8-bit weights."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from paddle_lab.cgroup import usable_cores
from paddle_lab.commands.export_runtimes import Export, table_of
from paddle_lab.commands.result import Result
from paddle_lab.errors import BundleError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded
from paddle_lab.text.html import escape
from paddle_lab.text.numbers import count, percent

if TYPE_CHECKING:
    from pathlib import Path

    from paddle_lab.bundle.small import SmallProof


def make_asked(args: argparse.Namespace, export: Export) -> Result:
    """Make the small bundle of the run; its own is exported first where it has none yet.

    Raises BundleError when the rows of the run are gone, or the small bundle would lose too much.
    """
    from paddle_lab.bundle.locate import bundle_of
    from paddle_lab.bundle.older_small import SMALL_FOLDER
    from paddle_lab.bundle.small import make_small
    from paddle_lab.bundle.staging import check_replaceable
    from paddle_lab.runs import Registry
    from paddle_lab.training.trained import rows_of_run

    run = Registry().find(args.run).folder
    out = (run.path / SMALL_FOLDER if args.out is None else expanded(args.out)).absolute()
    check_replaceable(out)
    known = rows_of_run(run)
    if known is None:
        raise _no_rows(run.path.name)
    folder = bundle_of(run)
    if folder is None or args.weights is not None or args.label_names is not None:
        folder, _ = export(argparse.Namespace(**{**vars(args), "out": None}))
    proof = make_small(
        folder,
        out,
        known.train,
        known.evaluation,
        most_lost=args.max_drop,
        threads=usable_cores(),
        anchor=run.info_path if args.out is None else None,
    )
    return _shown(out, proof)


def _no_rows(name: str) -> BundleError:
    return BundleError(
        T("The rows of run {name} are not here.", "运行 {name} 的数据不在此处。", name=name),
        T("A small bundle keeps the words that occur in them, and is judged on those of its "
          "evaluation.", "小模型包保留其中出现的词，并用评估数据判断效果。"),
        T("Bring the data back to where they were, or take --runtime onnx-int8.",
          "请把数据放回原处，或使用 --runtime onnx-int8。"),
        code="bundle.small_refused",
    )  # fmt: skip


def _shown(folder: Path, proof: SmallProof) -> Result:
    first = T("Small bundle: {folder}", "小模型包：{folder}", folder=folder)
    table, notes = table_of(proof.steps, _said(proof))
    (before, after), (then, now) = proof.words, proof.unknown
    more = T("{after} of {before} words; of the evaluation rows' tokens {now} are unknown, before "
             "{then}.",
             "保留 {after} / {before} 个词；评估数据的词元中 {now} 未知，此前为 {then}。",
             after=count(after), before=count(before),
             now=percent(now), then=percent(then))  # fmt: skip
    return Result(
        f"{first}\n{table.text()}\n{more}\n{notes}",
        html=f"<p>{escape(first)}</p>{table.html()}<p>{escape(more)} {escape(notes)}</p>",
        json={"bundle": str(folder), **proof.to_json()},
        value=proof,
    )


def _said(proof: SmallProof) -> list[Text]:
    """What each line of the table is."""
    whole, step, small = T("whole", "完整"), T("one step", "单独一步"), T("kept", "保留")
    return [whole, *[step] * (len(proof.steps) - 2), small]
