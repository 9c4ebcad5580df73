"""A search over runs that only act as if they trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from search.acting import Acting, rows

from paddle_lab.search import start
from paddle_lab.search.folder import SearchFolder


@pytest.fixture
def acting(monkeypatch: pytest.MonkeyPatch, registry_root: Path) -> Acting:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    for module in ("engine", "joined", "trial"):
        monkeypatch.setattr(f"paddle_lab.search.{module}._POLL_S", 0.005)
    made = Acting()
    monkeypatch.setattr("paddle_lab.training.start.begin", made.begin)
    return made


@pytest.fixture
def begun(acting: Acting, tmp_path: Path) -> Callable[..., SearchFolder]:
    def begin(**options: Any) -> SearchFolder:
        given = {"train": rows(tmp_path), "lr": "1e-6..1e-2", "seed": "7"}
        given |= options.pop("given", {})
        return start.new_search(given, {}, **{"trials": 5, **options})

    return begin
