"""JupyterLab with the sidebar on machines of every kind: a fake driver, simulated GPUs, none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fake_nvml.build import FakeNvml, build, compiler
from lab_server import Lab, free_port, write_setting


@pytest.fixture(scope="session")
def start_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """Start a JupyterLab: ``start_lab(language="zh_CN", theme=..., PADDLE_LAB_GPUS=...)``."""
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

    yield start
    for lab in labs:
        lab.stop()


@pytest.fixture(scope="session")
def workshop(start_lab: Callable[..., Lab]) -> Lab:
    """A classroom without GPUs: eight simulated ones."""
    return start_lab(PADDLE_LAB_GPUS="simulated:8xA100")


@pytest.fixture(scope="session")
def machine(
    start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """A machine with two GPUs over the fake driver: ``machine.lab``, ``machine.fake``."""
    if compiler() is None:
        pytest.skip("no C compiler: the fake NVML library cannot be built")
    folder = tmp_path_factory.mktemp("driver")
    fake = FakeNvml(build(folder), folder, gpus=2)
    return SimpleNamespace(fake=fake, lab=start_lab(**fake.environment))


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()
