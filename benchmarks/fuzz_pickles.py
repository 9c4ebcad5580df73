"""Weight files made at random, read as the product reads them: nothing may crash, hang or run.

    python benchmarks/fuzz_pickles.py --cases 200000

Cases are changed copies of real files (``.pdparams`` of three protocols, PyTorch's zip files,
safetensors) and pickles put together from single instructions and the names that the reader knows,
and some that it must not. They are read in processes whose memory is limited, with the checks of
Python's and the C library's allocators switched on; what is read is copied, so that an array that
reaches too far would be noticed. Prints one line of JSON:

    {"cases": 200000, "loaded": ..., "refused": ..., "crashes": 0, "hangs": 0, "over_memory": 0,
     "other_errors": 0, "ran": 0, "seconds": ...}

``hangs`` took more than a second; ``over_memory`` asked for more than 1 GiB; ``ran`` reached a
function outside the reader. With ``--seed`` a case can be made again.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import json
import os
import pickle
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from paddle_lab.errors import ModelError
from paddle_lab.models.safe_weights import read_weights

HANG_S = 1.0
MEMORY = 1 << 30
CHUNK = 10_000
KINDS = ("pdparams", "torch", "safetensors", "grammar", "torch grammar")
NAMES = [
    ("numpy", "ndarray"), ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"), ("_codecs", "encode"), ("builtins", "tuple"),
    ("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"),
    ("torch._utils", "_rebuild_parameter"), ("torch", "FloatStorage"), ("torch", "LongStorage"),
    ("torch", "BFloat16Storage"),
    ("builtins", "exec"), ("os", "system"), ("numpy", "fromfile"), ("builtins", "getattr"),
]  # fmt: skip
NUMBERS = (
    0,
    1,
    2,
    3,
    8,
    255,
    2**16,
    2**31 - 1,
    2**31,
    2**32,
    2**62,
    2**63 - 1,
    2**63,
    -1,
    -(2**31),
)
Case = tuple[str, bytes]


def make_case(seed: int) -> Case:
    """A file's name and content: the same for the same seed."""
    chance = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    if kind == "pdparams":
        return "model_state.pdparams", mutated(chance, _pdparams(chance.choice((2, 3, 4))))
    if kind == "safetensors":
        return "model.safetensors", mutated(chance, _safetensors())
    if kind == "torch":
        content = _torch(_torch_pickle())
        if chance.random() < 0.5:
            content = _torch(mutated(chance, _torch_pickle()))
        return "pytorch_model.bin", mutated(chance, content, most=3)
    written = grammar(chance)
    if kind == "grammar":
        return "model_state.pdparams", written
    return "pytorch_model.bin", _torch(written)


def mutated(chance: random.Random, content: bytes, most: int = 4) -> bytes:
    """``content`` with bytes changed, pieces moved, cut out or repeated, and sizes replaced."""
    data = bytearray(content)
    for _ in range(chance.randint(1, most)):
        at, length = chance.randrange(len(data)), chance.randint(1, 16)
        match chance.randrange(6):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                data[at] ^= 1 << chance.randrange(8)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length]
            case 4:
                number = chance.choice(NUMBERS) % 2**64
                data[at : at + 8] = struct.pack("<Q", number)[: chance.choice((1, 2, 4, 8))]
            case _:
                other = chance.randrange(len(data))
                data[at : at + length] = data[other : other + length]
        if not data:
            data = bytearray(b"\x80")
    return bytes(data)


def grammar(chance: random.Random) -> bytes:
    """A pickle of single instructions: most of them well-formed, in no sensible order."""
    parts = [b"\x80" + bytes([chance.choice((2, 2, 3, 4, 5, 9))])]
    for _ in range(chance.randint(1, 60)):
        parts.append(chance.choice(_PIECES)(chance))
    parts += [chance.choice((b".", b".", b"}.", b"s.", b"u.", b""))]
    return b"".join(parts)


