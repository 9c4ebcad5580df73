"""The exported program behind ``paddle.inference``: float32, on the CPU or on a GPU."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.bundle.checked_program import checked_program
from paddle_lab.bundle.manifest import PARAMS_FILE, PROGRAM_FILE, Manifest
from paddle_lab.bundle.paddle_version import made_with, refuse_older_paddle
from paddle_lab.bundle.problems import CUDA, OPENMP, forked
from paddle_lab.cpu.primitives import keep_primitives
from paddle_lab.devices import choose_device, gpu_number, import_paddle, no_paddle
from paddle_lab.errors import BundleError
from paddle_lab.i18n import T
from paddle_lab.tasks.codec import Signature
from paddle_lab.text.short import last_line

_GPU_POOL_MB: Final = 256
# Whether OpenMP begins anew in forks; scikit-learn says no, and then it never answers there.
_OPENMP_IN_FORKS: Final = "KMP_INIT_AT_FORK"
_NO: Final = ("false", "0", "off", "no", ".false.", "disabled", "f", "n")


class OwnProgram:
    """A checked program in a file of our own, removed with the last engine that uses it.

    Raises OSError when it cannot be written.
    """

    def __init__(self, content: bytes) -> None:
        folder = tempfile.mkdtemp(prefix="paddle-lab-program-")
        self._remove = weakref.finalize(self, _remove, folder, os.getpid())
        self.path = Path(folder) / PROGRAM_FILE
        self.path.write_bytes(content)


def _remove(folder: str, process: int) -> None:
    """Remove the folder; a fork leaves that of the process that made it."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


class PaddleProgram:
    """One loaded program (:class:`paddle_lab.bundle.runtimes.LoadedProgram`).

    A fork may run its copy on the CPU, if no other thread ran one at that moment and OpenMP begins
    anew in forks; elsewhere that is an error.
    """

    def __init__(
        self,
        program: Any,
        inputs: Sequence[str],
        outputs: Sequence[str],
        own: OwnProgram,
        *,
        folder: Path,
        on_gpu: bool,
    ) -> None:
        self._program = program
        self._folder, self._on_gpu = folder, on_gpu
        # Paddle reads the program again for each clone: removed with the last of them.
        self._own = own
        self._inputs = {name: program.get_input_handle(name) for name in inputs}
        # A program numbers its outputs; the signature names them in the same order.
        self._outputs = {
            name: program.get_output_handle(given)
            for name, given in zip(outputs, program.get_output_names(), strict=True)
        }
        self._lock = threading.Lock()
        self._process = os.getpid()

    def clone(self) -> PaddleProgram:
        """Another one that shares the weights: one for each thread that must not wait."""
        self._refuse_in_fork()
        program = self._program.clone()
        return PaddleProgram(
            program, list(self._inputs), list(self._outputs), self._own,
            folder=self._folder, on_gpu=self._on_gpu,
        )  # fmt: skip

    def _refuse_in_fork(self) -> None:
        """Raise BundleError in a fork where the program would fail, or wait for ever."""
        if os.getpid() == self._process:
            return
        if self._on_gpu:
            raise forked(self._folder, CUDA)
        if os.environ.get(_OPENMP_IN_FORKS, "").lower() in _NO:
            raise forked(self._folder, OPENMP)

    def run(self, inputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """The outputs of one padded batch, by name; ``inputs`` holds every input [rows, ...].

        Raises BundleError in a fork that cannot.
        """
        self._refuse_in_fork()
        with self._lock:
            for name, handle in self._inputs.items():
                handle.reshape(inputs[name].shape)
                handle.copy_from_cpu(np.ascontiguousarray(inputs[name]))
            self._program.run()
            return {name: handle.copy_to_cpu() for name, handle in self._outputs.items()}


class PaddleInference:
    """The runtime that the export makes: it runs the program as it was written."""

    exact = True
    anywhere = True

    def convert(self, folder: Path, signature: Signature) -> tuple[str, ...]:
        """Nothing is to be converted: these are the files of the exported program."""
        return (PROGRAM_FILE, PARAMS_FILE)

    def choose_device(self, wanted: str) -> str:
        """A GPU where this Paddle can use one. Raises UsageError, EnvError."""
        return choose_device(wanted)

    def load(self, folder: Path, manifest: Manifest, device: str, threads: int) -> PaddleProgram:
        """Check the program, and load it. Raises BundleError when Paddle cannot."""
        checked = checked_program(folder, PROGRAM_FILE, PARAMS_FILE)
        refuse_older_paddle(folder, manifest)
        try:
            import_paddle()
        except ImportError as error:
            raise no_paddle(error) from error
        from paddle import inference

        try:
            own = OwnProgram(checked)
        except OSError as error:
            raise _cannot_load(folder, manifest, error) from error
        config = inference.Config(str(own.path), str(folder / PARAMS_FILE))
        # No enable_memory_optim: with programs of Paddle 3 it makes create_predictor fail.
        config.disable_glog_info()
        self.configure(config, device, threads)
        try:
            program = inference.create_predictor(config)
        except Exception as error:  # whatever Paddle's C++ raises
            raise _cannot_load(folder, manifest, error) from error
        if sorted(program.get_input_names()) != sorted(manifest.inputs):
            raise _cannot_load(
                folder, manifest, ValueError(f"its inputs are {program.get_input_names()}")
            )
        outputs = [spec.name for spec in manifest.signature.outputs]
        if len(program.get_output_names()) != len(outputs):
            raise _cannot_load(
                folder, manifest, ValueError(f"it has {len(program.get_output_names())} outputs")
            )
        on_gpu = device.startswith("gpu")
        return PaddleProgram(program, manifest.inputs, outputs, own, folder=folder, on_gpu=on_gpu)

    def configure(self, config: Any, device: str, threads: int) -> None:
        """Say where and how a ``paddle.inference.Config`` computes."""
        if device.startswith("gpu"):
            config.enable_use_gpu(_GPU_POOL_MB, gpu_number(device))
        else:
            config.disable_gpu()
            keep_primitives()
            config.set_cpu_math_library_num_threads(threads)


def _cannot_load(folder: Path, manifest: Manifest, error: Exception) -> BundleError:
    return BundleError(
        T(
            "Paddle cannot load the program of {folder}.",
            "Paddle 无法加载 {folder} 中的程序。",
            folder=folder,
        ),
        T("{error}", "{error}", error=last_line(error)),
        T(
            "It was made with paddlepaddle {version}; use the same version, or export it again.",
            "它由 paddlepaddle {version} 生成；请使用相同版本，或重新导出。",
            version=made_with(manifest) or "?",
        ),
        code="bundle.not_loadable",
    )
