"""Declared requirements, evaluated for the Python and the system of a fact sheet."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment.requirements import demands, stack, unmet, wanted_range


def sheet(lines: dict[str, list[str]], packages: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"requirements": lines, "packages": packages, **more}


def broken(facts: dict[str, Any]) -> list[str]:
    return [f"{demand.owner}: {demand.name}{demand.specifier}" for demand in unmet(facts)]


@pytest.mark.parametrize(
    ("line", "installed", "met"),
    [
        ("numpy<=1.26.4", "1.26.4", True),
        ("numpy<=1.26.4", "2.2.6", False),
        ("numpy (>=1.7)", "1.6", False),
        ("numpy", "anything goes", True),
        ("numpy>=2", "2.0.0rc1", False),
        ("numpy>=1", "2.0.0rc1", True),
        ("numpy==1.2", "1.2+local", True),
        ("numpy>=1", "not a version", True),
        ("numpy @ https://example.invalid/numpy.whl", "1.0", True),
        ("numpy>=1,<", "0.1", True),
        ('numpy<1; python_version < "3.9"', "2.0", True),
        ('numpy<1; python_version >= "3.9"', "2.0", False),
        ('numpy<1; sys_platform == "win32"', "2.0", True),
        ('numpy<1; platform_system != "Windows"', "2.0", False),
        ('numpy<1; extra == "none asks"', "2.0", True),
        ('numpy<1; implementation_name == "cpython"', "2.0", False),
    ],
)
def test_one_line_against_one_version(line: str, installed: str, met: bool) -> None:
    facts = sheet(
        {"app": [line]},
        {"app": "1.0", "numpy": installed},
        python={"version": "3.11.7", "implementation": "CPython"},
        platform={"system": "Linux", "machine": "x86_64"},
    )
    assert (broken(facts) == []) is met


def test_the_same_line_for_another_machine() -> None:
    line = 'colorama>=1; platform_system == "Windows" and python_version < "3.10"'
    machines = {("Windows", "3.9.1"): 1, ("Windows", "3.10.0"): 0, ("Linux", "3.9.1"): 0}
    for (system, version), found in machines.items():
        facts = sheet({"app": [line]}, {}, python={"version": version}, platform={"system": system})
        assert len(broken(facts)) == found


def test_an_extra_counts_when_it_is_asked_for() -> None:
    lines = {"app": ["lib[net]"], "lib": ['sockets>=2; extra == "net"', 'doc; extra == "d"']}
    packages = {"app": "1", "lib": "1"}
    assert broken(sheet(lines, packages)) == ["lib: sockets>=2"]


@pytest.mark.parametrize("build", ["paddlepaddle", "paddlepaddle-gpu"])
def test_either_build_is_paddle(build: str) -> None:
    facts = sheet({"app": ["paddlepaddle>=2.6"]}, {"app": "1", build: "3.0.0"})
    assert broken(facts) == []


def test_the_stack_is_what_paddle_and_paddlenlp_need() -> None:
    lines = {
        "paddlenlp": ["datasets", "absent"],
        "datasets": ["pyarrow", "paddlenlp"],
        "transformers": ["torch"],
    }
    packages = dict.fromkeys(["paddlenlp", "datasets", "pyarrow", "transformers", "torch"], "1.0")
    assert stack(sheet(lines, packages)) == ["paddlenlp", "datasets", "pyarrow"]


def test_the_range_that_all_owners_accept() -> None:
    lines = {"a": ["numpy>=1.20"], "b": ["numpy<2"], "other": ["numpy>=2"]}
    known = demands(sheet(lines, {"numpy": "2.1"}))
    assert wanted_range("numpy", known, ["a", "b"]) == "numpy>=1.20,<2"


@pytest.mark.parametrize(
    ("asked", "range_"),
    [
        ([">=1.14", "<2.7,>=1.26.4", "<=1.26.4", ">=1.7"], ">=1.26.4,<=1.26.4"),
        ([">=1.2", ">1.2", "<2", "<=2"], ">1.2,<2"),
        ([">=1", "!=1.5", "==1.*"], ">=1,!=1.5,==1.*"),
        ([""], ""),
    ],
)
def test_of_many_bounds_the_tightest_are_named(asked: list[str], range_: str) -> None:
    lines = {f"owner{number}": [f"numpy{one}"] for number, one in enumerate(asked)}
    known = demands(sheet(lines, {"numpy": "2.1"}))
    assert wanted_range("numpy", known, list(lines)) == f"numpy{range_}"


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"requirements": "none"},
        {"requirements": {"a": "numpy"}},
        {"requirements": {"a": ["numpy; python_version < '3.9'"]}, "python": {"version": "<b>"}},
        {"requirements": {"a": ["<script>", ""]}},
    ],
)
def test_sheets_of_strangers_do_not_stop_it(facts: dict[str, Any]) -> None:
    assert isinstance(list(unmet(facts)), list)
