"""Kinds whose installed files are damaged, missing, or of another installation."""

from __future__ import annotations

import os
import py_compile
import shutil
from importlib.util import cache_from_source
from pathlib import Path

from environments.kinds import kind
from environments.place import Place, own


def cut(path: Path, share: float) -> None:
    """The file ends early, as after a full disk or an interrupted download."""
    os.truncate(own(path), int(path.stat().st_size * share))


def libraries(place: Place, package: str) -> list[Path]:
    return sorted((place.site / package).rglob("*.so"), key=lambda path: path.stat().st_size)


@kind("zero bytes inside paddlenlp", "paddlenlp", r"ernie.modeling")
def zero_bytes(place: Place) -> None:
    cut(place.site / "paddlenlp/transformers/ernie/modeling.py", 0)


@kind("truncated libpaddle.so", "paddlepaddle", r"libpaddle\.so")
def truncated_library(place: Place) -> None:
    cut(place.site / "paddle/base/libpaddle.so", 0.6)


@kind("corrupt bytecode of paddle", r"bytecode|\.pyc|__pycache__", "paddle")
def corrupt_bytecode(place: Place) -> None:
    source = place.site / "paddle/__init__.py"
    compiled = Path(cache_from_source(str(source)))
    compiled.parent.mkdir(exist_ok=True)
    py_compile.compile(
        str(source), cfile=str(own(compiled)) if compiled.exists() else str(compiled)
    )
    content = compiled.read_bytes()
    compiled.write_bytes(content[:16] + b"\x00" * 40 + content[56:])


@kind("missing file inside paddle", "paddlepaddle", r"nn.functional.loss\b")
def missing_submodule(place: Place) -> None:
    (place.site / "paddle/nn/functional/loss.py").unlink()


@kind("missing folder inside paddlenlp", "paddlenlp", "roberta")
def missing_folder(place: Place) -> None:
    shutil.rmtree(place.site / "paddlenlp/transformers/roberta")


@kind("empty __init__ of a dependency", r"huggingface.hub", r"__init__\.py|empty|files of|damaged")
def empty_init(place: Place) -> None:
    cut(place.site / "huggingface_hub/__init__.py", 0)


@kind("truncated library of a dependency", "tokenizers", r"\.so")
def truncated_dependency(place: Place) -> None:
    cut(libraries(place, "tokenizers")[-1], 0.5)


@kind("overwritten library of the same size", "safetensors|tokenizers", r"\.so")
def zeroed_library(place: Place) -> None:
    path = own(libraries(place, "safetensors")[-1])
    with path.open("r+b") as file:
        file.write(b"\x00" * 4096)


@kind("NUL bytes in a file of the same size", "paddlenlp", r"trainer.trainer")
def nul_bytes(place: Place) -> None:
    path = own(place.site / "paddlenlp/trainer/trainer.py")
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\x00" * 512)


@kind("a file saved in GBK", "paddlenlp", r"utils.env\b")
def gbk_file(place: Place) -> None:
    path = own(place.site / "paddlenlp/utils/env.py")
    path.write_bytes(path.read_bytes() + 'NOTE = "修改缓存目录"\n'.encode("gbk"))


@kind("line ends doubled", "paddlenlp", r"utils.log\b")
def doubled_line_ends(place: Place) -> None:
    path = own(place.site / "paddlenlp/utils/log.py")
    path.write_bytes(b"x = 1 + \\\r\r\n 2\r\r\n" + path.read_bytes())


@kind("half-uninstalled package", "numpy", r"~umpy|uninstall|missing|not installed")
def half_uninstalled(place: Place) -> None:
    (place.site / "numpy").rename(place.site / "~umpy")
    info = next(place.site.glob("numpy-*.dist-info"))
    info.rename(info.with_name(info.name.replace("numpy", "~umpy")))


@kind("record without the package", r"opt.einsum", "missing|absent|not there|incomplete")
def record_without_package(place: Place) -> None:
    shutil.rmtree(place.site / "opt_einsum")


@kind("package without its record", "pyarrow", "metadata|dist-info|record")
def package_without_record(place: Place) -> None:
    shutil.rmtree(next(place.site.glob("pyarrow-*.dist-info")))


@kind("empty metadata", "pyarrow", "METADATA|metadata")
def empty_metadata(place: Place) -> None:
    cut(next(place.site.glob("pyarrow-*.dist-info")) / "METADATA", 0)


@kind("records of two versions", fails="nothing")
def two_records(place: Place) -> None:
    info = next(place.site.glob("numpy-*.dist-info"))
    other = info.with_name("numpy-2.2.6.dist-info")
    other.mkdir()
    text = (info / "METADATA").read_text("utf-8")
    (other / "METADATA").write_text(text.replace("Version: 1.26.4", "Version: 2.2.6"), "utf-8")


@kind("library of another Python's wheel", "numpy", r"cp39|cpython-39|3\.9")
def other_wheel(place: Place) -> None:
    place.packages("uninstall", "numpy")
    for_python_39(place, place.site, "numpy==1.26.4")


def for_python_39(place: Place, target: Path, requirement: str) -> None:
    """A wheel of Python 3.9 unpacked, as where a folder was copied from an older installation."""
    place.packages(
        "install", "--no-deps", "--target", str(target), "--python-version", "3.9", requirement
    )


@kind("a library under another name", "pyarrow", r"lib\.cpython|lib\b|missing")
def renamed_library(place: Place) -> None:
    path = next((place.site / "pyarrow").glob("lib.cpython-*.so"))
    path.rename(path.with_name("lib.cpython-39-x86_64-linux-gnu.so"))
