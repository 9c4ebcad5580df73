"""Why a build or a resolution gives up is read from its own words, whatever the package is."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.findings import Finding

LINUX: dict[str, Any] = {"platform": {"system": "Linux"}, "packages": {"pip": "25.0"}}
MAC: dict[str, Any] = {"platform": {"system": "Darwin"}, "packages": {"pip": "25.0"}}
UV = "  × No solution found when resolving dependencies:\n  ╰─▶ Because "


def build(error: str) -> str:
    """What pip prints of a package alpha whose setup.py ends with ``error``."""
    return (
        "Collecting alpha\n  Using cached alpha-1.2.tar.gz (2.5 MB)\n"
        "  error: subprocess-exited-with-error\n\n"
        "  × Getting requirements to build wheel did not run successfully.\n  │ exit code: 1\n"
        "  ╰─> [3 lines of output]\n      Traceback (most recent call last):\n"
        '        File "/tmp/pip-build-env-x/overlay/setup.py", line 9, in <module>\n'
        f"      {error}\n      [end of output]\n"
    )


def first(text: str, facts: dict[str, Any] = LINUX) -> Finding:
    return explain(text, facts, facts_join=False).findings[0]


def said(finding: Finding) -> str:
    words = (finding.title, finding.cause, finding.fix)
    others = [command for one in finding.alternatives for command in one.commands]
    return "\n".join([*(one.in_language("en") for one in words), *finding.commands, *others])


@pytest.mark.parametrize(
    ("text", "name", "parts"),
    [
        (
            build("ModuleNotFoundError: No module named 'beta'"),
            "build-imports-absent",
            ("alpha imports beta", '"beta"', "--no-build-isolation alpha"),
        ),
        (
            build("AttributeError: module 'pkgutil' has no attribute 'ImpImporter'"),
            "release-older-than-python",
            ("alpha is older than this Python", "uv venv --python 3.10", "--only-binary alpha"),
        ),
        (
            build("RuntimeError: Python 3.13.0: only versions >=3.9,<3.12 are supported."),
            "build-wants-other-python",
            ("alpha is for Python >=3.9,<3.12", "uv venv --python '>=3.9,<3.12'"),
        ),
        (
            build("UnicodeDecodeError: 'gbk' codec can't decode byte 0x99 in position 5"),
            "build-encoding",
            ("(gbk)", "PYTHONUTF8=1"),
        ),
        (
            "Running setup.py bdist_wheel for alpha ... error\n"
            "src/core.c:2:10: fatal error: beta/io.h: No such file or directory\n"
            "error: command 'x86_64-linux-gnu-gcc' failed with exit status 1",
            "header-missing",
            ("beta/io.h is missing: alpha is compiled", r"apt-file search --regexp '/beta/io\.h$'"),
        ),
        (
            "gcc -I/usr/include/python3.9 -c alpha.c\nalpha.c:1: fatal error: Python.h: "
            "No such file or directory\nerror: command 'gcc' failed with exit status 1",
            "python-headers-missing",
            ("install -y python3.9-dev", "python3.9-devel"),
        ),
        (
            "Building wheel for alpha (setup.py) ... error\nsh: 1: swig: not found",
            "build-tool-missing",
            ("needs the program swig", "apt-get install -y swig"),
        ),
    ],
)  # fmt: skip
def test_a_build_says_what_it_lacked(text: str, name: str, parts: tuple[str, ...]) -> None:
    found = first(text)
    assert found.id == name
    assert [part for part in parts if part not in said(found)] == []
    assert found.certainty == "likely"


@pytest.mark.parametrize(
    ("text", "name", "parts"),
    [
        (
            f"{UV}alpha{{sys_platform == 'win32'}}==2.0 has no wheels with a matching Python "
            f"version\n"
            "      tag (e.g., `cp313`) and beta==5 depends on alpha{sys_platform == "
            "'win32'}==2.0, we\n"
            "      can conclude that beta==5 cannot be used.\n\n      hint: Wheels are available "
            "for "
            "`alpha` (v2.0) with the following Python ABI tags: `cp38`, `cp39`",
            "pinned-for-other-system",
            ("beta==5 requires alpha==2.0", "uv add 'beta'", "uv venv --python 3.9"),
        ),
        (
            f"{UV}mine[cpu] depends on alpha>=2 and mine[gpu] depends on alpha<2, we can conclude "
            "that mine[cpu] and\n      mine[gpu] are incompatible.",
            "extras-exclude",
            ("cpu and gpu of mine", 'conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]'),
        ),
        (
            "error: Distribution `alpha==2.4 @ registry+https://index/simple` can't be installed "
            "because it doesn't have a source distribution or wheel for the current platform\n\n"
            "hint: You're on Linux (`manylinux_2_39_x86_64`), but `alpha` (v2.4) only has wheels "
            "for "
            "the following platforms: `win_amd64`",
            "release-without-wheel-here",
            ("win_amd64 only", 'uv add "alpha<2.4"'),
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement torch==1.9+cu111 (from "
            "versions: 1.11.0, 1.12.0)\nERROR: No matching distribution found for torch==1.9+cu111",
            "build-on-own-page",
            ("torch==1.9+cu111 is a build for one CUDA", "/whl/cu111"),
        ),
    ],
)
def test_an_installer_says_why_there_is_no_solution(
    text: str, name: str, parts: tuple[str, ...]
) -> None:
    found = first(text)
    assert found.id == name
    assert [part for part in parts if part not in said(found)] == []


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        ("429 Client Error: Too Many Requests", ("asked too often", "Wait")),
        ("404 Client Error: Not Found", ("no such file", "misspelt")),
        ("503 Server Error: Service Unavailable", ("fails by itself (503)", "later")),
    ],
)
def test_a_server_that_answers_was_reached(answer: str, parts: tuple[str, ...]) -> None:
    found = first(f"requests.exceptions.HTTPError: {answer} for url: https://hub.example/a/b.bin")
    assert found.id == "server-answered"
    assert [part for part in parts if part not in said(found)] == []
    assert "hub.example was reached" in said(found)


@pytest.mark.parametrize(
    ("text", "name", "parts"),
    [
        (
            "ImportError: libalpha.so.3: cannot open shared object file: No such file or "
            "directory\n"
            "$ ls /opt/alpha/lib/libalpha.so.3\n/opt/alpha/lib/libalpha.so.3",
            "library-not-searched",
            ("is there, in /opt/alpha/lib", "echo /opt/alpha/lib | sudo tee /etc/ld.so.conf.d/"),
        ),
        (
            "ImportError: libalpha2.so.3: cannot open shared object file: No such file or "
            "directory",
            "system-library-missing",
            ("install -y libalpha2-3",),
        ),
        (
            "OSError: libcufft.so.10: cannot open shared object file: No such file or directory",
            "cuda-library-missing",
            ('"nvidia-cufft-cu11"', "LD_LIBRARY_PATH"),
        ),
        (
            "Unable to load any of {libcudnn_ops.so.9.1.0, libcudnn_ops.so.9.1, libcudnn_ops.so.9, "
            "libcudnn_ops.so}",
            "cuda-library-missing",
            ("libcudnn_ops.so.9, a part of CUDA", '"nvidia-cudnn-cu12==9.*"'),
        ),
    ],
)
def test_a_library_that_is_not_found_is_named_with_what_brings_it(
    text: str, name: str, parts: tuple[str, ...]
) -> None:
    found = first(text)
    assert found.id == name
    assert [part for part in parts if part not in said(found)] == []


def test_a_library_of_homebrew_is_its_formula_in_the_release_that_was_linked() -> None:
    site = "/Users/a/env/lib/python3.9/site-packages"
    found = first(
        f"ImportError: dlopen({site}/alpha/_c.so, 2): Library not loaded: "
        "/usr/local/opt/gcc/lib/gcc/10/libgomp.1.dylib\n"
        f"  Referenced from: {site}/alpha/_c.so\n  Reason: image not found",
        MAC,
    )
    assert found.commands == ("brew install gcc@10",)


@pytest.mark.parametrize(
    ("own", "module", "name"),
    [
        ("alpha", "alpha", "jupyter server extension disable alpha"),
        ("alpha", "beta.io", "needs beta.io"),
    ],
)
def test_an_extension_that_is_switched_on_and_not_there(own: str, module: str, name: str) -> None:
    found = first(
        f"[W 19:35:09 LabApp] Error loading server extension {own}\n"
        "    Traceback (most recent call last):\n"
        '      File "/e/site-packages/notebook/notebookapp.py", line 15, in '
        "init_server_extensions\n"
        "        mod = importlib.import_module(modulename)\n"
        '      File "<frozen importlib._bootstrap>", line 953, in _find_and_load_unlocked\n'
        f"    ModuleNotFoundError: No module named '{module}'"
    )
    assert found.id == "server-extension-absent"
    assert name in said(found)


def test_what_needs_paddle_is_not_installed_where_another_framework_fails() -> None:
    found = first(
        "RuntimeError: CUDA error: no kernel image is available for execution on the device\n"
        "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current "
        "PyTorch installation."
    )
    assert "paddlepaddle" not in " ".join(found.commands)
    assert any(command.endswith(" torch") for command in found.commands)
