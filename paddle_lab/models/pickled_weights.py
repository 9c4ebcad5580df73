"""Pickled weights read without running them: PaddlePaddle's ``.pdparams``, PyTorch's zip files."""

from __future__ import annotations

import io
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T
from paddle_lab.models.arrays import (
    Weights,
    array_of,
    check_name,
    whole_numbers,
    widen_bfloat16,
)
from paddle_lab.models.careful_pickle import (
    Function,
    Malformed,
    NotAllowed,
    PickleReader,
    StandIn,
    fill,
    latin1,
)

# PaddleNLP keeps the names of the parameters of a process beside the weights; nothing needs them.
PADDLE_NAME_TABLE: Final = "StructuredToParameterName@@"
USE_SAFETENSORS: Final = T(
    "Use a safetensors copy of the model.", "请使用该模型的 safetensors 版本。"
)
_ITEM = re.compile(r"([<>|=]?)(f[248]|[iu][1248]|b1)", re.ASCII)
_STORAGE_KEY = re.compile(r"\d{1,9}", re.ASCII)
_BFLOAT16: Final = "bf16"
_TORCH_STORAGES: Final = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "BFloat16Storage": "bf16",
    "LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "|i1",
    "ByteStorage": "|u1", "BoolStorage": "|b1",
}  # fmt: skip
# Many more entries than a checkpoint has tensors; each costs memory before it is looked at.
_MOST_ENTRIES: Final = 50_000
_CENTRAL_ENTRY: Final = b"PK\x01\x02"


class _Kind(StandIn):
    """Stands for a ``numpy.dtype``: a plain number type and its byte order."""

    __slots__ = ("item", "order")

    def __init__(self, item: str, order: str) -> None:
        self.item, self.order = item, order

    def take_state(self, reader: PickleReader, state: Any) -> None:
        # (version, byte order, no subarray, no names, no fields, ...): nothing but the order.
        plain = type(state) is tuple and 8 <= len(state) <= 9 and state[2:5] == (None, None, None)
        if not plain or type(state[1]) is not str or state[1] not in ("<", ">", "|", "="):
            raise Malformed("arrays of other than plain numbers are not weights")
        self.order = state[1]

    @property
    def text(self) -> str:
        return ("" if self.item.endswith("1") else self.order or "<") + self.item


class _Array(StandIn):
    """Stands for a numpy array: filled by the state that numpy's pickles give it."""

    __slots__ = ("data", "fortran", "kind", "shape")

    def __init__(self) -> None:
        self.data, self.kind, self.fortran = b"", "<f4", False
        self.shape: tuple[int, ...] = (0,)

    def take_state(self, reader: PickleReader, state: Any) -> None:
        if type(state) is not tuple or len(state) != 5:
            raise Malformed("an array has no usable state")
        _, shape, kind, fortran, data = state
        if type(data) is str:
            reader.spend(len(data))
            data = latin1(data)
        if type(kind) is not _Kind or type(data) is not bytes:
            raise Malformed("arrays of other than plain numbers are not weights")
        self.shape = whole_numbers(shape)
        self.kind, self.data, self.fortran = kind.text, data, fortran in (True, 1)


class _Storage:
    """Stands for a storage of PyTorch: ``count`` numbers in an entry of the zip file."""

    __slots__ = ("count", "key", "kind")

    def __init__(self, kind: str, key: str, count: int) -> None:
        self.kind, self.key, self.count = kind, key, count


class _Tensor(StandIn):
    """Stands for a tensor of PyTorch: a view of a storage, in elements."""

    __slots__ = ("offset", "shape", "storage", "strides")

    def __init__(self, storage: _Storage, offset: int, shape: Any, strides: Any) -> None:
        self.storage, self.offset = storage, offset
        self.shape, self.strides = whole_numbers(shape), whole_numbers(strides)


