"""Paddle's program with TensorRT in half precision on a GPU. Untested: no GPU was at hand."""

from __future__ import annotations

from typing import Any, Final

from paddle_lab.bundle.paddle_inference import PaddleInference
from paddle_lab.devices import choose_device
from paddle_lab.errors import EnvError, UsageError
from paddle_lab.i18n import T

_WORKSPACE: Final = 1 << 28
_MOST_ROWS: Final = 64
_SMALLEST_GRAPH: Final = 3


class PaddleTensorRt(PaddleInference):
    """The same files as those of ``paddle``; what it costs is measured before it is kept."""

    exact = False
    anywhere = False

    def choose_device(self, wanted: str) -> str:
        """A GPU. Raises UsageError for the CPU, EnvError where Paddle has no GPU or TensorRT."""
        device = choose_device(wanted)
        if wanted == "cpu":
            raise UsageError(
                T("The runtime paddle-tensorrt is for GPUs.",
                  "运行时 paddle-tensorrt 只用于 GPU。"),
                fix=T("Leave --device out, or take --runtime paddle.",
                      "请去掉 --device，或使用 --runtime paddle。"),
                code="usage.value",
            )  # fmt: skip
        if not device.startswith("gpu") or not _has_tensorrt():
            raise EnvError(
                T("The runtime paddle-tensorrt does not run here.",
                  "运行时 paddle-tensorrt 无法在此运行。"),
                T("It needs a GPU, and a build of Paddle with TensorRT.",
                  "它需要 GPU，以及带有 TensorRT 的飞桨版本。"),
                T("Take --runtime paddle, or onnx-int8.",
                  "请使用 --runtime paddle 或 onnx-int8。"),
                code="env.no_tensorrt",
            )  # fmt: skip
        return device

    def configure(self, config: Any, device: str, threads: int) -> None:
        """On the GPU, subgraphs by TensorRT in float16."""
        from paddle import inference

        super().configure(config, device, threads)
        config.enable_tensorrt_engine(
            workspace_size=_WORKSPACE,
            max_batch_size=_MOST_ROWS,
            min_subgraph_size=_SMALLEST_GRAPH,
            precision_mode=inference.PrecisionType.Half,
            use_static=False,
            use_calib_mode=False,
        )


def _has_tensorrt() -> bool:
    from paddle import inference

    return any(inference.get_trt_compile_version())


RUNTIME: Final = PaddleTensorRt()
