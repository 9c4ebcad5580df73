"""Kernels that do not fit become findings, and are made anew where they stand."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.evidence import evidence_findings

PACKAGES = {"paddlepaddle": "3.3.1", "jupyter-server": "2.17", "ipykernel": "7.0"}


def kernel(name: str = "python3", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "python": "/other/bin/python",
        "file": "~/.local/share/jupyter/kernels",
        "exists": True,
        "here": False,
        "paddle": False,
        "user": True,
        **more,
    }


def facts(*kernels: dict[str, Any], packages: dict[str, str] = PACKAGES, **more: Any) -> Any:
    return {
        "packages": packages,
        "python": {"executable": "/e/bin/python"},
        "jupyter": {"kernels": list(kernels), **more},
    }


@pytest.mark.parametrize(("name", "severity"), [("python3", "error"), ("old", "warning")])
def test_a_kernel_whose_python_is_gone(name: str, severity: str) -> None:
    (found,) = evidence_findings(facts(kernel(name, exists=False)))
    assert found.severity == severity
    assert found.title.in_language("en") == (
        f"The kernel {name} cannot start: there is no /other/bin/python"
    )
    assert found.commands == (f"/e/bin/python -m ipykernel install --user --name {name}",)
    assert found.evidence == (f"~/.local/share/jupyter/kernels/{name}: /other/bin/python",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FileNotFoundError: [Errno 2] No such file or directory: '/other/bin/python'", True),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/other/bin/python3.9'", False),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'reviews.tsv'", False),
    ],
)
def test_a_text_that_names_the_python_of_a_kernel_is_about_it(text: str, found: bool) -> None:
    explained = explain(text, facts(kernel("old", exists=False))).findings
    assert ("kernel-python-gone" in [finding.id for finding in explained]) is found


def test_the_default_kernel_has_no_paddle_and_this_environment_has() -> None:
    (found,) = evidence_findings(facts(kernel(user=False)))
    assert (found.id, found.severity) == ("kernel-without-paddle", "error")
    assert "/other/bin/python" in found.title.in_language("zh")
    assert found.commands == ("/e/bin/python -m ipykernel install --sys-prefix --name python3",)


@pytest.mark.parametrize(
    "entry",
    [
        kernel(here=True, paddle=True),
        kernel(paddle=None),
        kernel(paddle=True),
    ],
    ids=["ours", "not known", "it has Paddle too"],
)
def test_kernels_that_are_as_they_should_be(entry: dict[str, Any]) -> None:
    assert evidence_findings(facts(entry)) == []


def test_without_jupyter_here_its_kernels_are_not_our_business() -> None:
    assert evidence_findings(facts(kernel(), packages={"paddlepaddle": "3.3.1"})) == []


def test_where_paddle_is_when_it_is_not_here() -> None:
    pip = {"python": "/third/bin/python", "here": False, "paddle": True}
    (found,) = evidence_findings(facts(kernel("paddle", paddle=True), packages={}, pip=pip))
    assert (found.id, found.severity) == ("paddle-elsewhere", "warning")
    assert "/other/bin/python" in found.title.in_language("en")
    assert found.evidence[1] == "pip: /third/bin/python"


def test_a_kernel_of_another_project_is_a_note() -> None:
    (found,) = evidence_findings(facts(kernel("torch")))
    assert (found.severity, found.commands) == ("note", ())
    assert "torch" in found.title.in_language("zh")
