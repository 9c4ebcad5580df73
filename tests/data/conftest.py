"""Files of every kind, made where the test runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from data.data_files import Write

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file: bytes as they are, text as UTF-8 with its line ends untouched."""

    def _write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return _write


@pytest.fixture
def real() -> Callable[[str], str]:
    """The path of a real data set that lies beside the project, or a skip."""

    def path(name: str) -> str:
        found = REAL / name
        if not found.is_file():
            pytest.skip(f"{name} is not beside the project")
        return str(found)

    return path
