"""What programs say of themselves is read, whatever the package, version or host."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.findings import Finding

LINUX: dict[str, Any] = {
    "platform": {"system": "Linux", "machine": "x86_64"},
    "python": {"version": "3.11.7", "executable": "/env/bin/python"},
    "packages": {"pip": "25.0"},
    "jupyter": {"kernels": [{"name": "python3", "exists": True}]},
}


def first(text: str) -> Finding:
    return explain(text, LINUX, facts_join=False).findings[0]


def said(finding: Finding) -> str:
    words = (finding.title, finding.cause, finding.fix)
    return "\n".join([*(one.in_language("en") for one in words), *finding.commands])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "ERROR: Cannot install alpha==1.0 and beta>=3 because these package versions have "
            "conflicting dependencies.\n\nThe conflict is caused by:\n"
            "    The user requested beta>=3\n    alpha 1.0 depends on beta==2.2.0\n\n"
            "ERROR: ResolutionImpossible: for help visit ...",
            ("alpha==1.0 requires beta==2.2.0", "you ask for beta>=3", "install alpha==1.0 beta"),
        ),
        (
            "  × No solution found when resolving dependencies:\n"
            "  ╰─▶ Because gamma==1.0 depends on delta<=1.26 and you require gamma==1.0, we can\n"
            "      conclude that you require delta<=1.26.\n"
            "      And because you require delta>=2.1, we can conclude that your requirements are\n"
            "      unsatisfiable.\n",
            ("gamma==1.0 requires delta<=1.26", "you ask for delta>=2.1", '"delta<=1.26"'),
        ),
        (
            "Because epsilon (2.6.0) depends on zeta (1.24.4) and eta (4.10) depends on zeta "
            "(>=1.26.0), epsilon (2.6.0) is incompatible with eta (4.10). version solving failed.",
            ("epsilon==2.6.0", "zeta>=1.26.0", "-m venv .venv-eta"),
        ),
        (
            "theta 0.1.0 requires iota<5,>=4.9, but you have iota 4.6 which is incompatible.\n"
            "kappa 2.7.3 requires iota<=4.6.0.66, but you have iota 4.10 which is incompatible.",
            ("theta==0.1.0", "kappa==2.7.3 requires iota<=4.6.0.66", "only warned"),
        ),
        (
            "lambda1 2.5.0+ 需要mu>=3.20.3，但是nu 2.4.2 需要 <= 3.20.0，会冲突",
            ("lambda1==2.5.0 requires mu>=3.20.3", "nu==2.4.2 requires mu<=3.20.0"),
        ),
    ],
    ids=["pip", "uv", "poetry", "pip's warnings", "a person's words"],
)
def test_two_requirements_that_exclude_each_other_are_named(
    text: str, parts: tuple[str, ...]
) -> None:
    found = first(text)
    assert found.id == "requirements-exclude"
    assert all(part in said(found) for part in parts), said(found)


def test_requirements_that_a_version_meets_are_no_conflict() -> None:
    text = (
        "The conflict is caused by:\n    alpha 1.0 depends on beta>=2\n"
        "    gamma 1.0 depends on beta<3\nERROR: ResolutionImpossible"
    )
    found = explain(text, LINUX).findings
    assert "requirements-exclude" not in [one.id for one in found]


@pytest.mark.parametrize(
    ("asked", "listed", "command"),
    [
        ("alpha==1.13.3", "1.14.5, 1.14.6, 1.21.6", "install alpha==1.14.5"),
        ("alpha==9.9", "1.0, 2.0", "install alpha==2.0"),
        ("alpha-gpu==2.4.2.post117", "2.5.1, 2.5.2.post112, 2.5.2.post117", "==2.5.2.post117"),
    ],
)
def test_a_version_that_the_index_does_not_offer(asked: str, listed: str, command: str) -> None:
    text = (
        f"ERROR: Could not find a version that satisfies the requirement {asked} "
        f"(from versions: {listed})\nERROR: No matching distribution found for {asked}"
    )
    found = first(text)
    assert found.id == "version-not-offered"
    assert command in found.commands[0]


def test_the_index_that_was_asked_is_asked_again() -> None:
    text = (
        "pip install alpha==3.3.0 -i https://index.example/stable/cu126/\n"
        "ERROR: Could not find a version that satisfies the requirement alpha==3.3.0 "
        "(from versions: 3.0.0, 3.1.0)"
    )
    assert first(text).commands == (
        "/env/bin/python -m pip install alpha==3.1.0 -i https://index.example/stable/cu126/",
    )


def test_versions_that_another_python_is_needed_for() -> None:
    text = (
        "ERROR: Ignored the following versions that require a different python version: "
        "10.0.0 Requires-Python >=3.12; 10.1.0 Requires-Python >=3.13\n"
        "ERROR: Could not find a version that satisfies the requirement alpha>=10.0 "
        "(from versions: 9.4.0, 9.5.0)"
    )
    found = first(text)
    assert found.id == "version-not-offered"
    assert "asks for a Python >=3.12" in said(found)


@pytest.mark.parametrize(
    ("text", "id", "parts"),
    [
        (
            "  × No solution found when resolving dependencies:\n"
            "  ╰─▶ Because alpha-cu12==2.2 has no wheels with a matching platform tag (e.g., "
            "`win_amd64`) and you\n      require alpha-cu12==2.2, we can conclude that your "
            "requirements are unsatisfiable.\n\n      hint: Wheels are available for `alpha-cu12` "
            "(v2.2) on the following platform: `manylinux2014_x86_64`",
            "wheels-for-others",
            ("alpha-cu12==2.2", "manylinux2014_x86_64", "win_amd64"),
        ),
        (
            "error: No solution found when resolving dependencies\n  cause: Because all versions "
            "of alpha have no usable wheels\nhint: Wheels are required for `alpha` because "
            "building from source is disabled for all packages (i.e., with `--no-build`)",
            "source-package-refused",
            ("alpha is published as source only", "--no-binary alpha"),
        ),
    ],
    ids=["another system", "no build"],
)
def test_why_there_is_no_wheel(text: str, id: str, parts: tuple[str, ...]) -> None:
    found = first(text)
    assert found.id == id
    assert all(part in said(found) for part in parts), said(found)


@pytest.mark.parametrize(
    ("text", "id", "host"),
    [
        (
            "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='files.example', "
            "port=443): Max retries exceeded (Caused by NewConnectionError('Failed to establish "
            "a new connection: [Errno -3] Temporary failure in name resolution'))",
            "connection-name",
            "files.example",
        ),
        (
            "Fetching https://data.example/a.zip\n"
            "socket.gaierror: [Errno -2] Name or service not known",
            "connection-name",
            "data.example",
        ),
        (
            "conda install x -c https://mirror.example/cloud\nCondaHTTPError: HTTP 000 CONNECTION "
            "FAILED for url <https://conda.example/win-64/xz.tar.bz2>",
            "connection-broken-off",
            "conda.example",
        ),
    ],
)
def test_the_host_and_the_step_of_a_connection_that_failed(text: str, id: str, host: str) -> None:
    found = first(text)
    assert found.id == id
    assert host in found.title.in_language("en")


def test_a_kernel_that_is_not_registered_is_told_with_those_that_are() -> None:
    found = first("jupyter_client.kernelspec.NoSuchKernel: No such kernel named course")
    assert found.id == "kernel-not-registered"
    assert "Registered here: python3" in said(found)
    assert "--name course" in found.commands[0]


def test_the_disk_of_the_container_engine() -> None:
    text = (
        "docker: failed to register layer: Error processing tar file(exit status 1): write "
        "/usr/local/x: no space left on device."
    )
    assert first(text).id == "engine-disk-full"


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (
            "[I 2026-01-01 10:00:00.000 ServerApp] jupyterlab | extension was loaded.\n"
            "[C 2026-01-01 10:00:01.000 ServerApp] Not wise. Use --allow-it to go on.",
            "Use --allow-it to go on.",
        ),
        (
            "  × Getting requirements to build wheel did not run successfully.\n"
            "  │ exit code: 1\n  ╰─> [3 lines of output]\n"
            "      The 'alpha' package is deprecated, use 'alpha-kit'\n"
            "      rather than 'alpha' for pip commands.\n      [end of output]\n"
            "  note: This error originates from a subprocess.",
            "use 'alpha-kit' rather than 'alpha' for pip commands.",
        ),
    ],
    ids=["server", "build"],
)
def test_the_advice_in_an_error_goes_before_a_guess(text: str, advice: str) -> None:
    found = first(text)
    assert found.id == "error-gives-advice"
    assert advice in said(found)


@pytest.mark.parametrize(
    "text",
    [
        "fatal: Please commit your changes or use --force to drop them",
        'Traceback (most recent call last):\n  File "game.py", line 3, in <module>\n'
        "ValueError: please use --level 1 to 9",
    ],
)
def test_the_advice_of_other_programs_is_none_of_ours(text: str) -> None:
    assert "error-gives-advice" not in [one.id for one in explain(text, LINUX).findings]


@pytest.mark.parametrize(
    ("text", "id", "parts"),
    [
        (
            "Got permission denied while trying to connect to the Docker daemon socket at "
            "unix:///var/run/docker.sock: dial unix /var/run/docker.sock: connect: permission "
            "denied",
            "socket-refused",
            ("/var/run/docker.sock", "usermod -aG docker"),
        ),
        (
            "[I 2026-01-01 10:00:00.000 ServerApp] The port 18555 is already in use.",
            "port-taken",
            ("Port 18555", ":18555"),
        ),
        ("OSError: No such device (os error 19)", "system-answer", ("mapped into memory",)),
        (
            "/usr/bin/env: ‘python3\\r’: No such file or directory",
            "line-ends-of-windows",
            ("line ends of Windows",),
        ),
        (
            "bash: line 1: env/bin/pip: cannot execute: required file not found",
            "script-without-interpreter",
            ("env/bin/pip", "-m pip --version"),
        ),
        (
            'standard_init_linux.go:211: exec user process caused "exec format error"',
            "image-of-other-processor",
            ("another processor",),
        ),
        (
            "fitz/wrap.c:27: fatal error: fitz.h: No such file or directory\n"
            "error: command 'gcc' failed with exit code 1\n"
            "ERROR: Failed building wheel for alpha",
            "header-missing",
            ("alpha is compiled here", "apt-file search --regexp", "fitz"),
        ),
        (
            "ERROR: Invalid requirement: 'alpha=3.0' (from line 1 of requirements.txt)",
            "requirement-operator",
            ("alpha==3.0",),
        ),
    ],
)
def test_what_the_system_and_its_tools_refuse(text: str, id: str, parts: tuple[str, ...]) -> None:
    found = first(text)
    assert found.id == id
    assert all(part in said(found) for part in parts), said(found)


def test_wsl_takes_the_commands_of_linux() -> None:
    text = (
        "Windows 11, WSL2 Ubuntu 22.04\nOSError: libcuda.so: cannot open shared object file: "
        "No such file or directory"
    )
    assert explain(text, {}).clues["platform"]["system"] == "Linux"


def test_a_command_that_installs_what_the_text_lists_is_passed_over() -> None:
    text = (
        "numpy version 1.26.4\n"
        '  File "/x/lib/python3.12/site-packages/alpha/__init__.py", line 1, in <module>\n'
        "ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 "
        "from C header, got 88 from PyObject"
    )
    assert first(text).commands[0].endswith("--no-deps alpha")


@pytest.mark.parametrize(
    ("text", "id", "parts"),
    [
        (
            "NotWritableError: The current user does not have write permissions to a required "
            "path.\n  path: /home/me/.conda/pkgs/urls.txt\n  uid: 9001",
            "place-refused",
            ("/home/me/.conda/pkgs/urls.txt", "chown -R"),
        ),
        (
            "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find the requested files in "
            "the disk cache and outgoing traffic has been disabled.",
            "connection-offline",
            ("unset HF_HUB_OFFLINE",),
        ),
        (
            "error: No Python installation found for path `/opt/x/bin/python`; run `uv venv` to "
            "create an environment",
            "error-gives-advice",
            ("run 'uv venv' to create an environment",),
        ),
    ],
)
def test_what_other_tools_refuse(text: str, id: str, parts: tuple[str, ...]) -> None:
    found = first(text)
    assert found.id == id
    assert all(part in said(found) for part in parts), said(found)
