"""Fixtures that several packages share: run folders in a registry of the test's own."""

from __future__ import annotations

import copy
import gc
import itertools
import os
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from browser_apart import BrowserApart
from hypothesis import settings
from run_writer import new_run
from small_model import write_small_model

from paddle_lab.environment import probes
from paddle_lab.runs import RunFolder

# The same inputs in every run: what fails here fails for whoever looks for the reason. `make test`
# tries more of them than `make fast`: --hypothesis-profile=thorough.
settings.register_profile("quick", derandomize=True, deadline=None, max_examples=30)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=150)
settings.load_profile("quick")

# Nobody's own runs are seen, also not those that `make demo` leaves in this folder; processes that
# tests start are told the same.
_NOWHERE = tempfile.TemporaryDirectory(prefix="paddle-lab-tests-")  # gone at exit
os.environ["PADDLE_LAB_DATA_DIR"] = str(Path(_NOWHERE.name, "data"))
_RUNS = str(Path(_NOWHERE.name, "runs"))
os.environ["PADDLE_LAB_RUNS_DIR"] = _RUNS
_NUMBERS = itertools.count()

# Threads of OpenMP that wait for each other go round in a loop for a while, which takes the
# processor from whatever else runs: with several trainings on two cores, a fifth of their time.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@pytest.fixture(autouse=True)
def runs_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that a test makes without saying where are seen by itself alone."""
    if os.environ.get("PADDLE_LAB_RUNS_DIR") == _RUNS:
        monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", f"{_RUNS}-{next(_NUMBERS)}")


@pytest.fixture
def registry_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry of runs of the test's own; processes it starts see the same."""
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(tmp_path / "runs-here"))
    return tmp_path / "data" / "runs"


@pytest.fixture
def make_run(tmp_path: Path, registry_root: Path) -> Callable[..., RunFolder]:
    """A function that makes registered run folders: ``make_run(name="trial")``."""

    def make(**options: object) -> RunFolder:
        return new_run(tmp_path / "runs", registry_root, **options)

    return make


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a model with few weights, for runs whose model does not matter."""
    return str(write_small_model(tmp_path_factory.mktemp("models") / "small"))


@pytest.fixture(scope="session")
def sheet_of_this_machine() -> dict[str, Any]:
    """What the probes find here: gathered once, as it takes more than a second."""
    return probes.gather()


@pytest.fixture
def gathered_once(
    sheet_of_this_machine: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """For a test whose machine stays as it is: commands are given the sheet of the session."""

    def gather() -> dict[str, Any]:
        return copy.deepcopy(sheet_of_this_machine)

    monkeypatch.setattr("paddle_lab.environment.gathering.gather", gather)
    return gather()


# Thousands of tests are collected and stay to the end: no search for garbage among them.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What a file of tests leaves, as Paddle's modules, is searched for garbage once."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.option.dist == "loadfile":
        return BrowserApart(config, log)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Each of several processes reads the tests from another one on, which compiles them.

    In the same order all would compile every file, at the same moment; so the others find it done.
    """
    report = yield
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    if number and isinstance(collector, pytest.Dir):
        start = number * len(report.result) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        report.result = [*report.result[start:], *report.result[:start]]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One order in all processes, with browser tests last.

    Playwright's event loop runs in the main thread until the end.
    """
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, item.path))


# pytest-jupyter's fixtures for every test make a server and close the event loop under Playwright:
# outside tests/server, which takes the originals, they do nothing.
@pytest.fixture
def jp_asyncio_loop() -> None:
    return None


@pytest.fixture
def jp_server_cleanup() -> None:
    return None
