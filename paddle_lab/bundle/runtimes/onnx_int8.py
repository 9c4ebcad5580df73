"""ONNX with 8-bit weights, run by ONNX Runtime on the CPU: about a quarter of the size.

Its outputs differ a little from the trained model's, and a little with the rows of a batch: what
that costs is measured on the evaluation rows before it is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from paddle_lab.bundle.manifest import Manifest
from paddle_lab.bundle.onnx_session import INT8_FILE, OnnxProgram, cpu_alone, load_onnx
from paddle_lab.tasks.codec import Signature


class OnnxInt8:
    """The program as ONNX with 8-bit weights."""

    exact = False
    anywhere = True

    def convert(self, folder: Path, signature: Signature) -> tuple[str, ...]:
        """Write ``model-int8.onnx``. Raises BundleError, EnvError, OSError."""
        from paddle_lab.bundle.onnx_convert import write_int8

        write_int8(folder, signature, folder / INT8_FILE)
        return (INT8_FILE,)

    def choose_device(self, wanted: str) -> str:
        """The CPU. Raises UsageError for a GPU."""
        return cpu_alone(wanted)

    def load(self, folder: Path, manifest: Manifest, device: str, threads: int) -> OnnxProgram:
        """Check it, and load it. Raises BundleError, EnvError."""
        return load_onnx(folder, INT8_FILE, manifest, threads)


RUNTIME: Final = OnnxInt8()
