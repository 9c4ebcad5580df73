"""A compiled module of the person's own that does not load: rebuilt, and Paddle left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.said.own_modules import ID

LINUX: dict[str, Any] = {
    "platform": {"system": "Linux"},
    "packages": {"paddlepaddle": "3.3.1", "alpha": "1.0"},
}


def trace(error: str, code: str = "import fastops", file: str = "train.py") -> str:
    return (
        "Traceback (most recent call last):\n"
        f'  File "{file}", line 5, in <module>\n    {code}\nImportError: {error}'
    )


def first(text: str) -> Finding | None:
    return next(iter(explain(text, LINUX, facts_join=False).findings), None)


def said(finding: Finding) -> str:
    words = (finding.title, finding.cause, finding.fix)
    return "\n".join([*(one.in_language("en") for one in words), *finding.commands])


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        ("/home/u/p/fastops.so: undefined symbol: helper", ("linked with defines helper", "ldd")),
        (
            "/home/u/p/fastops.so: undefined symbol: _ZN6paddle6TensorC1Ev",
            ("another version of Paddle", "cd /home/u/p && "),
        ),
        ("/p/fastops.so: undefined symbol: _ZN3c105ErrorC1", ("another version of PyTorch",)),
        ("/p/fastops.so: undefined symbol: PyUnicode_Some", ("built for another Python",)),
        (
            "libcudart.so.11.0: cannot open shared object file: No such file or directory",
            ("fastops cannot be loaded: the library libcudart.so.11.0", "find . -name 'fastops"),
        ),
        (
            "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by "
            "/home/u/p/fastops.so)",
            ("a newer system (GLIBC_2.34",),
        ),
        ("/home/u/p/fastops.so: invalid ELF header", ("no compiled file of this system",)),
        (
            "dynamic module does not define module export function (PyInit_fastops)",
            ("another name than its file", "PYBIND11_MODULE(fastops, m)"),
        ),
        (
            "Python version mismatch: module was compiled for Python 3.8, but the interpreter "
            "version is incompatible: 3.11.7",
            ("built for Python 3.8",),
        ),
    ],
)
def test_why_a_module_of_ones_own_does_not_load(error: str, parts: tuple[str, ...]) -> None:
    finding = first(trace(error))
    assert finding is not None
    assert finding.id == ID
    for part in (*parts, "build_ext --inplace"):
        assert part in said(finding)
    assert "paddlepaddle" not in said(finding)


def test_a_module_beside_the_code_of_a_person() -> None:
    finding = first(trace("libcustom.so.2: cannot open shared object file", "from . import _ext"))
    assert finding is not None
    assert "_ext cannot be loaded" in said(finding)
    assert finding.alternatives == ()


def test_it_is_confirmed_when_the_file_is_here(tmp_path: Path) -> None:
    (tmp_path / "fastops.so").touch()
    finding = first(trace(f"{tmp_path}/fastops.so: file too short"))
    assert finding is not None
    assert finding.certainty == "confirmed"


@pytest.mark.parametrize(
    "text",
    [
        trace("libcudart.so.11.0: cannot open shared object file", "import alpha"),
        trace("libcudart.so.11.0: cannot open shared object file", "import paddle"),
        trace("/x/site-packages/alpha/core.so: undefined symbol: helper"),
        trace("/src/Paddle/build/python/paddle/base/libpaddle.so: undefined symbol: helper"),
        trace(
            "libcudart.so.11.0: cannot open shared object file",
            file="/x/lib/python3.10/site-packages/alpha/__init__.py",
        ),
        "ImportError: /usr/local/cuda/lib64/libcublas.so.11: undefined symbol: helper",
        "ImportError: libcudart.so.11.0: cannot open shared object file",
    ],
    ids=["installed", "paddle", "file of a package", "built", "in a package", "toolkit", "bare"],
)
def test_what_a_package_or_the_system_brought_is_not_ones_own(text: str) -> None:
    finding = first(text)
    assert finding is None or finding.id != ID


def test_windows_advice_for_ones_own_module_leaves_paddle_alone() -> None:
    text = trace(
        "DLL load failed while importing fastops: The specified module could not be found.",
        file="C:\\work\\run.py",
    )
    finding = first(text)
    assert finding is not None
    assert not any("paddlepaddle" in line for line in finding.commands)
    assert any("VCRedist" in line for line in finding.commands)
