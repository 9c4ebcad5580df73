"""The errors of this package, each with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from paddle_lab.errors import BundleError, EnvError
from paddle_lab.i18n import T, Text

EXPORT_AGAIN = T(
    "Copy the whole folder again, or export it again: %ernie_export RUN",
    "请重新完整复制该目录，或重新导出：%ernie_export RUN",
)


def not_a_bundle(folder: Path) -> BundleError:
    """There is no manifest of ours in ``folder``."""
    return BundleError(
        T("This is not a bundle: {folder}", "这不是一个模型包：{folder}", folder=folder),
        T(
            "A bundle's folder holds a manifest.json written by Paddle Lab.",
            "模型包目录中应有 Paddle Lab 写入的 manifest.json。",
        ),
        T(
            "Give the bundle's folder, a run's folder or a run's name; %ernie_runs lists the runs.",
            "请给出模型包目录、运行目录或运行名称；%ernie_runs 列出所有运行。",
        ),
        code="bundle.not_one",
    )


def newer_format(folder: Path, found: str, known: str) -> BundleError:
    """The bundle was written by a later Paddle Lab."""
    return BundleError(
        T(
            "The bundle {folder} has format {found}; this Paddle Lab reads up to {known}.",
            "模型包 {folder} 的格式是 {found}；当前 Paddle Lab 最高支持 {known}。",
            folder=folder,
            found=found,
            known=known,
        ),
        T("It was written by a later Paddle Lab.", "它由更新版本的 Paddle Lab 写入。"),
        T("Upgrade: pip install -U paddle-lab", "请升级：pip install -U paddle-lab"),
        code="bundle.newer",
    )


def damaged(folder: Path, name: str, reason: str) -> BundleError:
    """A file of the bundle is not what the manifest says."""
    return BundleError(
        T(
            "The bundle {folder} is damaged: {name}",
            "模型包 {folder} 已损坏：{name}",
            folder=folder,
            name=name,
        ),
        T("{reason}.", "{reason}。", reason=reason.rstrip(".")),
        EXPORT_AGAIN,
        code="bundle.damaged",
    )


def without_runtime(folder: Path, runtime: str, has: Iterable[str]) -> BundleError:
    """The bundle was not made for that runtime."""
    return BundleError(
        T(
            "The bundle {folder} was not made for the runtime {runtime}.",
            "模型包 {folder} 不包含运行时 {runtime}。",
            folder=folder,
            runtime=runtime,
        ),
        T("It can be run with {has}.", "它可以用 {has} 运行。", has=", ".join(has)),
        T("Choose one of those, or export it again.", "请选择其中之一，或重新导出。"),
        code="bundle.no_runtime",
    )


def not_a_calculation(folder: Path, name: str, found: str) -> BundleError:
    """The bundle's program would do something else than compute."""
    return BundleError(
        T(
            "Not loaded: the program of {folder} asks for {found}",
            "未加载：{folder} 中的程序要求 {found}",
            folder=folder,
            found=found,
        ),
        T(
            "{name} may hold operators that compute, and no others: others can read and write "
            "files.",
            "{name} 只能包含用于计算的算子；其他算子可以读写文件。",
            name=name,
        ),
        T(
            "Do not use this bundle; export your own run: %ernie_export RUN",
            "请不要使用该模型包；请导出自己的运行：%ernie_export RUN",
        ),
        code="bundle.untrusted",
    )


def cannot_write(folder: Path, error: OSError | str) -> BundleError:
    """The export cannot be written where it was asked for."""
    reason = (error.strerror or str(error)) if isinstance(error, OSError) else error
    return BundleError(
        T(
            "The bundle cannot be written to {folder}.",
            "无法把模型包写入 {folder}。",
            folder=folder,
        ),
        T(
            "{reason}. The trained weights are kept in the run's checkpoints.",
            "{reason}。训练得到的权重仍保存在运行的检查点中。",
            reason=reason.rstrip("."),
        ),
        T(
            "Free some space or choose another folder: %ernie_export RUN --out FOLDER",
            "请释放空间，或换一个目录：%ernie_export RUN --out 目录",
        ),
        code="bundle.not_writable",
    )


