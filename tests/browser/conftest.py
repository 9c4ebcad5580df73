"""A real JupyterLab and a real Chromium, one of each for the whole session."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browser_profile import FLAGS, VIEWPORT, new_page, shared_profile
from lab_server import CHROMIUM_FLAGS, Lab, free_port, write_setting
from lab_tab import Tab

#: Names of Chromium, best first: the one without windows draws none.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "chrome")
#: Files of more than a minute.
LONG = {
    "test_finetune.py",
    "test_layout.py",
    "test_live_run.py",
    "test_lost_views.py",
    "test_panel.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark browser tests, and run them last: Playwright keeps an event loop running."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: here in item.path.parents and 1 + _is_short(item.path))


def _is_short(path: Path) -> bool:
    """Long files begin first, so that all processes end at about the same time."""
    return path.name not in LONG


@pytest.fixture(scope="session")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One Jupyter server for all browser tests."""
    base = tmp_path_factory.mktemp("lab")
    (base / "work").mkdir()
    server = Lab(base / "work", base / "home", free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def lab(shared_lab: Lab) -> Iterator[Lab]:
    """The server of all browser tests; kernels end with the test that started them."""
    yield shared_lab
    shared_lab.end_kernels()


@contextmanager
def starting_labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """A function that starts JupyterLabs; all of them end with the block."""
    labs: list[Lab] = []

    def start(language: str = "", theme: str = "", settings: Any = None, **environment: str) -> Lab:
        base = tmp_path_factory.mktemp("sidebar")
        (base / "work").mkdir()
        lab = Lab(base / "work", base / "home", free_port())
        if language:
            write_setting(lab.home, "translation-extension/plugin", {"locale": language})
        if theme:
            write_setting(lab.home, "apputils-extension/themes", {"theme": theme})
        if settings is not None:
            path = lab.home / "settings" / "paddle-lab" / "sidebar.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings), encoding="utf-8")
        labs.append(lab)
        lab.start(**environment)
        return lab

    try:
        yield start
    finally:
        for lab in labs:
            lab.stop()


@pytest.fixture
def start_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """Start a JupyterLab for one test: ``start_lab(language="zh_CN", PADDLE_LAB_GPUS=...)``."""
    with starting_labs(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def start_shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """Start a JupyterLab for all tests."""
    with starting_labs(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def workshop(start_shared_lab: Callable[..., Lab]) -> Lab:
    """A classroom without GPUs: eight simulated ones."""
    return start_shared_lab(PADDLE_LAB_GPUS="simulated:8xA100")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One Chromium for all browser tests."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    flags = [*CHROMIUM_FLAGS, *FLAGS]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, headless=True, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def profile(chromium: Any) -> Iterator[Any]:
    """The profile of :func:`fresh_page`."""
    with shared_profile(chromium) as profile:
        yield profile


@pytest.fixture
def fresh_page(profile: Any) -> Iterator[Any]:
    """A page that knows nothing of earlier tests, but need not compile JupyterLab anew."""
    with new_page(profile) as page:
        yield page


@pytest.fixture
def tab(lab: Lab, fresh_page: Any) -> Tab:
    """A fresh tab."""
    return Tab(fresh_page, lab)


@pytest.fixture
def new_tab(lab: Lab, chromium: Any) -> Iterator[Callable[..., Tab]]:
    """A function that opens further tabs, each in a profile of its own."""
    contexts = []

    def make(**options: Any) -> Tab:
        context = chromium.new_context(**{"viewport": VIEWPORT, **options})
        contexts.append(context)
        return Tab(context.new_page(), lab)

    yield make
    for context in contexts:
        context.close()
