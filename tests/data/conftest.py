"""Files of every kind, made where the test runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from data.data_files import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file: bytes as they are, text as UTF-8 with its line ends untouched."""

    def _write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return _write
