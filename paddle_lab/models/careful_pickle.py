"""Pickled weights read without running them: PaddlePaddle's ``.pdparams``, PyTorch's zip files.

A pickle is a program. The unpickler here knows only what tensors are made of; any other name in the
file is refused, by name.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T

Weights = dict[str, NDArray[Any]]

# PaddleNLP keeps the names of the parameters of a process beside the weights; nothing needs them.
PADDLE_NAME_TABLE = "StructuredToParameterName@@"
USE_SAFETENSORS = T("Use a safetensors copy of the model.", "请使用该模型的 safetensors 版本。")
_TORCH_STORAGES = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "BFloat16Storage": "bf16",
    "LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "|i1",
    "ByteStorage": "|u1", "BoolStorage": "|b1",
}  # fmt: skip


def widen_bfloat16(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """bfloat16 given as its 16 bits, as float32: the same numbers."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


class _CarefulUnpickler(pickle.Unpickler):
    """Builds only what ``allowed`` names: (module, name) -> stand-in."""

    def __init__(
        self,
        file: io.BufferedIOBase | io.BytesIO,
        path: Path,
        allowed: Mapping[tuple[str, str], Any],
        storage: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(file, encoding="latin1")
        self._path = path
        self._allowed = allowed
        self._storage = storage

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._allowed[module, name]
        except KeyError:
            raise _refused(self._path, f"{module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        if self._storage is None:
            raise damaged(self._path, "unexpected reference to outside data")
        return self._storage(pid)


def _numpy_names() -> dict[tuple[str, str], Any]:
    """What a pickled numpy array is made of, in numpy 1 and 2 and in pickle protocol 2."""
    names: dict[tuple[str, str], Any] = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): _plain_dtype,
        ("_codecs", "encode"): _latin1_bytes,
        ("collections", "OrderedDict"): OrderedDict,
        ("builtins", "tuple"): tuple,
        ("__builtin__", "tuple"): tuple,
    }
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        names[module, "_reconstruct"] = _empty_array
    return names


def _empty_array(kind: type, shape: tuple[int, ...], _code: Any) -> NDArray[Any]:
    # What numpy's own _reconstruct does for an array; the state that follows fills it.
    if kind is not np.ndarray:
        raise ValueError(f"{kind} is not an array")
    return np.ndarray.__new__(np.ndarray, shape, np.int8)


def _plain_dtype(*arguments: Any) -> np.dtype[Any]:
    kind: np.dtype[Any] = np.dtype(*arguments)
    # An array of Python objects would be a pickle inside the pickle.
    if kind.kind not in "fiub":
        raise ValueError(f"arrays of {kind} are not weights")
    return kind


def _latin1_bytes(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"unexpected encoding {encoding!r}")
    return text.encode("latin1")


def read_paddle_pickle(path: Path, trust: bool) -> Weights:
    """The arrays of a ``.pdparams`` file. Raises ModelError when it is refused or damaged."""
    with path.open("rb") as file:
        if not file.read(1):
            raise damaged(path, "the file is empty")
        file.seek(0)
        try:
            state = _CarefulUnpickler(file, path, _numpy_names()).load()
        except _Refused:
            if not trust:
                raise
            file.seek(0)
            state = pickle.load(file, encoding="latin1")  # the caller trusts the file
    if not isinstance(state, Mapping):
        raise damaged(path, "not a table of weights")
    return _only_arrays(path, {key: state[key] for key in state if key != PADDLE_NAME_TABLE})


def read_torch_zip(path: Path) -> Weights:
    """The tensors of a PyTorch zip file. Raises ModelError when it is refused or damaged."""
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("data.pkl")]
        if len(pickles) != 1:
            raise damaged(path, "not a PyTorch checkpoint")
        root = pickles[0][: -len("data.pkl")]
        if (
            f"{root}byteorder" in archive.namelist()
            and archive.read(f"{root}byteorder") != b"little"
        ):
            raise damaged(path, "big-endian checkpoints are not supported")

        def storage(pid: Any) -> NDArray[Any]:
            _, kind, key, _, count = pid
            array = np.frombuffer(
                archive.read(f"{root}data/{key}"), dtype="<u2" if kind == "bf16" else kind
            )
            if len(array) < count:
                raise damaged(path, f"storage {key} is cut short")
            return widen_bfloat16(array) if kind == "bf16" else array

        allowed = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            ("torch._utils", "_rebuild_parameter"): lambda data, *_: data,
            **{("torch", name): kind for name, kind in _TORCH_STORAGES.items()},
        }
        unpickler = _CarefulUnpickler(io.BytesIO(archive.read(pickles[0])), path, allowed, storage)
        try:
            state = unpickler.load()
        except _Refused as refusal:
            # No way by --trust: what is named there is PyTorch's, which is not installed.
            raise ModelError(refusal.what, refusal.why, USE_SAFETENSORS) from refusal
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping):
        raise damaged(path, "not a table of weights")
    return _only_arrays(path, state)


def _rebuild_tensor(
    storage: NDArray[Any], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> NDArray[Any]:
    """A view of ``storage`` as PyTorch describes it, checked to lie inside."""
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    if 0 in size:
        return np.empty(size, dtype=storage.dtype)
    if offset < 0 or min((*stride, 0)) < 0 or last >= len(storage):
        raise ValueError("a tensor reaches outside its storage")
    width = storage.itemsize
    view = np.lib.stride_tricks.as_strided(
        storage[offset:], shape=size, strides=[step * width for step in stride], writeable=False
    )
    return np.ascontiguousarray(view).reshape(size)


def _only_arrays(path: Path, state: Mapping[Any, Any]) -> Weights:
    weights: Weights = {}
    for name, value in state.items():
        # paddle.save with use_binary_format off stores (name, array) pairs for single tensors.
        array = value[1] if isinstance(value, tuple) and len(value) == 2 else value
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            raise damaged(path, f"{name!r} is a {type(array).__name__}, not an array")
        # Paddle keeps bfloat16 as its bits; no weight is an unsigned 16-bit number otherwise.
        weights[name] = widen_bfloat16(array) if array.dtype == np.uint16 else array
    if not weights:
        raise damaged(path, "it holds no weights")
    return weights


class _Refused(ModelError):
    """A pickle names something that tensors are not made of."""


def _refused(path: Path, found: str) -> _Refused:
    return _Refused(
        T(
            "Not loaded: {file} asks to run {found}",
            "未加载：{file} 要求运行 {found}",
            file=path.name,
            found=found,
        ),
        T(
            "It is a pickle, and opening a pickle can run any program. Weights need nothing "
            "of the kind.",
            "它是 pickle 文件，打开时可以运行任意程序；权重文件并不需要这样。",
        ),
        T(
            "Use a safetensors copy of the model. If you know who made the file, add --trust.",
            "请使用该模型的 safetensors 版本；如果确知文件来源可靠，请加上 --trust。",
        ),
    )


def damaged(path: Path, reason: str) -> ModelError:
    """The error for a weight file that cannot be read."""
    return ModelError(
        T("Cannot read the weights {file}", "无法读取权重文件 {file}", file=path),
        T("{reason}", "{reason}", reason=reason),
        T(
            "The file is damaged or incomplete: copy or download it again.",
            "文件已损坏或不完整：请重新复制或下载。",
        ),
    )