class _Marker:
    """Stands for a class that a pickle names only to say what something is."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


_NDARRAY: Final = _Marker("ndarray")


def _dtype(reader: PickleReader, arguments: tuple[Any, ...]) -> _Kind:
    text = arguments[0] if arguments else None
    match = _ITEM.fullmatch(text) if type(text) is str else None
    if match is None:
        raise Malformed("arrays of other than plain numbers are not weights")
    return _Kind(match[2], match[1])


def _reconstruct(reader: PickleReader, arguments: tuple[Any, ...]) -> _Array:
    if len(arguments) != 3 or arguments[0] is not _NDARRAY:
        raise Malformed("something else than an array is reconstructed")
    return _Array()


def _encode(reader: PickleReader, arguments: tuple[Any, ...]) -> bytes:
    if len(arguments) != 2 or type(arguments[0]) is not str or arguments[1] != "latin1":
        raise Malformed("unexpected encoding")
    reader.spend(len(arguments[0]))
    return latin1(arguments[0])


def _dictionary(reader: PickleReader, arguments: tuple[Any, ...]) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for items in arguments[:1]:
        if type(items) is not list:
            raise Malformed("a dictionary is made of something else than pairs")
        reader.spend(100 * len(items))
        for pair in items:
            if type(pair) not in (list, tuple) or len(pair) != 2:
                raise Malformed("a dictionary is made of something else than pairs")
            fill(made, list(pair))
    return made


def _tuple(reader: PickleReader, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(arguments) != 1 or type(arguments[0]) not in (tuple, list):
        raise Malformed("a tuple is made of something else than a sequence")
    reader.spend(8 * len(arguments[0]))
    return tuple(arguments[0])


def _rebuild_tensor(reader: PickleReader, arguments: tuple[Any, ...]) -> _Tensor:
    if not 4 <= len(arguments) <= 7 or type(arguments[0]) is not _Storage:
        raise Malformed("a tensor has no storage")
    return _Tensor(*arguments[:4])


def _rebuild_parameter(reader: PickleReader, arguments: tuple[Any, ...]) -> _Tensor:
    if not arguments or type(arguments[0]) is not _Tensor:
        raise Malformed("a parameter has no tensor")
    return arguments[0]


_ORDERED: Final = Function("OrderedDict", _dictionary)
_RECONSTRUCT: Final = Function("_reconstruct", _reconstruct)
# What a pickled numpy array is made of, in numpy 1 and 2 and in pickle protocol 2.
_NUMPY_NAMES: Final[dict[tuple[str, str], Any]] = {
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): Function("dtype", _dtype),
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("_codecs", "encode"): Function("encode", _encode),
    ("collections", "OrderedDict"): _ORDERED,
    ("builtins", "tuple"): Function("tuple", _tuple),
    ("__builtin__", "tuple"): Function("tuple", _tuple),
}
_TORCH_NAMES: Final[dict[tuple[str, str], Any]] = {
    ("collections", "OrderedDict"): _ORDERED,
    ("torch._utils", "_rebuild_tensor_v2"): Function("_rebuild_tensor_v2", _rebuild_tensor),
    ("torch._utils", "_rebuild_parameter"): Function("_rebuild_parameter", _rebuild_parameter),
    **{("torch", name): _Marker(kind) for name, kind in _TORCH_STORAGES.items()},
}


def read_paddle_pickle(path: Path, content: bytes, *, trust: bool) -> Weights:
    """The arrays of a ``.pdparams`` file. With ``trust``, one that is refused is run.

    Raises ModelError when it is refused, ValueError when it is damaged.
    """
    try:
        state = PickleReader(content, _NUMPY_NAMES).load()
    except NotAllowed as refused:
        if not trust:
            raise _untrusted(path, str(refused), can_trust=True) from refused
        state = pickle.loads(content, encoding="latin1")  # the person vouches for the file
    return _weights(state, len(content), _array)


def read_torch_zip(path: Path, content: bytes) -> Weights:
    """The tensors of a PyTorch zip file.

    Raises ModelError when it is refused; ValueError, zipfile's errors and others when damaged.
    """
    if content.count(_CENTRAL_ENTRY) > _MOST_ENTRIES:
        raise ValueError(f"it has more than {_MOST_ENTRIES} entries")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = _entries(archive, len(content))
        pickles = [name for name in entries if name == "data.pkl" or name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ValueError("not a PyTorch checkpoint")
        root = pickles[0][: -len("data.pkl")]
        order = f"{root}byteorder"
        if order in entries and archive.read(order) != b"little":
            raise ValueError("big-endian checkpoints are not supported")
        reader = PickleReader(archive.read(pickles[0]), _TORCH_NAMES, _storage)
        try:
            state = reader.load()
        except NotAllowed as refused:
            # No way by --trust: what is named there is PyTorch's, which is not installed.
            raise _untrusted(path, str(refused), can_trust=False) from refused
        if type(state) is dict and type(state.get("state_dict")) is dict:
            state = state["state_dict"]
        storages: dict[str, bytes] = {}

        def array(value: Any) -> Any:
            if type(value) is not _Tensor:
                return None
            storage = value.storage
            if storage.key not in storages:
                storages[storage.key] = archive.read(f"{root}data/{storage.key}")
            return _tensor(value, storages[storage.key])

        return _weights(state, len(content), array)


def _entries(archive: zipfile.ZipFile, size: int) -> set[str]:
    """The names of the entries, none of which is packed, encrypted, larger than the file, or twice
    there. Raises ValueError."""
    names: set[str] = set()
    if sum(entry.file_size for entry in archive.infolist()) > size:
        raise ValueError("its entries claim to be larger than the file")
    for entry in archive.infolist():
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 0x1:
            raise ValueError("its entries are compressed or encrypted, which PyTorch does not do")
        if entry.file_size != entry.compress_size:
            raise ValueError("an entry claims to be larger than it is")
        parts = entry.filename.split("/")
        if entry.filename in names or ".." in parts or "\\" in entry.filename or not parts[0]:
            raise ValueError("an entry has a name that it must not have")
        names.add(entry.filename)
    return names


def _storage(reference: Any) -> _Storage:
    if type(reference) is not tuple or len(reference) != 5 or reference[0] != "storage":
        raise Malformed("unexpected reference to outside data")
    _, kind, key, _, count = reference
    if type(kind) is not _Marker or type(key) is not str or not _STORAGE_KEY.fullmatch(key):
        raise Malformed("unexpected reference to outside data")
    return _Storage(kind.name, key, whole_numbers((count,))[0])


def _tensor(tensor: _Tensor, data: bytes) -> Any:
    kind = "<u2" if tensor.storage.kind == _BFLOAT16 else tensor.storage.kind
    if len(data) < tensor.storage.count * np.dtype(kind).itemsize:
        raise ValueError(f"storage {tensor.storage.key} is cut short")
    array = array_of(data, kind, tensor.shape, offset=tensor.offset, strides=tensor.strides)
    return widen_bfloat16(array) if tensor.storage.kind == _BFLOAT16 else array


def _array(value: Any) -> Any:
    # paddle.save with use_binary_format off stores (name, array) pairs for single tensors.
    if isinstance(value, tuple) and len(value) == 2:
        value = value[1]
    if type(value) is _Array:
        value = array_of(value.data, value.kind, value.shape, fortran=value.fortran)
    elif type(value) is not np.ndarray or value.dtype.kind not in "fiub":  # of a trusted file
        return None
    # Paddle keeps bfloat16 as its bits; no weight is an unsigned 16-bit number otherwise.
    return widen_bfloat16(value) if value.dtype == np.uint16 else value


def _weights(state: Any, size: int, array: Any) -> Weights:
    """Names and arrays; all together no more than a few times the ``size`` of the file in bytes."""
    if not isinstance(state, Mapping):
        raise ValueError("not a table of weights")
    weights: Weights = {}
    total = 0
    for key, value in state.items():
        if key == PADDLE_NAME_TABLE:
            continue
        name = check_name(key)
        made = array(value)
        if made is None:
            raise ValueError(f"{name[:80]!r} is a {type(value).__name__}, not an array")
        total += made.nbytes
        if total > 4 * size + (1 << 20):
            raise ValueError("it holds the same numbers over and over")
        weights[name] = made
    if not weights:
        raise ValueError("it holds no weights")
    return weights


def _untrusted(path: Path, found: str, *, can_trust: bool) -> ModelError:
    return ModelError(
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
        )
        if can_trust
        else USE_SAFETENSORS,
        code="model.untrusted",
    )
