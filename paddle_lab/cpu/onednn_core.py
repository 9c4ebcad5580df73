"""oneDNN's C interface: memory, primitives and their cache; the operations are in ``onednn.py``."""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Callable, Sequence
from ctypes import byref, c_char_p, c_float, c_int, c_int64, c_size_t, c_uint, c_void_p
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

# Numbers from dnnl_types.h, version 3.
SRC, SRC_1, DST, WEIGHTS, BIAS, MEAN, VARIANCE, SCALE, SHIFT = 1, 2, 17, 33, 41, 49, 50, 51, 52
DIFF_SRC, DIFF_DST, DIFF_SCALE, DIFF_SHIFT = 129, 145, 255, 256
BINARY_ADD, BINARY_MUL = 0x1FFF0, 0x1FFF1
_LINEAR = 0x26
_POST_OP = 32768
_CPU, _IN_ORDER, _FPMATH_BF16, _OUT_OF_MEMORY = 1, 1, 1, 1
_DTYPES = {"float32": 3, "uint8": 6}
_MAJOR = 3
# One batch shape of an encoder needs about 40 primitives: 15 MB of machine code, made in 20 ms.
_KEPT = 1024


class OneDnnError(RuntimeError):
    """oneDNN is absent, of another version, or refused a call."""


@dataclass(frozen=True)
class View:
    """A tensor in memory: address, sizes, steps in elements (default: C order) and dtype."""

    address: int
    sizes: tuple[int, ...]
    steps: tuple[int, ...] = ()
    dtype: str = "float32"


@dataclass(frozen=True)
class PostOps:
    """What is done to a result before it is stored: ``scale * result + add (+ what was there)``."""

    scale: float = 1.0
    add: View | None = None
    accumulate: bool = False


Make = Callable[[list[c_void_p], c_void_p], c_void_p]
"""From the arguments' descriptors and the attributes to the primitive's description."""


class _Argument(ctypes.Structure):
    _fields_ = (("argument", c_int), ("memory", c_void_p))


class _Version(ctypes.Structure):
    _fields_ = (
        *(("major", c_int), ("minor", c_int), ("patch", c_int)),
        *(("commit", c_char_p), ("runtime", c_uint)),
    )


class _Primitive:
    """A compiled operation with one memory object for each argument."""

    def __init__(self, c: Any, handle: c_void_p, arguments: list[tuple[int, c_void_p]]) -> None:
        self._c = c
        self._handle = handle
        self._memories = [memory for _, memory in arguments]
        pairs = [_Argument(number, memory.value) for number, memory in arguments]
        self._arguments = (_Argument * len(pairs))(*pairs)

    def run(self, stream: c_void_p, addresses: Sequence[int]) -> int:
        for memory, address in zip(self._memories, addresses):  # noqa: B905 - same length by key
            self._c.dnnl_memory_set_data_handle(memory, address)
        count = len(self._arguments)
        status: int = self._c.dnnl_primitive_execute(self._handle, stream, count, self._arguments)
        return status

    def close(self) -> None:
        for memory in self._memories:
            self._c.dnnl_memory_destroy(memory)
        self._c.dnnl_primitive_destroy(self._handle)


