"""``%ernie_export RUN --runtime NAMES``: runtimes added to the bundle, and told."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.cgroup import usable_cores
from paddle_lab.commands.context import Context
from paddle_lab.commands.older_small import tell_of_small_beside
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.errors import BundleError, RunError, UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded
from paddle_lab.text.html import escape
from paddle_lab.text.numbers import amount, is_share, number, percent

if TYPE_CHECKING:
    from paddle_lab.bundle.judging import RuntimeProof
    from paddle_lab.runs import RunFolder

AUTO: Final = "auto"

Export = Callable[[argparse.Namespace], tuple[Path, Any]]


def add_asked(args: argparse.Namespace, context: Context, export: Export) -> Result:
    """Add what ``--runtime`` names, to the run's bundle or to the bundle that is named.

    The run is exported first where it has no bundle yet, or where its bundle shall be another one.
    Raises UsageError for a runtime that nobody knows, BundleError when none of those named passed.
    """
    from paddle_lab.bundle.added import add_runtimes
    from paddle_lab.bundle.locate import bundle_of, find_bundle
    from paddle_lab.training.trained import rows_of_run

    names = _names(args.runtime)
    run = _run(args.run)
    again = any(value is not None for value in (args.out, args.weights, args.label_names))
    if run is None and again:
        raise _only_of_a_run(args.run)
    if run is None:
        folder = find_bundle(args.run)
    elif again or bundle_of(run) is None:
        folder, _ = export(args)
        tell_of_small_beside(context, folder)
    else:
        folder = find_bundle(run.path)
    known = rows_of_run(run) if run is not None else None
    proofs = add_runtimes(
        folder,
        names,
        None if known is None else known.evaluation,
        most_lost=args.max_drop,
        choose=args.runtime == AUTO,
        threads=usable_cores(),
        anchor=run.info_path if run is not None and folder == run.bundle else None,
    )
    if args.runtime != AUTO and not any(proof.kept for proof in proofs[1:]):
        raise _none_kept(proofs[1:])
    return _shown(folder, proofs)


def _names(given: str) -> list[str]:
    """The runtimes that are meant. Raises UsageError for one that nobody knows."""
    from paddle_lab.bundle.manifest import FIRST_RUNTIME
    from paddle_lab.bundle.runtimes import RUNTIMES, refused_here

    if given == AUTO:
        others = [name for name in RUNTIMES.names() if name != FIRST_RUNTIME]
        return [name for name in others if refused_here(name) is None]
    names = list(dict.fromkeys(part.strip() for part in given.split(",") if part.strip()))
    for name in names:
        RUNTIMES.get(name)
    if not names or FIRST_RUNTIME in names:
        raise UsageError(
            T("--runtime names runtimes beside Paddle's, which every bundle has.",
              "--runtime 用于 Paddle 之外的运行时；每个模型包都已包含 Paddle 的运行时。"),
            fix=T("For example --runtime onnx-int8, or --runtime auto.",
                  "例如 --runtime onnx-int8，或 --runtime auto。"),
            code="usage.value",
        )  # fmt: skip
    return names


def _run(wanted: str) -> RunFolder | None:
    """The run of that name; None where a bundle's folder is named."""
    from paddle_lab.bundle.manifest import MANIFEST_FILE
    from paddle_lab.runs import Registry

    try:
        return Registry().find(wanted).folder
    except RunError:
        if (expanded(wanted) / MANIFEST_FILE).is_file():
            return None
        raise


def _only_of_a_run(wanted: str) -> UsageError:
    return UsageError(
        T("{name} is a bundle; --out, --weights and --label-names are for runs.",
          "{name} 是模型包；--out、--weights 和 --label-names 只用于运行。", name=wanted),
        fix=T("Name the run, or leave them out.", "请给出运行，或去掉这些选项。"),
        code="usage.conflict",
    )  # fmt: skip


