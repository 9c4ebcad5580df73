"""An ONNX model in ONNX Runtime, on the CPU."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.bundle.checked_onnx import checked_onnx
from paddle_lab.bundle.manifest import Manifest
from paddle_lab.bundle.problems import THREADS, damaged, forked, no_onnx_runtime
from paddle_lab.cpu.memory import give_back_memory
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.text.short import last_line

#: The files of the runtimes "onnx" and "onnx-int8".
FLOAT32_FILE: Final = "model.onnx"
INT8_FILE: Final = "model-int8.onnx"


class OnnxProgram:
    """One loaded model (:class:`paddle_lab.bundle.runtimes.LoadedProgram`).

    ONNX Runtime computes outside Python's lock and takes calls from any thread at once. Its threads
    are not in a fork: there it is an error.
    """

    def __init__(self, session: Any, manifest: Manifest, folder: Path) -> None:
        self._session = session
        self._inputs = manifest.inputs
        self._outputs = [spec.name for spec in manifest.signature.outputs]
        self._folder = folder
        self._process = os.getpid()

    def clone(self) -> OnnxProgram:
        """Itself: calls of several threads run side by side."""
        return self

    def run(self, inputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """The outputs of one padded batch, by name; ``inputs`` holds every input [rows, ...].

        Raises BundleError in a fork.
        """
        if os.getpid() != self._process:
            raise forked(self._folder, THREADS)
        given = {name: np.ascontiguousarray(inputs[name]) for name in self._inputs}
        found = self._session.run(self._outputs, given)
        return dict(zip(self._outputs, found, strict=True))


def cpu_alone(wanted: str) -> str:
    """The CPU, which is all that it was tried on. Raises UsageError for another device."""
    if wanted in ("auto", "cpu"):
        return "cpu"
    raise UsageError(
        T("This runtime computes on the CPU, not on '{device}'.",
          "该运行时只在 CPU 上计算，不支持“{device}”。", device=wanted),
        T("Only Paddle's own runtime uses GPUs.", "只有 Paddle 自身的运行时使用 GPU。"),
        T('Take device="cpu", or runtime="paddle".', '请使用 device="cpu"，或 runtime="paddle"。'),
        code="usage.conflict",
    )  # fmt: skip


def load_onnx(folder: Path, name: str, manifest: Manifest, threads: int) -> OnnxProgram:
    """Check the model in ``folder / name``, and load it.

    Raises BundleError when it cannot be loaded or is not what the manifest says, EnvError without
    ONNX Runtime.
    """
    content = checked_onnx(folder, name)
    try:
        import onnxruntime
    except ImportError as error:
        raise no_onnx_runtime(error) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Idle threads would otherwise keep a core busy after each call.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A plan of memory for each shape of a batch: of use where there is one shape.
    options.enable_mem_pattern = False
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # whatever its C++ raises
        raise damaged(folder, name, last_line(error)[:300]) from error
    if hasattr(session, "_model_bytes"):
        session._model_bytes = b""  # it keeps the file, to load it on another provider
    del content
    give_back_memory()
    inputs = sorted(node.name for node in session.get_inputs())
    outputs = [node.name for node in session.get_outputs()]
    if inputs != sorted(manifest.inputs):
        raise damaged(folder, name, f"its inputs are {', '.join(inputs)}"[:300])
    if outputs != [spec.name for spec in manifest.signature.outputs]:
        raise damaged(folder, name, f"its outputs are {', '.join(outputs)}"[:300])
    return OnnxProgram(session, manifest, folder)
