"""Files of the right size with other contents: read when an import failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from environment.made_site import elf, install

from paddle_lab.environment.probes import contents as probe
from paddle_lab.environment.probes.contents import contents

SOURCE = b"def loss(a, b):\n    return a - b\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {"paddle/__init__.py": b"", "paddle/loss.py": SOURCE, "paddle/core.so": elf()}
    install(tmp_path, "paddlepaddle", "3.3.1", files, requires=["numpy"])
    install(tmp_path, "numpy", "1.26.4", {"numpy/__init__.py": SOURCE})
    install(tmp_path, "pastel", "0.2.1", {"pastel/__init__.py": SOURCE})
    return tmp_path


def states(site: Path, kind: str = "damaged") -> dict[str, str]:
    found: dict[str, Any] = contents([str(site)])[kind]
    return {file["path"]: file["state"] for told in found.values() for file in told["files"]}


def test_whole_files_are_no_finding_and_the_nearest_folders_come_first(site: Path) -> None:
    found = contents([str(site)])
    assert found["damaged"] == found["changed"] == {}
    assert found["checked"] == 3, "what is empty, and what Paddle does not need, is not read"
    assert found["folders"] == [str(site / "paddle"), str(site / "numpy")]


@pytest.mark.parametrize(
    ("path", "content", "state"),
    [
        ("paddle/loss.py", bytes(len(SOURCE)), "not Python"),
        ("paddle/loss.py", SOURCE[:16] + bytes(len(SOURCE) - 16), "not Python"),
        ("numpy/__init__.py", b"(" + SOURCE[1:], "not Python"),
        ("paddle/core.so", elf()[:2048] + bytes(2048), "other content"),
    ],
    ids=["zeros", "zeros from a place on", "a flipped bit", "a library"],
)
def test_damage_that_keeps_the_size(site: Path, path: str, content: bytes, state: str) -> None:
    (site / path).write_bytes(content)
    assert states(site) == {path: state}
    assert states(site, "changed") == {}


def test_a_source_that_still_is_python_was_changed(site: Path) -> None:
    (site / "paddle/loss.py").write_bytes(SOURCE.replace(b"a - b", b"b - a"))
    assert states(site) == {}
    assert states(site, "changed") == {"paddle/loss.py": "changed"}


@pytest.mark.parametrize("content", [b"", b"other size\n", None])
def test_what_sizes_tell_is_left_to_them(site: Path, content: bytes | None) -> None:
    (site / "paddle/loss.py").unlink() if content is None else (
        site / "paddle/loss.py"
    ).write_bytes(content)
    assert states(site) == states(site, "changed") == {}


def test_when_the_time_is_over_it_says_so(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "BUDGET_SECONDS", -1.0)
    assert contents([str(site)])["complete"] is False
