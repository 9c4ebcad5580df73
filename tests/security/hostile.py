"""Small parts of hostile model folders: a sound one to change, pickles and zip files by hand.

Each builder of a corpus gets the folder of a sound model, and the path of a mark that a program in
a file would create. Expected is ``loads`` (what is wrong is passed over), or the code of an error.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_builders import CONFIG, paddle_weights, write_folder, write_safetensors

LOADS, DAMAGED, UNTRUSTED, CONFIG_ERROR = (
    "loads",
    "model.damaged",
    "model.untrusted",
    "model.config",
)
Build = Callable[[Path, Path], Any]
CASES: dict[str, tuple[Build, str]] = {}


def case(expected: str) -> Callable[[Build], Build]:
    """Put a builder into :data:`CASES` under its name."""

    def keep(build: Build) -> Build:
        CASES[build.__name__] = (build, expected)
        return build

    return keep


def sound(folder: Path) -> Path:
    """A whole small model."""
    write_folder(folder)
    write_safetensors(folder / "model.safetensors", paddle_weights())
    return folder


def pickled(folder: Path, content: bytes) -> None:
    """The model's weights are this pickle."""
    (folder / "model.safetensors").unlink()
    (folder / "model_state.pdparams").write_bytes(content)


def zipped(folder: Path, entries: dict[str, bytes], **options: Any) -> None:
    """The model's weights are this zip file."""
    (folder / "model.safetensors").unlink()
    with zipfile.ZipFile(folder / "pytorch_model.bin", "w", **options) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def header(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the header of the safetensors file; the numbers stay."""
    path = folder / "model.safetensors"
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    table = json.loads(content[8 : 8 + length])
    change(table)
    text = json.dumps(table).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])


def config(folder: Path, **changes: Any) -> None:
    """Change config.json."""
    (folder / "config.json").write_text(json.dumps({**CONFIG, **changes}), encoding="utf-8")


def text(value: str) -> bytes:
    """A text as a pickle holds it."""
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    """A number as a pickle holds it."""
    data = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def dtype(kind: str = "f4") -> bytes:
    """``numpy.dtype(kind)`` as a pickle makes it."""
    return b"cnumpy\ndtype\n" + text(kind) + b"\x89\x88\x87R"


def array(shape: bytes, kind: bytes, data: bytes) -> bytes:
    """An array as numpy's pickles make it; ``shape`` is the pickle of a tuple."""
    made = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text("b") + b"\x87R"
    )
    return made + b"(K\x01" + shape + kind + b"\x89B" + struct.pack("<I", len(data)) + data + b"tb"


def table(value: bytes) -> bytes:
    """A pickle of ``{"w": value}``."""
    return b"\x80\x02}" + text("w") + value + b"s."


def tensor(size: bytes, stride: bytes, offset: int = 0, count: int = 4, key: str = "0") -> bytes:
    """A tensor as PyTorch's pickles make it."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu")
    storage += number(count) + b"tQ"
    rebuild = b"ctorch._utils\n_rebuild_tensor_v2\n"
    return rebuild + b"(" + storage + number(offset) + size + stride + b"\x89}tR"


def torch_file(folder: Path, value: bytes) -> None:
    """A PyTorch file with one tensor over 16 bytes."""
    zipped(folder, {"a/data.pkl": table(value), "a/data/0": bytes(16)})
