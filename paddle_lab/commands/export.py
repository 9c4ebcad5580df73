"""``%ernie_export`` and ``paddle-lab export``: make a run's bundle again, or check one."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paddle_lab.commands.context import Context
from paddle_lab.commands.older_small import tell_of_small_beside
from paddle_lab.commands.predict import at_work
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.errors import PaddleLabError, RunError, UsageError
from paddle_lab.i18n import T
from paddle_lab.options import AnswerOptions, CommandParser, option
from paddle_lab.options.trust import Trust
from paddle_lab.paths import expanded
from paddle_lab.runs.folder import removed_meanwhile
from paddle_lab.text.html import escape
from paddle_lab.text.numbers import amount, count
from paddle_lab.views.facts import case

if TYPE_CHECKING:
    from paddle_lab.bundle import ExportProof
    from paddle_lab.runs import RunFolder


@dataclass(frozen=True, kw_only=True)
class ExportOptions(AnswerOptions, Trust):
    """Which run or bundle, and whether it is made or only checked."""

    run: str = option(
        help=T("last, a number, a name, an id or a folder of a run; with --verify-only also a "
               "bundle's folder",
               "last、运行编号、名称、id 或目录；使用 --verify-only 时也可以是模型包目录"),
        positional=True, values="runs",
    )  # fmt: skip
    out: str | None = option(
        None,
        T("the bundle's folder; otherwise bundle in the run's folder",
          "模型包目录；缺省为运行目录下的 bundle"),
        metavar="DIR", example="my-model",
    )  # fmt: skip
    weights: str | None = option(
        None,
        T("of a run of your own Trainer: the folder where it saved its weights; otherwise its "
          "output_dir",
          "由您自己的 Trainer 产生的运行：Trainer 保存权重的目录；缺省为其 output_dir"),
        metavar="FOLDER", example="output",
    )  # fmt: skip
    label_names: str | None = option(
        None,
        T("file of names for labels that are numbers, one name a line, or name<TAB>number: the "
          "bundle answers with them",
          "为数字标签提供名称的文件，每行一个名称，或 名称<TAB>数字；模型包以这些名称作答"),
        metavar="FILE", example="class.txt",
    )  # fmt: skip
    runtime: str | None = option(
        None,
        T("also make the bundle for these, with commas between: onnx, onnx-int8; auto tries all "
          "and takes the fastest that passes",
          "同时为这些运行时制作模型包，用逗号分隔：onnx、onnx-int8；"
          "auto 逐个测试并选用通过检查且最快的"),
        metavar="NAMES", example="onnx,onnx-int8",
    )  # fmt: skip
    small: bool = option(
        False,
        T("make a small bundle beside it: the words that the training rows use, 8-bit weights, no "
          "program of Paddle",
          "另外生成小模型包：只保留训练数据用到的词，权重为 8 位，不含 Paddle 程序"),
    )  # fmt: skip
    max_drop: float = option(
        0.5,
        T("points of the task's metric that a runtime of --runtime, or --small, may lose on the "
          "evaluation rows",
          "--runtime 的运行时或 --small 在评估数据上最多可下降的百分点"),
        metavar="POINTS", example="0.2", at_least=0,
    )  # fmt: skip
    verify_only: bool = option(
        False,
        T("export nothing; check a bundle again in a fresh process",
          "不导出，只在新进程中再次验证模型包"),
    )  # fmt: skip


def build_parser(prog: str = "%ernie_export") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        ExportOptions,
        T("Export a run's best weights as a bundle, reloaded in a fresh process and compared with "
          "the trained model before it is kept.",
          "把运行的最佳权重导出为模型包；保留之前先在新进程中重新加载，并与训练好的模型比较。"),
        [f"{prog} last", f"{prog} last --out my-model", f"{prog} last --runtime auto",
         f"{prog} my-model --verify-only"],
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Export or verify. Raises BundleError when the bundle would not be right."""
    given = {"--out": args.out, "--weights": args.weights, "--label-names": args.label_names,
             "--runtime": args.runtime, "--small": args.small or None}  # fmt: skip
    unused = next((name for name, value in given.items() if value is not None), None)
    if args.verify_only and unused is not None:
        raise UsageError(
            T("--verify-only writes nothing, so {option} makes no sense with it.",
              "--verify-only 不写任何文件，不能与 {option} 同时使用。", option=unused),
            fix=T("Name the bundle itself: {bundle} --verify-only",
                  "请直接给出模型包：{bundle} --verify-only", bundle=args.out or args.run),
            code="usage.conflict",
        )  # fmt: skip
    if args.verify_only:
        from paddle_lab.bundle.fresh import verify_bundle
        from paddle_lab.bundle.locate import find_bundle

        folder = find_bundle(args.run)
        return _shown(folder, verify_bundle(folder))
    if args.small and args.runtime is not None:
        raise UsageError(
            T("--small and --runtime make different bundles.",
              "--small 与 --runtime 生成不同的模型包。"),
            fix=T("Give one of them; a small bundle runs on onnx-int8.",
                  "请只给出其中一个；小模型包使用 onnx-int8 运行。"),
            code="usage.conflict",
        )  # fmt: skip
    if args.small:
        from paddle_lab.commands.export_small import make_asked

        return make_asked(args, _export)
    if args.runtime is not None:
        from paddle_lab.commands.export_runtimes import add_asked

        return add_asked(args, context, _export)
    folder, proof = _export(args)
    tell_of_small_beside(context, folder)
    return _shown(folder, proof)


