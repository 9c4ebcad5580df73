"""The exported program behind ``paddle.inference``: float32, on the CPU or on a GPU."""

from __future__ import annotations

from typing import Final

from paddle_lab.bundle.paddle_inference import PaddleInference

RUNTIME: Final = PaddleInference()