CUDA = T("CUDA does not work in a fork", "CUDA 不能在 fork 出的进程中使用")
OPENMP = T(
    "KMP_INIT_AT_FORK=FALSE, which scikit-learn sets, lets OpenMP wait there for ever",
    "scikit-learn 设置了 KMP_INIT_AT_FORK=FALSE，OpenMP 会在其中无限等待",
)

THREADS = T("ONNX Runtime's threads are not in a fork", "fork 出的进程中没有 ONNX Runtime 的线程")


def no_onnx_runtime(error: ImportError) -> EnvError:
    """ONNX Runtime, or a tool that makes ONNX models, cannot be imported."""
    return EnvError(
        T("ONNX models cannot be used here.", "这里无法使用 ONNX 模型。"),
        T("{error}", "{error}", error=str(error)[:300]),
        T('Install it: pip install "paddle-lab[onnx]" - or take runtime="paddle".',
          '请安装：pip install "paddle-lab[onnx]"；或使用 runtime="paddle"。'),
        code="env.no_onnx",
    )  # fmt: skip


def too_much_lost(folder: Path, why: Text) -> BundleError:
    """The small bundle is not kept for what it would lose."""
    return BundleError(
        T("No small bundle was made of {folder}.", "没有为 {folder} 生成小模型包。", folder=folder),
        T("On the evaluation rows {why}.", "在评估数据上，{why}。", why=why),
        T("Allow more with --max-drop, or take --runtime onnx-int8, which keeps all words.",
          "可用 --max-drop 放宽限制，或使用保留全部词的 --runtime onnx-int8。"),
        code="bundle.small_refused",
    )  # fmt: skip


def without_paddle(folder: Path) -> BundleError:
    """A small bundle has no program of Paddle, which others are made of."""
    return BundleError(
        T("{folder} is a small bundle, without Paddle's program.",
          "{folder} 是小模型包，不含 Paddle 程序。", folder=folder),
        T("Other runtimes are made of that program.", "其他运行时由该程序转换而来。"),
        T("Name the run or its whole bundle.", "请给出运行或其完整的模型包。"),
        code="bundle.small",
    )  # fmt: skip


def exchanged_meanwhile(folder: Path) -> BundleError:
    """Another bundle stands where a process was to load the one that answers."""
    return BundleError(
        T("The bundle {folder} was exchanged while it was asked.",
          "模型包 {folder} 在预测过程中被替换。", folder=folder),
        T("The answers would be of two models.", "结果会来自两个模型。"),
        T("Ask again.", "请重新预测。"),
        code="bundle.exchanged",
    )  # fmt: skip


def process_ended(folder: Path) -> BundleError:
    """One of the processes that answer side by side has ended."""
    return BundleError(
        T("A process that answered for {folder} ended.", "为 {folder} 预测的一个进程已结束。",
          folder=folder),
        T("Most often memory did not suffice for so many.", "多半是内存不足以运行这么多进程。"),
        T("Take fewer with --workers.", "请用 --workers 减少进程数。"),
        code="bundle.process_ended",
    )  # fmt: skip


def forked(folder: Path, why: Text) -> BundleError:
    """A program was asked in a fork, where it would fail or never answer."""
    return BundleError(
        T("The predictor of {folder} cannot be used in this process.",
          "{folder} 的预测器不能在当前进程中使用。", folder=folder),
        T("This process is a fork of the one that loaded it: {why}.",
          "当前进程由加载它的进程 fork 而来：{why}。", why=why),
        T('Start processes by spawn and give them the predictor, which loads itself again: '
          'multiprocessing.get_context("spawn")',
          '请用 spawn 方式启动进程并传入预测器，它会自行重新加载：'
          'multiprocessing.get_context("spawn")'),
        code="bundle.forked",
    )  # fmt: skip


class CheckFailed(BundleError):
    """The exported program does not do what the trained model does; ``proof`` has the figures."""

    def __init__(self, why: Text, report: Path, proof: Mapping[str, Any]) -> None:
        super().__init__(
            T(
                "The exported model failed its check and was not kept.",
                "导出的模型未通过验证，没有保留。",
            ),
            why,
            T(
                "The evidence is in {report}. The trained weights are kept; try %ernie_export RUN "
                "again.",
                "证据保存在 {report}。训练得到的权重仍在；可再试 %ernie_export RUN。",
                report=report,
            ),
            code="bundle.check_failed",
        )
        self.proof = dict(proof)
