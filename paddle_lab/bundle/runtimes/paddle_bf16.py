"""Paddle's program with products of matrices in bfloat16: on processors that multiply them.

Elsewhere oneDNN imitates them by its reference kernels, some two hundred times slower and without
a word, so it is refused there.
"""

from __future__ import annotations

from typing import Any, Final

from paddle_lab.bundle.paddle_inference import PaddleInference
from paddle_lab.devices import choose_device, multiplies_bfloat16
from paddle_lab.errors import EnvError, UsageError
from paddle_lab.i18n import T


class PaddleBfloat16(PaddleInference):
    """The same files as those of ``paddle``; what it costs is measured before it is kept."""

    exact = False
    anywhere = False

    def choose_device(self, wanted: str) -> str:
        """The CPU. Raises UsageError for a GPU, EnvError where the processor cannot."""
        if choose_device(wanted if wanted != "auto" else "cpu") != "cpu":
            raise UsageError(
                T("The runtime paddle-bf16 is for the CPU.", "运行时 paddle-bf16 只用于 CPU。"),
                fix=T("Leave --device out, or take --runtime paddle.",
                      "请去掉 --device，或使用 --runtime paddle。"),
                code="usage.value",
            )  # fmt: skip
        if not multiplies_bfloat16():
            raise EnvError(
                T("The runtime paddle-bf16 does not run on this processor.",
                  "运行时 paddle-bf16 无法在此处理器上运行。"),
                T("It has neither AMX nor AVX512-BF16: bfloat16 would be imitated, about two "
                  "hundred times slower.",
                  "它既没有 AMX 也没有 AVX512-BF16：bfloat16 只能模拟，约慢二百倍。"),
                T("Take --runtime paddle, or onnx-int8.",
                  "请使用 --runtime paddle 或 onnx-int8。"),
                code="env.no_bfloat16",
            )  # fmt: skip
        return "cpu"

    def configure(self, config: Any, device: str, threads: int) -> None:
        """On the CPU, with oneDNN's bfloat16."""
        super().configure(config, device, threads)
        config.enable_mkldnn_bfloat16()


RUNTIME: Final = PaddleBfloat16()
