"""Builds, downloads, containers, shells and Python itself name what failed and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.said.python_parts import PARTS

LINUX: dict[str, Any] = {"platform": {"system": "Linux"}, "packages": {"pip": "25.0"}}
BUILD = (
    "error: subprocess-exited-with-error\n× python setup.py egg_info did not run successfully.\n"
)


def first(text: str) -> Finding:
    return explain(text, LINUX, facts_join=False).findings[0]


def title(finding: Finding) -> str:
    return finding.title.in_language("en")


@pytest.mark.parametrize(
    "named",
    [
        "ERROR: Failed to build installable wheels for some pyproject.toml based projects (alpha)",
        "ERROR: Failed building wheel for alpha",
        f'{BUILD}  File "/tmp/pip-install-x49qd_sd/alpha_{"8d" * 16}/setup.py", line 9',
        f"{BUILD}      writing lib/alpha.egg-info/PKG-INFO",
        f"Collecting alpha==1.0\n  Downloading alpha-1.0.tar.gz (3 kB)\n{BUILD}",
    ],
)
def test_a_build_that_failed_names_its_package(named: str) -> None:
    found = first(named)
    assert title(found).startswith("alpha")
    assert found.commands == ("python -m pip install -U --only-binary alpha alpha",)


def test_what_the_build_itself_said_last_is_the_reason() -> None:
    text = (
        f"{BUILD}  ╰─> [9 lines of output]\n      writing alpha.egg-info/PKG-INFO\n"
        "      AttributeError: cython_sources\n      [end of output]\n"
    )
    assert "AttributeError: cython_sources" in first(text).cause.in_language("en")


def test_a_compiler_that_refuses_the_source_is_not_called_missing() -> None:
    text = (
        "ERROR: Failed building wheel for alpha\n      src/alpha.c:6739:5: error: 'PyLongObject' "
        "has no member named 'ob_digit'\n      error: command '/usr/bin/gcc' failed with exit 1"
    )
    assert title(first(text)).startswith("alpha could not be built")
    assert "ob_digit" in first(text).cause.in_language("en")


def test_a_command_that_setuptools_lacks_wants_the_build_tools() -> None:
    found = first(f"{BUILD}error: invalid command 'bdist_wheel'\nFailed building wheel for alpha")
    assert found.commands == ('python -m pip install -U pip "setuptools<81" wheel',)


def test_a_folder_that_the_user_of_a_container_was_refused() -> None:
    text = "docker compose up\nPermissionError: [Errno 13] Permission denied: '/app/cache/users'"
    assert first(text).id == "container-user-refused"
    assert first(text).commands[-1].endswith("-R UID /app/cache")


def test_a_release_for_python_2_is_called_so() -> None:
    text = (
        f'{BUILD}  File "/tmp/pip-install-x/alpha_{"8d" * 16}/setup.py", line 95\n'
        "    print 'linking'\n          ^\nSyntaxError: invalid syntax\n"
    )
    assert title(first(text)) == "alpha is written for Python 2"


def test_a_download_that_is_not_whole_is_asked_for_by_its_own_name_and_index() -> None:
    text = (
        "pip install alpha==2.0 -i https://index.example/simple\n"
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"
        "    alpha==2.0 from https://index.example/alpha-2.0.whl:\n        Expected sha256 5b\n"
    )
    (command,) = first(text).commands
    assert command.endswith("--timeout 120 alpha==2.0 -i https://index.example/simple")


@pytest.mark.parametrize(
    ("text", "name", "option"),
    [
        (
            "docker run --rm -it alpha nvidia-smi\nNVIDIA-SMI has failed because it couldn't "
            "communicate with the NVIDIA driver.",
            "container-without-card",
            "--gpus all",
        ),
        (
            "docker run -u 1000 alpha\nPermissionError: [Errno 13] Permission denied: '/.alpha'",
            "container-without-home",
            "-e HOME=/tmp",
        ),
    ],
)
def test_the_option_that_a_docker_run_leaves_out(text: str, name: str, option: str) -> None:
    found = first(text)
    assert found.id == name
    assert found.commands[0].startswith(f"docker run {option}")
    given = text.replace("docker run", f"docker run {option}")
    assert name not in [one.id for one in explain(given, LINUX, facts_join=False).findings]


def test_a_folder_that_the_engine_cannot_see() -> None:
    text = (
        "docker: Error response from daemon: error while creating mount source path '/data/m': "
        "mkdir /data: read-only file system."
    )
    assert "cannot see the folder /data/m" in title(first(text))


def test_remains_of_an_installation_are_named_with_their_folder() -> None:
    found = first("WARNING: Ignoring invalid distribution -lpha (d:\\py\\lib\\site-packages)")
    assert title(found).startswith("~lpha in d:\\py\\lib\\site-packages")


def test_the_full_disk_is_the_one_that_df_lists() -> None:
    text = (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
        "tmpfs           2.0G  2.0G     0 100% /tmp\n/dev/sda2       400G  100G  300G  25% /home\n"
    )
    assert title(first(text)) == "The disk of /tmp is full"
    assert "TMPDIR" in first(text).commands[0]


def test_a_setting_of_jupyter_that_names_an_absent_package() -> None:
    text = (
        "[C NotebookApp] The 'kernel_spec_manager_class' trait of <notebook.NotebookApp object at "
        "0x1> instance must be a type, but 'alpha.Manager' could not be imported"
    )
    assert first(text).commands[0] == "python -m pip install alpha"
    assert "c.NotebookApp.kernel_spec_manager_class" in first(text).fix.in_language("en")


def test_the_first_wsl_is_told_by_its_kernel() -> None:
    text = "Linux version 4.4.0-20150-Microsoft\nlibcuda.so.1: cannot open shared object file"
    assert first(text).id == "wsl-1"
    assert "wsl-1" not in str(explain(text.replace("4.4.0-20150", "5.10.16"), LINUX).findings)


def test_a_kernel_whose_python_is_gone_is_told_by_its_path() -> None:
    text = (
        "[E ServerApp] Uncaught exception POST /api/sessions\n    FileNotFoundError: [Errno 2] No "
        "such file or directory: '/old/.venv/bin/python'\n[W ServerApp] Failed to start kernel"
    )
    assert "/old/.venv/bin/python" in title(first(text))


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_of_python_is_told_with_the_library_that_it_is_built_from(part: str) -> None:
    found = first(f"ModuleNotFoundError: No module named '{part}'")
    assert found.id == "python-without-part"
    assert PARTS[part] in title(found)


def test_a_script_that_powershell_forbids_and_a_command_that_jupyter_has_not() -> None:
    forbidden = (
        "无法加载文件 D:\\p\\Activate.ps1，因为禁止运行脚本。请参阅 about_Execution_Policies。"
    )
    assert first(forbidden).commands == ("Set-ExecutionPolicy -Scope CurrentUser RemoteSigned",)
    misspelt = first("Jupyter command `jupyter-labb` not found.")
    assert misspelt.commands == ("python -m jupyter lab",)
    absent = first("Jupyter command `jupyter-zzz` not found.")
    assert absent.commands[0] == "python -m pip install zzz"


@pytest.mark.parametrize("part", sorted(PARTS))
def test_no_package_is_installed_for_a_part_of_python(part: str) -> None:
    found = explain(f"ModuleNotFoundError: No module named '{part}'", LINUX).findings
    assert [one.id for one in found] == ["python-without-part"]
