"""A compiled file that does not load is told by its package, from the loader's words and frames."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.findings import Finding

LINUX: dict[str, Any] = {"platform": {"system": "Linux"}, "packages": {"pip": "25.0"}}
LIB = "/env/lib/python3.9/site-packages"
WINDOWS = r"D:\conda\envs\ocr\Lib\site-packages"


def trace(file: str, error: str) -> str:
    return (
        "Traceback (most recent call last):\n"
        f'  File "{file}", line 5, in <module>\n    from . import _core\n{error}'
    )


def first(text: str) -> Finding:
    return explain(text, LINUX, facts_join=False).findings[0]


def said(finding: Finding) -> str:
    words = (finding.title, finding.cause, finding.fix)
    return "\n".join([*(one.in_language("en") for one in words), *finding.commands])


@pytest.mark.parametrize(
    ("text", "name", "parts"),
    [
        (
            trace(
                f"{LIB}/alpha/__init__.py",
                f"ImportError: /lib64/libc.so.6: version `GLIBC_2.28' not found (required by "
                f"{LIB}/alpha/alpha.abi3.so)",
            ),
            "wheel-for-newer-system",
            ("alpha was built for a newer Linux", "GLIBC_2.28", "--only-binary alpha"),
        ),
        (
            trace(
                f"{LIB}/alpha/__init__.py",
                f"ImportError: {LIB}/alpha/lib/libalpha.so: undefined symbol: betaInitAll",
            )
            + "\n$ pip list\nnvidia-beta-cu12    2.18.1\n",
            "library-of-other-version",
            ("alpha finds another nvidia-beta-cu12 2.18.1", "--force-reinstall alpha"),
        ),
        (
            trace(
                f"{LIB}/alpha/mask.py",
                "ValueError: gamma.ndarray size changed, may indicate binary incompatibility. "
                "Expected 96 from C header, got 80 from PyObject",
            ),
            "compiled-for-other-version",
            ("alpha was compiled for another gamma", "newer gamma", "install gamma -U"),
        ),
        (
            trace(
                f"{LIB}/alpha/mask.py",
                "ValueError: gamma.ndarray size changed, may indicate binary incompatibility. "
                "Expected 80 from C header, got 96 from PyObject",
            ),
            "compiled-for-other-version",
            ("older gamma", "--no-deps alpha"),
        ),
        (
            trace(
                rf"{WINDOWS}\alpha\__init__.py",
                "ImportError: DLL load failed while importing _core: 找不到指定的模块。",
            ),
            "dll-not-found",
            ("Windows does not find a DLL that alpha needs", "--force-reinstall", "alpha"),
        ),
        (
            "from .alpha_pybind11_state import *  # noqa\nImportError: DLL load failed while "
            "importing alpha_pybind11_state: The specified procedure could not be found.",
            "dll-of-other-version",
            ("alpha finds a DLL of another version", "older release of alpha"),
        ),
        (
            f'[E:alpha] LoadLibrary failed with error 126 "" when trying to load '
            f'"{WINDOWS}\\alpha\\capi\\alpha_providers_cuda.dll"',
            "dll-not-found",
            ("The GPU part of alpha", "build for the CPU"),
        ),
        (
            f"OSError: [WinError 1114] 动态链接库(DLL)初始化例程失败。 Error loading "
            f'"{WINDOWS}\\alpha\\lib\\c10.dll" or one of its dependencies.',
            "dll-does-not-start",
            ("A DLL of alpha does not start", "import alpha before all others"),
        ),
        (
            trace(
                r"D:\conda\envs\ocr\lib\ssl.py",
                "ImportError: DLL load failed while importing _ssl: The specified module could "
                "not be found.",
            ),
            "environment-not-activated",
            ("conda activate ocr",),
        ),
        (
            trace(
                f"{LIB}/alpha/__init__.py",
                f"ImportError: {LIB}/alpha_op.so: undefined symbol: _ZN2at4_ops3absE",
            ),
            "extension-of-other-version",
            ("alpha was compiled for another release of torch", "--no-binary alpha alpha"),
        ),
        (
            trace(
                f"{LIB}/alpha/__init__.py",
                f"ImportError: dlopen({LIB}/alpha/core.so, 0x0002): Library not loaded: "
                f"@rpath/libalpha.dylib\n  Referenced from: <57DC> {LIB}/alpha/core.so",
            ),
            "library-of-package-missing",
            ("alpha lacks its own library libalpha.dylib", "--no-cache-dir alpha"),
        ),
        (
            trace(
                f"{LIB}/alpha/__init__.py",
                f"OSError: dlopen({LIB}/alpha/core.so, 6): Library not loaded: "
                f"/ci/lib/libgamma.1.dylib\n  Referenced from: {LIB}/alpha/core.so",
            ),
            "library-of-mac-missing",
            ("needs the library libgamma.1.dylib", "brew install gamma"),
        ),
        (
            trace(
                f"{LIB}/alpha/__init__.py",
                f"ImportError: dlopen({LIB}/alpha/core.so, 2): Symbol not found: _DGammaClose\n"
                f"  Referenced from: {LIB}/alpha/core.so\n  Expected in: flat namespace",
            ),
            "built-with-other-library",
            ("alpha was built with another library", "_DGammaClose"),
        ),
        (
            trace(
                f"{LIB}/alpha/__init__.py",
                f"ImportError: dlopen({LIB}/alpha/core.so, 2): Symbol not found: (_preadv)\n"
                f"  Referenced from: '{LIB}/alpha/core.so'\n"
                "  Expected in: '/usr/lib/libSystem.B.dylib'",
            ),
            "built-for-other-mac",
            ("alpha was built for a newer macOS",),
        ),
        (
            trace(
                f"{LIB}/alpha/__init__.py",
                f"ImportError: dlopen({LIB}/alpha/core.so, 0x0002): tried: '{LIB}/alpha/core.so' "
                "(code signature in <2DA1> not valid for use in process: Trying to load an "
                "unsigned library)",
            ),
            "library-not-signed",
            ("codesign --force --sign - ", "alpha"),
        ),
    ],
)
def test_the_package_is_named_and_only_it_is_put_back(
    text: str, name: str, parts: tuple[str, ...]
) -> None:
    found = first(text)
    assert found.id == name
    assert [part for part in parts if part not in said(found)] == []
    assert "paddle" not in "\n".join(found.commands)


def test_what_ctypes_loads_belongs_to_its_caller() -> None:
    text = (
        "Traceback (most recent call last):\n"
        rf'  File "{WINDOWS}\alpha\geos.py", line 9, in <module>' + "\n"
        r'  File "D:\conda\envs\ocr\lib\ctypes\__init__.py", line 348, in __init__' + "\n"
        "FileNotFoundError: Could not find module 'gamma.dll' (or one of its dependencies)."
    )
    assert "a DLL that alpha needs" in said(first(text))


def test_a_library_that_the_stack_bounds_is_not_lifted_past_it() -> None:
    text = trace(
        f"{LIB}/alpha/mask.py",
        "ValueError: numpy.ndarray size changed, may indicate binary incompatibility. Expected 96 "
        "from C header, got 80 from PyObject",
    )
    assert first(text).commands == ('python -m pip install "numpy<2" -U',)


@pytest.mark.parametrize(
    "text",
    [
        trace(
            f"{LIB}/paddle/base/core.py",
            f"ImportError: {LIB}/paddle/base/libpaddle.so: undefined symbol: ncclCommRegister",
        ),
        f"ImportError: {LIB}/vendor/part/lib/libpart.so.12: undefined symbol: partGet, version x",
    ],
    ids=["of Paddle the rules know more", "whose import failed is not told"],
)
def test_where_the_owner_is_not_told_the_rules_speak(text: str) -> None:
    ids = [one.id for one in explain(text, LINUX, facts_join=False).findings]
    assert "library-of-other-version" not in ids
