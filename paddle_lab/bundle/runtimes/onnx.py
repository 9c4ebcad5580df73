"""ONNX in float32, run by ONNX Runtime on the CPU: no Paddle is needed to predict."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from paddle_lab.bundle.manifest import Manifest
from paddle_lab.bundle.onnx_session import FLOAT32_FILE, OnnxProgram, cpu_alone, load_onnx
from paddle_lab.tasks.codec import Signature


class Onnx:
    """The program as ONNX."""

    exact = True
    anywhere = True

    def convert(self, folder: Path, signature: Signature) -> tuple[str, ...]:
        """Write ``model.onnx``. Raises BundleError, EnvError, OSError."""
        from paddle_lab.bundle.onnx_convert import write_onnx

        write_onnx(folder, signature, folder / FLOAT32_FILE)
        return (FLOAT32_FILE,)

    def choose_device(self, wanted: str) -> str:
        """The CPU. Raises UsageError for a GPU."""
        return cpu_alone(wanted)

    def load(self, folder: Path, manifest: Manifest, device: str, threads: int) -> OnnxProgram:
        """Check it, and load it. Raises BundleError, EnvError."""
        return load_onnx(folder, FLOAT32_FILE, manifest, threads)


RUNTIME: Final = Onnx()
