"""What looks like a message of a build, a library or a server and is none is not claimed."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.release_names import History, history
from paddle_lab.environment.said.sonames import debian_name
from paddle_lab.environment.said.symbols import owner_of_symbol

LINUX: dict[str, Any] = {"platform": {"system": "Linux"}, "packages": {"pip": "25.0"}}
WINDOWS: dict[str, Any] = {"platform": {"system": "Windows"}, "packages": {"pip": "25.0"}}
ABSENT = "cannot open shared object file: No such file or directory"
FAILED = "  error: subprocess-exited-with-error\n\n  × python did not run successfully.\n"
OUTPUT = f"{FAILED}  ╰─> [3 lines of output]\n      {{}}\n      [end of output]\n"


def found(text: str, facts: dict[str, Any] = LINUX) -> list[Finding]:
    return list(explain(text, facts, facts_join=False).findings)


def first(text: str, name: str, facts: dict[str, Any] = LINUX) -> Finding:
    return next(one for one in found(text, facts) if one.id == name)


def said(finding: Finding) -> str:
    words = (finding.title, finding.cause, finding.fix)
    others = [command for one in finding.alternatives for command in one.commands]
    shown = [one.in_language(language) for one in words for language in ("en", "zh")]
    return "\n".join([*shown, *finding.commands, *others, *finding.evidence])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("OSError: preprocessor_config not found in ./mymodel", "build-tool-missing"),
        (f"{FAILED}KeyError: model_config not found", "build-tool-missing"),
        ("bash: nvcc: command not found", "build-tool-missing"),
        (
            "main.cc:3:10: fatal error: paddle_inference_api.h: No such file or directory",
            "header-missing",
        ),
        (
            "ImportError: cannot import name 'cached_download' from 'huggingface_hub' "
            "(/home/me/p/huggingface_hub.py)",
            "name-of-other-release",
        ),
        (
            "from huggingface_hub import cached_download\nImportError: cannot import name "
            "'cached_download' from 'huggingface_hub' (/home/me/p/huggingface_hub.py)",
            "name-of-other-release",
        ),
        (
            "AttributeError: partially initialized module 'huggingface_hub' has no attribute "
            "'cached_download' (most likely due to a circular import)",
            "name-of-other-release",
        ),
        ("ValueError: the shape doesn't match 'labels'", "certificate-of-other-host"),
        (
            OUTPUT.format("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xb2 in position 5"),
            "build-encoding",
        ),
        (
            OUTPUT.format("error in alpha setup command: use_2to3 is invalid."),
            "release-older-than-python",
        ),
        (
            "[I ServerApp] Extension package jupyterlab took 0.4s to import\n"
            "ModuleNotFoundError: No module named 'alpha'",
            "server-extension-absent",
        ),
        ("HTTPError: 512 files left, while getting https://hub.example/a.bin", "server-answered"),
        (
            f"ImportError: libcuda.so.1: {ABSENT}\n/usr/local/cuda/lib64/stubs/libcuda.so.1",
            "library-not-searched",
        ),
    ],
)  # fmt: skip
def test_what_is_no_such_failure_is_not_told_as_one(text: str, name: str) -> None:
    assert [one.id for one in found(text) if one.id == name] == []


def test_the_file_of_the_package_itself_is_still_asked() -> None:
    text = (
        "ImportError: cannot import name 'cached_download' from 'huggingface_hub' "
        "(/usr/lib/python3/dist-packages/huggingface_hub/__init__.py)"
    )
    assert "0.26" in said(first(text, "name-of-other-release"))


@pytest.mark.parametrize(
    ("gone", "last", "requirement"),
    [
        ("4.26.0", "4.22.0", "alpha<4.23"),
        ("4.23.0", "4.22.0", "alpha<4.23.0"),
        ("4.22.3", "4.22.0", "alpha<4.22.3"),
        ("5.0", "", "alpha<5.0"),
        ("5.0", "4", "alpha<5.0"),
    ],
)
def test_no_command_asks_for_a_release_that_was_not_read(
    gone: str, last: str, requirement: str
) -> None:
    assert History("alpha", "alpha.x", "", gone, last).requirement == requirement


def test_where_every_minor_release_was_read_the_range_ends_where_the_name_left() -> None:
    exact = history("numpy", "VisibleDeprecationWarning")
    assert exact is not None
    assert exact.requirement == "numpy<2.0.0"


@pytest.mark.parametrize(
    ("library", "wanted"),
    [
        ("libcufft.so.12", '"nvidia-cufft"'),
        ("libcusolver.so.11", '"nvidia-cusolver-cu12"'),
        ("libcusolver.so.12", '"nvidia-cusolver"'),
        ("libcudart.so.10.2", ""),
        ("libcudnn.so.7", ""),
        ("libcublas.so.9.0", ""),
    ],
)
def test_a_part_of_cuda_is_offered_from_a_wheel_only_where_there_is_one(
    library: str, wanted: str
) -> None:
    told = first(f"OSError: {library}: {ABSENT}", "cuda-library-missing")
    assert told.commands[0].startswith(f"find / -name '{library}*'")
    assert (wanted in told.commands[1]) if wanted else len(told.commands) == 1
    assert wanted or "nvidia-" not in said(told)


def test_the_folder_of_wheels_is_asked_of_the_python_of_the_facts() -> None:
    facts = {**LINUX, "python": {"executable": "/opt/env/bin/python3"}}
    told = first(f"OSError: libcublas.so.12: {ABSENT}", "cuda-library-missing", facts)
    assert "$(/opt/env/bin/python3 -c " in told.commands[2]


@pytest.mark.parametrize(
    ("stem", "number", "name"),
    [
        ("libboost_system", "1.71.0", "libboost-system1.71.0"),
        ("libbz2", "1.0", "libbz2-1.0"),
        ("libzmq", "5", "libzmq5"),
        ("libz", "1", "zlib1g"),
    ],
)
def test_debian_names_a_library_with_its_whole_number(stem: str, number: str, name: str) -> None:
    assert debian_name(stem, number) == name


def test_a_header_that_microsofts_compiler_lacks_is_told_without_apt() -> None:
    text = (
        "Building wheel for alpha (setup.py) ... error\nsrc/core.c(2): fatal error C1083: Cannot "
        "open include file: 'beta/io.h': No such file or directory\n"
        "error: command 'cl.exe' failed with exit code 2\nERROR: Failed building wheel for alpha"
    )
    for facts in (WINDOWS, LINUX):
        told = first(text, "header-missing", facts)
        assert "beta/io.h" in told.title.in_language("en")
        assert told.commands == ()
        assert "--only-binary alpha alpha" in said(told)


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        ("ImportError: cannot import name 'Mapping' from 'collections'", ("3.10 and", "3.9 .venv")),
        ("ModuleNotFoundError: No module named 'distutils'", ("3.12 and", "3.10 .venv-310")),
    ],
)
def test_the_python_of_the_time_is_the_one_before_the_name_left(
    error: str, parts: tuple[str, str]
) -> None:
    told = said(first(OUTPUT.format(error), "release-older-than-python"))
    assert [part for part in parts if part not in told] == []


@pytest.mark.parametrize(
    ("before", "end"),
    [
        ("$ pip install -e .\nObtaining file:///home/me/alpha\n", "--no-build-isolation -e ."),
        ("Collecting alpha\n", "--no-build-isolation alpha"),
    ],
)
def test_a_build_without_isolation_is_of_what_was_asked_for(before: str, end: str) -> None:
    text = before + OUTPUT.format("ModuleNotFoundError: No module named 'beta'")
    assert first(text, "build-imports-absent").commands[1].endswith(end)


def test_no_command_holds_three_dots_where_the_package_is_not_named() -> None:
    text = OUTPUT.format("ModuleNotFoundError: No module named 'beta'")
    told = first(text, "build-imports-absent")
    assert len(told.commands) == 1
    assert "…" not in said(told)


@pytest.mark.parametrize(
    ("marker", "only"),
    [
        ("sys_platform == 'win32'", "environments = [\"sys_platform == 'linux'\"]"),
        ("python_full_version >= '3.13'", "requires-python"),
    ],
)
def test_what_is_solved_for_is_limited_in_words_not_in_a_command(marker: str, only: str) -> None:
    text = (
        "  × No solution found when resolving dependencies:\n  ╰─▶ Because "
        f"alpha{{{marker}}}==2.0 has no wheels with a matching Python version tag and beta==5 "
        f"depends on alpha{{{marker}}}==2.0, we can conclude that beta==5 cannot be used."
    )
    told = first(text, "pinned-for-other-system")
    assert only in told.fix.in_language("en")
    assert only in told.fix.in_language("zh")
    assert "tool.uv" not in "\n".join(one for way in told.alternatives for one in way.commands)


def test_a_password_in_an_address_is_not_shown() -> None:
    told = first(
        "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: "
        "https://me:secret@hub.example:8080/a/b@1.bin",
        "server-answered",
    )
    assert "hub.example was reached" in said(told)
    assert "/a/b@1.bin" in told.commands[0]
    assert "secret" not in said(told)


@pytest.mark.parametrize(
    ("path", "commands"),
    [
        ("/home/me/.cache/alpha", 1),
        ("/root/.paddlenlp", 1),
        ("/home/me", 1),
        ("/usr/lib/python3/dist-packages/alpha/x.json", 0),
        ("/data/out", 0),
    ],
)
def test_another_home_folder_helps_only_what_is_in_it(path: str, commands: int) -> None:
    told = first(f"OSError: [Errno 30] Read-only file system: '{path}'", "file-system-read-only")
    assert len(told.commands) == commands
    assert "..." not in "".join(told.commands)


def test_a_namespace_of_several_libraries_is_not_taken_for_one() -> None:
    assert owner_of_symbol("_ZN6google8protobuf7Message5ClearEv") == "protobuf"
    assert owner_of_symbol("_ZN6google10LogMessageD1Ev") == ""