class Core:
    """The library as Paddle has loaded it. Raises `OneDnnError` where it cannot be used."""

    def __init__(self, path: Path, *, bfloat16: bool = False) -> None:
        try:
            self.c = ctypes.CDLL(str(path))
            _declare(self.c)
            version = self.c.dnnl_version().contents
        except (OSError, AttributeError) as error:
            raise OneDnnError(f"{path.name}: {error}") from error
        if version.major != _MAJOR:
            raise OneDnnError(f"{path.name}: version {version.major}, expected {_MAJOR}")
        self.version = f"{version.major}.{version.minor}.{version.patch}"
        self._bfloat16 = bfloat16
        self._lock = RLock()
        self._primitives: OrderedDict[tuple[Any, ...], _Primitive] = OrderedDict()
        self.engine, self._stream = c_void_p(), c_void_p()
        self.check(self.c.dnnl_engine_create(byref(self.engine), _CPU, c_size_t(0)), "engine")
        self.check(self.c.dnnl_stream_create(byref(self._stream), self.engine, _IN_ORDER), "stream")

    @staticmethod
    def check(status: int, what: str) -> None:
        """Raise `OneDnnError` for any status but success, MemoryError where memory ran out.

        The latter's words are Paddle's: an error in a backward pass is told by its text alone.
        """
        if status == _OUT_OF_MEMORY:
            raise MemoryError(f"(ResourceExhausted) oneDNN {what}: out of memory")
        if status:
            raise OneDnnError(f"oneDNN {what}: status {status}")

    def made(self, create: str, *arguments: Any) -> c_void_p:
        """A primitive description from ``dnnl_<create>_primitive_desc_create``."""
        description = c_void_p()
        function = getattr(self.c, f"dnnl_{create}_primitive_desc_create")
        self.check(function(byref(description), self.engine, *arguments), create)
        return description

    def released(self, description: c_void_p) -> None:
        """Free a primitive description."""
        self.c.dnnl_primitive_desc_destroy(description)

    def run(
        self,
        name: str,
        arguments: list[tuple[int, View]],
        make: Make,
        after: PostOps | None = None,
    ) -> None:
        """Run an operation; ``name`` says all that ``make`` depends on besides the views."""
        if after is not None and after.add is not None:
            arguments = [*arguments, (self._post_op_argument(after), after.add)]
        settings = (after.scale, after.accumulate, after.add is not None) if after else ()
        key = (name, settings, *((v.sizes, v.steps, v.dtype) for _, v in arguments))
        with self._lock:
            primitive = self._primitives.get(key)
            if primitive is None:
                primitive = self._primitives[key] = self._make(arguments, make, after, name)
                if len(self._primitives) > _KEPT:
                    self._primitives.popitem(last=False)[1].close()
            else:
                self._primitives.move_to_end(key)
            status = primitive.run(self._stream, [view.address for _, view in arguments])
        self.check(status, name)

    def close(self) -> None:
        """Free all primitives; an operation called afterwards makes its own anew."""
        with self._lock:
            for primitive in self._primitives.values():
                primitive.close()
            self._primitives.clear()
            capacity = c_int()
            self.check(self.c.dnnl_get_primitive_cache_capacity(byref(capacity)), "capacity")
            for size in (0, capacity.value):  # empties oneDNN's own cache, which holds the code
                self.check(self.c.dnnl_set_primitive_cache_capacity(size), "capacity")

    def _make(
        self, arguments: list[tuple[int, View]], make: Make, after: PostOps | None, name: str
    ) -> _Primitive:
        descriptors = [self._descriptor(view) for _, view in arguments]
        attributes = self._attributes(after, descriptors[-1])
        description = make(descriptors, attributes)
        primitive = c_void_p()
        self.check(self.c.dnnl_primitive_create(byref(primitive), description), name)
        memories = []
        for (number, _), descriptor in zip(arguments, descriptors, strict=True):
            memory = c_void_p()
            self.check(
                self.c.dnnl_memory_create(byref(memory), descriptor, self.engine, None), "memory"
            )
            memories.append((number, memory))
            self.c.dnnl_memory_desc_destroy(descriptor)
        self.released(description)
        self.c.dnnl_primitive_attr_destroy(attributes)
        return _Primitive(self.c, primitive, memories)

    def _descriptor(self, view: View) -> c_void_p:
        rank = len(view.sizes)
        numbers = c_int64 * rank
        descriptor = c_void_p()
        status = self.c.dnnl_memory_desc_create_with_strides(
            *(byref(descriptor), rank, numbers(*view.sizes), _DTYPES[view.dtype]),
            numbers(*_unambiguous_steps(view)),
        )
        self.check(status, "memory descriptor")
        return descriptor

    def _attributes(self, after: PostOps | None, last: c_void_p) -> c_void_p:
        attributes, chain = c_void_p(), c_void_p()
        self.check(self.c.dnnl_primitive_attr_create(byref(attributes)), "attributes")
        if self._bfloat16:
            self.c.dnnl_primitive_attr_set_fpmath_mode(attributes, _FPMATH_BF16)
        if after is None:
            return attributes
        self.check(self.c.dnnl_post_ops_create(byref(chain)), "post-operations")
        if after.scale != 1.0:
            scale, shift = c_float(after.scale), c_float(0)
            self.check(self.c.dnnl_post_ops_append_eltwise(chain, _LINEAR, scale, shift), "scale")
        if after.add is not None:
            self.check(self.c.dnnl_post_ops_append_binary(chain, BINARY_ADD, last), "add")
        if after.accumulate:
            self.check(self.c.dnnl_post_ops_append_sum(chain, c_float(1), 0, 0), "accumulate")
        self.check(self.c.dnnl_primitive_attr_set_post_ops(attributes, chain), "post-operations")
        self.c.dnnl_post_ops_destroy(chain)
        return attributes

    @staticmethod
    def _post_op_argument(after: PostOps) -> int:
        index = 1 if after.scale != 1.0 else 0
        return _POST_OP * (index + 1) | SRC_1


def _unambiguous_steps(view: View) -> Sequence[int]:
    """Steps of ``view`` from which oneDNN reads the order of its axes rightly.

    An axis of size 1 may have any step, but oneDNN 3.6 tells row order from column order by the
    steps alone: it takes [1, n] with steps (1, 1), which a transposed column has, for column order
    and reads past the end. So where steps are given, an axis of size 1 steps over all the others.
    """
    if not view.steps:
        return _c_order(view.sizes)
    pairs = list(zip(view.sizes, view.steps, strict=True))
    whole = max((size * step for size, step in pairs if size > 1), default=1)
    return [whole if size == 1 else step for size, step in pairs]


def _c_order(sizes: Sequence[int]) -> list[int]:
    steps = [1] * len(sizes)
    for axis in range(len(sizes) - 2, -1, -1):
        steps[axis] = steps[axis + 1] * sizes[axis + 1]
    return steps


def _declare(c: Any) -> None:
    """Argument types where ctypes' defaults (int) would cut a pointer."""
    c.dnnl_version.restype = ctypes.POINTER(_Version)
    c.dnnl_memory_set_data_handle.argtypes = (c_void_p, c_void_p)
    c.dnnl_primitive_execute.argtypes = (c_void_p, c_void_p, c_int, ctypes.POINTER(_Argument))
    for name in ("memory", "primitive", "primitive_desc", "memory_desc", "primitive_attr"):
        getattr(c, f"dnnl_{name}_destroy").argtypes = (c_void_p,)
    c.dnnl_post_ops_destroy.argtypes = (c_void_p,)