def _none_kept(proofs: Sequence[RuntimeProof]) -> BundleError:
    why = "; ".join(f"{proof.runtime}: {proof.why_not}" for proof in proofs)
    return BundleError(
        T("The bundle stays as it was: no runtime passed.",
          "模型包保持不变：没有运行时通过检查。"),
        T("{why}", "{why}", why=why),
        T("Predict with Paddle's own runtime, or allow more with --max-drop.",
          "请使用 Paddle 自身的运行时预测，或用 --max-drop 放宽限制。"),
        code="bundle.runtime_refused",
    )  # fmt: skip


def _shown(folder: Path, proofs: Sequence[RuntimeProof]) -> Result:
    from paddle_lab.bundle.manifest import load_manifest

    chosen = load_manifest(folder, check_hashes=False).runtime
    first = T("Runtimes of {folder}; predictions use {chosen}.",
              "{folder} 的运行时；预测时使用 {chosen}。", folder=folder, chosen=chosen)  # fmt: skip
    table, notes = table_of(
        proofs,
        [
            T("kept", "保留")
            if proof.kept
            else T("not kept: {why}", "未保留：{why}", why=proof.why_not)
            for proof in proofs
        ],
    )
    return Result(
        f"{first}\n{table.text()}\n{notes}",
        html=f"<p>{escape(first)}</p>{table.html()}<p>{escape(notes)}</p>",
        json={
            "bundle": str(folder),
            "runtime": chosen,
            "runtimes": [proof.to_json() for proof in proofs],
        },
        value=list(proofs),
    )


def table_of(proofs: Sequence[RuntimeProof], last: Sequence[Text]) -> tuple[Table, Text]:
    """What was measured, the whole bundle first and ``last`` at the end, and what its times are."""
    table = Table(
        [
            T("runtime", "运行时"), T("size", "大小"), T("largest difference", "最大差异"),
            T("same answers", "答案相同"), _metric_heading(proofs[0]), T("one text", "单条"),
            T("in batches", "成批"), T("result", "结果"),
        ]
    )  # fmt: skip
    whole = proofs[0]
    for proof, said in zip(proofs, last, strict=True):
        table.add(
            [
                proof.runtime,
                _size(proof, whole),
                "–" if proof.max_abs_diff is None else f"{proof.max_abs_diff:.1e}",
                percent(proof.answers_equal),
                _figure(proof),
                _pace(proof.ms_alone, whole.ms_alone),
                _pace(proof.ms_batched, whole.ms_batched),
                said,
            ]
        )
    notes = T("Times are milliseconds a text on {threads} threads of this machine, of texts as "
              "long as the evaluation's; the factor is against Paddle's program in the same run.",
              "时间为本机 {threads} 个线程上每条文本的毫秒数，文本长度与评估数据相同；"
              "倍数为同一次测量中与 Paddle 程序的比较。", threads=whole.threads)  # fmt: skip
    return table, notes


def _metric_heading(proof: RuntimeProof) -> Text:
    return T("{name}, {rows} rows", "{name}，{rows} 行",
             name=proof.metric or "–", rows=proof.rows)  # fmt: skip


def _figure(proof: RuntimeProof) -> str:
    """The metric, with the digits in which runtimes differ."""
    if proof.after is None or proof.metric is None or not is_share(proof.metric):
        return number(proof.after)
    return f"{100 * proof.after:.2f}%"


def _size(proof: RuntimeProof, whole: RuntimeProof) -> str:
    if not proof.size_mb:
        return "–"
    factor = f" ({amount(whole.size_mb / proof.size_mb)} ×)" if proof is not whole else ""
    return f"{amount(proof.size_mb)} MB{factor}"


def _pace(found: float | None, whole: float | None) -> str:
    if found is None:
        return "–"
    factor = f" ({amount(whole / found)} ×)" if whole is not None and found < whole else ""
    return f"{amount(found)} ms{factor}"
