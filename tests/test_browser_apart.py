"""Which process runs which file: those of the browser first, and nothing after them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from browser_apart import BrowserApart

PAGES = [f"tests/browser/{name}.py" for name in "pqr"]
OTHERS = [f"tests/{name}.py" for name in "abcd"]
CONFIG: Any = SimpleNamespace(
    option=SimpleNamespace(loadscopereorder=False), getvalue=lambda name: ["2*popen"]
)


class Process:
    """What pytest-xdist's scheduler knows of a process."""

    gateway = SimpleNamespace(id="gw")

    def __init__(self, files: list[str]) -> None:
        self.tests = [f"{file}::test_{number}" for file in files for number in range(3)]
        self.waiting: list[int] = []
        self.files: list[str] = []
        self.shutting_down = False

    def send_runtest_some(self, tests: list[int]) -> None:
        assert not self.shutting_down
        self.waiting += tests

    def shutdown(self) -> None:
        self.shutting_down = True


def files_run(files: list[str], turns: str) -> tuple[list[str], list[str]]:
    """The files of two processes whose turns are as ``turns`` says: "0" and "1", over and over."""
    processes = [Process(files), Process(files)]
    schedule = BrowserApart(CONFIG)
    for process in processes:
        schedule.add_node(process)
        schedule.add_node_collection(process, process.tests)
    schedule.schedule()
    for turn in turns * len(files) * 6:
        process = processes[int(turn)]
        if process.waiting:
            test = process.waiting.pop(0)
            process.files.append(process.tests[test].partition("::")[0])
            schedule.mark_test_complete(process, test)
    assert schedule.tests_finished
    first, second = [list(dict.fromkeys(process.files)) for process in processes]
    return first, second


def test_pages_have_a_process_of_their_own_from_the_beginning() -> None:
    assert files_run([*OTHERS, *PAGES], "011") == (PAGES, OTHERS)


def test_the_other_process_helps_at_last_and_runs_nothing_else_after_a_page() -> None:
    first, second = files_run([*OTHERS, *PAGES], "01111")
    assert first == PAGES[: len(first)]
    assert second == [*OTHERS, *PAGES[len(first) :]]
    assert len(second) > len(OTHERS)


def test_after_its_pages_a_process_runs_nothing_else() -> None:
    assert files_run([*OTHERS, *PAGES], "0001") == (PAGES, OTHERS)


@pytest.mark.parametrize("files", [PAGES, OTHERS])
def test_files_of_one_kind_are_shared(files: list[str]) -> None:
    first, second = files_run(files, "01")
    assert sorted([*first, *second]) == files
    assert first
    assert second
