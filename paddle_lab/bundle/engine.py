"""The exported program behind ``paddle.inference``: token ids in, logits out."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.bundle.encoding import IntArray
from paddle_lab.bundle.manifest import Manifest
from paddle_lab.errors import BundleError, UsageProblem
from paddle_lab.i18n import T

FloatArray = npt.NDArray[np.float32]

DEVICES: Final = ("auto", "cpu", "gpu")
_GPU_POOL_MB: Final = 256


class Engine:
    """One loaded program. ``run`` may be called from any thread; calls go one after the other."""

    def __init__(self, program: Any, inputs: list[str]) -> None:
        self._program = program
        self._inputs = [program.get_input_handle(name) for name in inputs]
        self._output = program.get_output_handle(program.get_output_names()[0])
        self._names = inputs
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path, manifest: Manifest, device: str, threads: int) -> Engine:
        """Load the bundle's program. Raises BundleError when Paddle cannot."""
        inference = _quiet_import()
        config = inference.Config(str(folder / manifest.program), str(folder / manifest.params))
        # No enable_memory_optim: with programs of Paddle 3 it makes create_predictor fail.
        config.disable_glog_info()
        if device == "gpu":
            config.enable_use_gpu(_GPU_POOL_MB, 0)
        else:
            config.disable_gpu()
            config.set_cpu_math_library_num_threads(threads)
        try:
            program = inference.create_predictor(config)
        except Exception as error:  # whatever Paddle's C++ raises
            raise _cannot_load(folder, manifest, error) from error
        if sorted(program.get_input_names()) != sorted(manifest.inputs):
            raise _cannot_load(
                folder, manifest, ValueError(f"its inputs are {program.get_input_names()}")
            )
        return cls(program, manifest.inputs)

    def clone(self) -> Engine:
        """Another one that shares the weights: one for each thread that must not wait."""
        return Engine(self._program.clone(), self._names)

    def run(self, input_ids: IntArray, others: Sequence[IntArray] = ()) -> FloatArray:
        """Logits of shape [rows, classes] for ids of shape [rows, tokens].

        Inputs that ``others`` does not give (token type ids of single texts) are zeros.
        """
        arrays = [input_ids, *others]
        arrays += [np.zeros_like(input_ids)] * (len(self._inputs) - len(arrays))
        with self._lock:
            for handle, array in zip(self._inputs, arrays, strict=True):
                handle.reshape(array.shape)
                handle.copy_from_cpu(np.ascontiguousarray(array))
            self._program.run()
            logits: FloatArray = self._output.copy_to_cpu()
        return logits


def choose_device(wanted: str) -> str:
    """ "cpu" or "gpu". ``auto`` takes a GPU where Paddle can use one. Raises UsageProblem."""
    if wanted not in DEVICES:
        raise UsageProblem(
            T("'{wanted}' is no device.", "没有名为“{wanted}”的设备。", wanted=wanted),
            fix=T("Choose auto, cpu or gpu.", "可选 auto、cpu、gpu。"),
        )
    if wanted == "cpu":
        return wanted
    _quiet_import()
    import paddle

    usable = paddle.is_compiled_with_cuda() and paddle.device.cuda.device_count() > 0
    if wanted == "gpu" and not usable:
        raise UsageProblem(
            T("There is no GPU that this Paddle can use.", "当前的 Paddle 无法使用 GPU。"),
            fix=T("device='cpu' works everywhere.", "device='cpu' 在任何机器上都可用。"),
        )
    return "gpu" if usable else "cpu"


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quiet_import() -> Any:
    """``paddle.inference``, without what Paddle prints about itself when it is first imported."""
    os.environ.setdefault("GLOG_minloglevel", "2")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from paddle import inference
        except ImportError as error:
            raise BundleError(
                T("Paddle cannot be imported.", "无法导入 Paddle。"),
                T("{error}", "{error}", error=error),
                T(
                    "Install it: pip install paddlepaddle; %paddle_env says which version fits.",
                    "请安装：pip install paddlepaddle；%paddle_env 会说明合适的版本。",
                ),
            ) from error
    return inference


def _cannot_load(folder: Path, manifest: Manifest, error: Exception) -> BundleError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    made_with = manifest.versions.get("paddlepaddle") or manifest.versions.get("paddlepaddle-gpu")
    return BundleError(
        T(
            "Paddle cannot load the program of {folder}.",
            "Paddle 无法加载 {folder} 中的程序。",
            folder=folder,
        ),
        T("{error}", "{error}", error=(lines[-1] if lines else type(error).__name__)[:300]),
        T(
            "It was made with paddlepaddle {version}; use the same version, or export it again.",
            "它由 paddlepaddle {version} 生成；请使用相同版本，或重新导出。",
            version=made_with or "?",
        ),
    )
