"""What a container engine says: a program that may not be run, a driver that is not passed in."""

from __future__ import annotations

import pytest

from paddle_lab.environment import explain


@pytest.mark.parametrize(
    ("text", "name", "part"),
    [
        (
            "docker: Error response from daemon: unable to start container process: "
            'exec: "a/run.py": permission denied: unknown.',
            "container-program-refused",
            "chmod +x run.py",
        ),
        (
            "docker run --rm --gpus all trainer\n"
            "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory",
            "container-without-driver",
            "NVIDIA_DRIVER_CAPABILITIES",
        ),
    ],
)
def test_what_the_engine_started_and_what_it_passed_in(text: str, name: str, part: str) -> None:
    finding = explain(text, {"platform": {"system": "Linux"}}, facts_join=False).findings[0]
    assert finding.id == name
    assert any(part in line for line in finding.commands)


def test_what_the_engine_says_of_the_host_is_not_about_the_container() -> None:
    text = (
        "docker run --gpus all trainer\ndocker: Error response from daemon: nvidia-container-cli: "
        "load library failed: libnvidia-ml.so.1: cannot open shared object file"
    )
    found = explain(text, {"platform": {"system": "Linux"}}, facts_join=False).findings
    assert not found or found[0].id != "container-without-driver"


def test_a_step_of_a_dockerfile_runs_as_a_user_without_rights() -> None:
    text = (
        " > [app 11/12] RUN pip install -r requirements.txt:\n"
        "5.5 Defaulting to user installation because normal site-packages is not writeable\n"
        "9.8 ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: "
        "'/home/app/.local/lib'"
    )
    finding = explain(text, {"platform": {"system": "Linux"}}, facts_join=False).findings[0]
    assert finding.id == "build-step-refused"
    assert "USER app" in finding.fix.in_language("en")