def _text(text: str) -> bytes:
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _number(number: int) -> bytes:
    if -(2**31) <= number < 2**31:
        return b"J" + struct.pack("<i", number)
    data = number.to_bytes((number.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def _name(module: str, name: str) -> bytes:
    return b"c" + f"{module}\n{name}\n".encode()


def _lying(chance: random.Random) -> bytes:
    code, form = chance.choice(((b"X", "<I"), (b"B", "<I"), (b"T", "<I"), (b"\x8e", "<Q"),
                                (b"\x8d", "<Q"), (b"\x96", "<Q"), (b"\x95", "<Q"), (b"\x8b", "<I"),
                                (b"r", "<I"), (b"j", "<I")))  # fmt: skip
    size = chance.choice(NUMBERS) % 2 ** (8 * struct.calcsize(form))
    return code + struct.pack(form, size) + chance.randbytes(8)


def _array(chance: random.Random) -> bytes:
    """An array of numpy's as its pickles write it, with sizes that may be wrong."""
    shape = [chance.choice(NUMBERS) for _ in range(chance.randint(0, 3))]
    data = bytes(chance.choice((0, 4, 8, 64)))
    return (
        _name("numpy.core.multiarray", "_reconstruct") + _name("numpy", "ndarray")
        + _number(0) + b"\x85" + _text("b") + b"\x87R" + b"(" + _number(1)
        + b"(" + b"".join(map(_number, shape)) + b"t" + _dtype(chance) + b"\x89"
        + b"B" + struct.pack("<I", len(data)) + data + b"tb"
    )  # fmt: skip


def _dtype(chance: random.Random) -> bytes:
    kind = chance.choice(("f4", "f8", "i8", "u2", "O", "V8", "S4", "f4,f4", ">f4"))
    made = _name("numpy", "dtype") + _text(kind) + b"\x89\x88\x87R"
    if chance.random() < 0.5:
        return made
    fields = b"N" if chance.random() < 0.7 else b"}" + _text("a") + made + _number(2**33) + b"\x86s"
    return (
        made
        + b"("
        + _number(3)
        + _text(chance.choice("<>|="))
        + b"NN"
        + fields
        + (_number(-1) + _number(-1) + _number(chance.choice((0, 63))) + b"tb")
    )


def _tensor(chance: random.Random) -> bytes:
    """A tensor of PyTorch's with a storage, an offset, a shape and strides of any kind."""
    kind = chance.choice(("FloatStorage", "LongStorage", "BFloat16Storage", "NoStorage"))
    key = chance.choice(("0", "1", "../0", "9" * 12))
    storage = b"(" + _text("storage") + _name("torch", kind) + _text(key) + _text("cpu")
    storage += _number(chance.choice(NUMBERS)) + b"tQ"
    size = chance.randint(0, 3)
    shape, strides = ([_number(chance.choice(NUMBERS)) for _ in range(size)] for _ in "ab")
    return (
        _name("torch._utils", "_rebuild_tensor_v2") + b"(" + storage
        + _number(chance.choice(NUMBERS)) + b"(" + b"".join(shape) + b"t("
        + b"".join(strides) + b"t\x89}tR"
    )  # fmt: skip


def _item(chance: random.Random) -> bytes:
    make = chance.choice((_array, _tensor, _dtype))
    return b"}" + _text("w") + make(chance) + b"s"


_CODES = b"()]}0125NSVaehijlopqrsutbRQ\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98"
_SINGLE = [bytes([code]) for code in _CODES]
_USUAL = [bytes([code]) for code in b"(t}])Rbsuae"]
_PIECES: list[Callable[[random.Random], bytes]] = [
    lambda chance: chance.choice(_SINGLE),
    lambda chance: chance.choice(_USUAL),
    lambda chance: _name(*chance.choice(NAMES)),
    lambda chance: _number(chance.choice(NUMBERS)),
    lambda chance: _text(chance.choice(("w", "x", "latin1", "storage", "f4", "\u00ff" * 9))),
    lambda chance: bytes([chance.choice(b"qh"), chance.randrange(4)]),
    _lying, _array, _tensor, _dtype, _item, _item,
]  # fmt: skip


def _weights() -> dict[str, np.ndarray]:
    return {"a.weight": np.arange(12, dtype=np.float32).reshape(3, 4), "b": np.arange(3)}


def _pdparams(protocol: int) -> bytes:
    return pickle.dumps({**_weights(), "StructuredToParameterName@@": {"b": "b_0"}}, protocol)


def _safetensors() -> bytes:
    from safetensors.numpy import save

    return save(_weights(), metadata={"format": "np"})


def _torch_pickle() -> bytes:
    storage = b"(" + _text("storage") + _name("torch", "FloatStorage") + _text("0") + _text("cpu")
    storage += _number(12) + b"tQ"
    tensor = _name("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + _number(0)
    tensor += _number(3) + _number(4) + b"\x86" + _number(4) + _number(1) + b"\x86\x89}tR"
    return b"\x80\x02}" + _text("w") + tensor + b"s."


def _torch(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/data/0", bytes(48))
        archive.writestr("archive/data/1", bytes(range(64)))
    return buffer.getvalue()


def read_case(folder: Path, seed: int) -> str:
    """What became of a case: loaded, refused, hangs, over_memory or other_errors."""
    name, content = make_case(seed)
    path = folder / name
    path.write_bytes(content)
    begun = time.perf_counter()
    try:
        outcome = "loaded"
        for array in read_weights(path).values():
            array.copy()
    except ModelError as error:
        outcome = (
            "refused" if error.code in ("model.damaged", "model.untrusted") else "other_errors"
        )
        if "MemoryError" in error.in_language("en"):
            outcome = "over_memory"
    except MemoryError:
        outcome = "over_memory"
    except Exception as error:
        print(f"seed {seed}: {type(error).__name__}: {error}", file=sys.stderr)
        outcome = "other_errors"
    return "hangs" if time.perf_counter() - begun > HANG_S else outcome


def work(first: int, count: int) -> None:
    """Read ``count`` cases in this process and print what became of them."""
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    ran: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(len(KINDS)):  # imports what is imported late, which runs modules
            read_case(Path(folder), seed)
        sys.addaudithook(lambda event, _: ran.append(event) if event in _FORBIDDEN else None)
        counts = Counter(read_case(Path(folder), seed) for seed in range(first, first + count))
    print(json.dumps({**counts, "ran": len(ran)}))


_FORBIDDEN = ("exec", "os.system", "subprocess.Popen", "pickle.find_class", "os.exec", "os.spawn")


def main() -> int:
    """Divide the cases among processes and add up what they found; 0 when nothing is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0, help="the first case's")
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        work(options.seed, options.work)
        return 0
    begun, total = time.monotonic(), Counter[str]()
    checks = {"PYTHONMALLOC": "debug", "MALLOC_PERTURB_": "165", "MALLOC_CHECK_": "3"}
    for first in range(options.seed, options.seed + options.cases, CHUNK):
        count = min(CHUNK, options.seed + options.cases - first)
        command = [sys.executable, __file__, "--seed", str(first), "--work", str(count)]
        done = subprocess.run(command, env={**os.environ, **checks}, capture_output=True, text=True)
        sys.stderr.write(done.stderr)
        if done.returncode == 0:
            total.update(json.loads(done.stdout.splitlines()[-1]))
        else:
            total["crashes"] += 1
    names = ("loaded", "refused", "crashes", "hangs", "over_memory", "other_errors", "ran")
    found = {name: total[name] for name in names}
    print(json.dumps({"cases": options.cases, **found, "seconds": round(time.monotonic() - begun)}))
    return int(any(found[name] for name in names[2:]))


if __name__ == "__main__":
    sys.exit(main())
