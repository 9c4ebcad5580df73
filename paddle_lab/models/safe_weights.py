"""Reading weight files without running what is in them.

A ``.pdparams`` or ``pytorch_model.bin`` file is a pickle: a program that can do anything when
loaded. Here it is read by an unpickler that knows only what tensors are made of; any other name
in the file is refused, by name, unless the caller trusts the file. safetensors files hold no
program at all.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T, Text

Weights = dict[str, NDArray[Any]]

# PaddleNLP keeps the names of the parameters of a process beside the weights; nothing needs them.
PADDLE_NAME_TABLE = "StructuredToParameterName@@"
MAX_SAFETENSORS_HEADER = 100_000_000
# safetensors' own names of what we load; bf16 has no numpy type and is widened to float32.
_SAFETENSORS_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "|i1", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
_TORCH_STORAGES = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "BFloat16Storage": "bf16",
    "LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "|i1",
    "ByteStorage": "|u1", "BoolStorage": "|b1",
}  # fmt: skip


def read_weights(path: Path, *, trust: bool = False) -> Weights:
    """All arrays of a ``.safetensors``, ``.pdparams`` or PyTorch ``.bin``/``.pt`` file, by name.

    bfloat16 comes back as float32, everything else in its own type. With ``trust``, a pickle that
    the careful reader refuses is loaded as Python loads it, which runs whatever it contains.

    Raises ModelError when the file is missing, cut short, damaged, of another kind, or not trusted.
    """
    try:
        if path.suffix == ".safetensors":
            return _read_safetensors(path)
        if zipfile.is_zipfile(path):
            return _read_torch_zip(path, trust)
        return _read_paddle_pickle(path, trust)
    except ModelError:
        raise
    except Exception as error:  # a damaged file can fail anywhere in the parsers
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class SafetensorsEntries:
    """What a safetensors file says it holds: shapes and types by name, and its ``format`` mark."""

    shapes: dict[str, tuple[int, ...]]
    types: dict[str, str]
    format: str | None


def safetensors_entries(path: Path) -> SafetensorsEntries:
    """Read the header alone, and check that the data it promises is all there.

    Raises ModelError when the file is missing, cut short or damaged.
    """
    try:
        header, _, metadata = _safetensors_header(path)
        return SafetensorsEntries(
            {name: tuple(entry["shape"]) for name, entry in header.items()},
            {name: str(entry["dtype"]) for name, entry in header.items()},
            metadata.get("format"),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, str(error)) from error


def _safetensors_header(path: Path) -> tuple[dict[str, Any], int, dict[str, str]]:
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(8)
        if len(first) < 8:
            raise ValueError("the file is shorter than its header")
        (length,) = struct.unpack("<Q", first)
        if length > min(size - 8, MAX_SAFETENSORS_HEADER):
            raise ValueError("the file is shorter than its header")
        header = json.loads(file.read(length))
    metadata = header.pop("__metadata__", None) or {}
    end = max((int(entry["data_offsets"][1]) for entry in header.values()), default=0)
    if 8 + length + end != size:
        raise ValueError(f"{8 + length + end} bytes expected, {size} found")
    return header, 8 + length, metadata


def _read_safetensors(path: Path) -> Weights:
    header, offset, _ = _safetensors_header(path)
    content = np.fromfile(path, dtype=np.uint8)
    weights: Weights = {}
    for name, entry in header.items():
        start, end = (offset + int(value) for value in entry["data_offsets"])
        kind = np.dtype(_SAFETENSORS_TYPES[entry["dtype"]])
        array = content[start:end].copy().view(kind).reshape(entry["shape"])
        weights[name] = widen_bfloat16(array) if entry["dtype"] == "BF16" else array
    return weights


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
            raise _damaged(self._path, "unexpected reference to outside data")
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


def _read_paddle_pickle(path: Path, trust: bool) -> Weights:
    with path.open("rb") as file:
        if not file.read(1):
            raise _damaged(path, "the file is empty")
        file.seek(0)
        try:
            state = _CarefulUnpickler(file, path, _numpy_names()).load()
        except _Refused:
            if not trust:
                raise
            file.seek(0)
            state = pickle.load(file, encoding="latin1")  # the caller trusts the file
    if not isinstance(state, Mapping):
        raise _damaged(path, "not a table of weights")
    return _only_arrays(path, {key: state[key] for key in state if key != PADDLE_NAME_TABLE})


def _read_torch_zip(path: Path, trust: bool) -> Weights:
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("data.pkl")]
        if len(pickles) != 1:
            raise _damaged(path, "not a PyTorch checkpoint")
        root = pickles[0][: -len("data.pkl")]
        if (
            f"{root}byteorder" in archive.namelist()
            and archive.read(f"{root}byteorder") != b"little"
        ):
            raise _damaged(path, "big-endian checkpoints are not supported")

        def storage(pid: Any) -> NDArray[Any]:
            _, kind, key, _, count = pid
            array = np.frombuffer(
                archive.read(f"{root}data/{key}"), dtype="<u2" if kind == "bf16" else kind
            )
            if len(array) < count:
                raise _damaged(path, f"storage {key} is cut short")
            return widen_bfloat16(array) if kind == "bf16" else array

        allowed = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            ("torch._utils", "_rebuild_parameter"): lambda data, *_: data,
            **{("torch", name): kind for name, kind in _TORCH_STORAGES.items()},
        }
        try:
            state = _CarefulUnpickler(
                io.BytesIO(archive.read(pickles[0])), path, allowed, storage
            ).load()
        except _Refused as refusal:
            if not trust:
                raise
            # Even trusted, a PyTorch object needs PyTorch: say so instead of failing obscurely.
            raise _needs_torch(path, refusal.found) from refusal
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping):
        raise _damaged(path, "not a table of weights")
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
            raise _damaged(path, f"{name!r} is a {type(array).__name__}, not an array")
        # Paddle keeps bfloat16 as its bits; no weight is an unsigned 16-bit number otherwise.
        weights[name] = widen_bfloat16(array) if array.dtype == np.uint16 else array
    if not weights:
        raise _damaged(path, "it holds no weights")
    return weights


class _Refused(ModelError):
    """A pickle names something that tensors are not made of."""

    def __init__(self, what: Text, why: Text, fix: Text, found: str) -> None:
        super().__init__(what, why, fix)
        self.found = found


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
        found,
    )


def _needs_torch(path: Path, found: str) -> ModelError:
    return ModelError(
        T(
            "Cannot read {file}: it holds {found}",
            "无法读取 {file}：其中含有 {found}",
            file=path.name,
            found=found,
        ),
        T(
            "That is an object of PyTorch, which Paddle Lab does not use.",
            "这是 PyTorch 的对象，而 Paddle Lab 不使用 PyTorch。",
        ),
        T(
            "Save the model as safetensors with the program that made it.",
            "请用生成该文件的程序将模型另存为 safetensors。",
        ),
    )


def _damaged(path: Path, reason: str) -> ModelError:
    return ModelError(
        T("Cannot read the weights {file}", "无法读取权重文件 {file}", file=path),
        T("{reason}", "{reason}", reason=reason),
        T(
            "The file is damaged or incomplete: copy or download it again.",
            "文件已损坏或不完整：请重新复制或下载。",
        ),
    )