def _export(args: argparse.Namespace) -> tuple[Path, ExportProof]:
    """Make the run's bundle; its folder and proof."""
    from paddle_lab.bundle.problems import cannot_write
    from paddle_lab.bundle.staging import check_replaceable
    from paddle_lab.runs import Registry

    folder, out = Registry().find(args.run).folder, args.out
    if at_work(folder):
        raise _at_work(folder)
    destination = (expanded(out) if out is not None else folder.bundle).absolute()
    check_replaceable(destination)  # before the seconds that loading takes
    if out is None and not os.access(folder.path, os.W_OK):
        raise cannot_write(destination, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    with _paddle_to_ourselves(), _nobody_else(folder):
        from paddle_lab.bundle.export import export_bundle
        from paddle_lab.training import load_trained

        trained = load_trained(folder, trust=args.trust, weights=args.weights)
        if args.label_names is not None:
            trained = replace(trained, codec=_named(trained.codec, args.label_names))
        anchor = folder.info_path if out is None else None
        return destination, export_bundle(trained, destination, anchor=anchor)


def _named(codec: Mapping[str, Any], file: str) -> dict[str, Any]:
    """The codec with the names that a file has for its labels. Raises DataError."""
    from paddle_lab.tasks.label_names import find_names
    from paddle_lab.tasks.renaming import labels_in, renamed_labels

    labels = labels_in(codec)
    names, _ = find_names(labels, None, file)
    return renamed_labels(codec, {} if names is None else {one: names.name(one) for one in labels})


def _at_work(folder: RunFolder) -> RunError:
    return RunError(
        T("Run {name} is still running.", "运行 {name} 仍在进行。", name=folder.path.name),
        T("It exports its best weights itself when it ends.", "它结束时会自动导出最佳权重。"),
        T(
            "Wait for it, or stop it: %ernie_stop {id}",
            "请等待，或停止它：%ernie_stop {id}",
            id=folder.id,
        ),
        code="run.active",
    )


@contextlib.contextmanager
def _nobody_else(folder: RunFolder) -> Iterator[None]:
    """Name the reason when a failure comes of another process that took the run up or away."""
    try:
        yield
    except (PaddleLabError, OSError) as error:
        if not folder.info_path.is_file():
            raise removed_meanwhile(folder) from error
        if at_work(folder):
            raise _at_work(folder) from error
        raise


@contextlib.contextmanager
def _paddle_to_ourselves() -> Iterator[None]:
    """Tracing switches the whole process to static mode: no training may run beside it."""
    from paddle_lab.training.prepare import process_slot

    slot = process_slot()
    if not slot.acquire(blocking=False):
        raise RunError(
            T("A run is training in this kernel.", "当前内核中有运行正在训练。"),
            T("Exporting would disturb it.", "导出会干扰训练。"),
            T(
                "Wait for it, or export in a terminal: paddle-lab export RUN",
                "请等待其结束，或在终端中导出：paddle-lab export 运行",
            ),
            code="run.kernel_busy",
        )
    try:
        yield
    finally:
        slot.release()


def _shown(folder: Path, proof: ExportProof) -> Result:
    table = Table([T("check", "检查项"), T("result", "结果")])
    for name, value in _findings(proof):
        table.add([name, value])
    first = T("Proven bundle: {folder}", "已验证的模型包：{folder}", folder=folder)
    return Result(
        f"{first}\n{table.text()}",
        html=f"<p>{escape(first)}</p>{table.html()}",
        json={**proof.to_json(), "bundle": str(folder)},
        value=proof,
    )


def _findings(proof: ExportProof) -> list[tuple[Any, Any]]:
    yes, no = T("yes", "是"), T("no", "否")
    return [
        (T("rows compared", "比较的行数"), count(proof.rows)),
        (T("answers equal", "答案一致"), yes if proof.answers_equal else no),
        (
            T("largest difference of logits", "logits 最大差异"),
            T(
                "{found:.1e} (at most {tolerance:.0e})",
                "{found:.1e}（不超过 {tolerance:.0e}）",
                found=proof.max_abs_diff,
                tolerance=proof.tolerance,
            )
            if proof.exact
            else f"{proof.max_abs_diff:.1e}",
        ),
        (
            T("paddlenlp in the fresh process", "新进程中导入了 paddlenlp"),
            yes if proof.paddlenlp_in_fresh_process else no,
        ),
        *(
            (
                T(
                    "latency, {case} (rows × tokens)",
                    "延迟，{case}（条数 × 词元数）",
                    case=case(name),
                ),
                f"{amount(value)} ms",
            )
            for name, value in proof.latency_ms.items()
        ),
    ]
