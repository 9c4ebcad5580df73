"""A probe in a process of its own answers, or says that it could not."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_lab.environment.probes import apart as module
from paddle_lab.environment.probes.apart import NoAnswer, apart


def test_it_answers_what_the_probe_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("json.py", "random.py", "importlib.py"):
        (tmp_path / name).write_text("raise SystemError('mine')", "utf-8")
    found = apart("hiding", "hiding", timeout=60)
    assert {"json", "random"} <= {entry["module"] for entry in found["hiding"]}


@pytest.mark.parametrize("function", ["no_such_function", "clean"])
def test_a_probe_that_fails_is_told(function: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        apart("hiding", function, timeout=60)
    assert function in str(caught.value)


def test_a_probe_that_hangs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CODE", "import time; time.sleep(60)")
    with pytest.raises(NoAnswer, match="no answer within"):
        apart("hiding", "hiding", timeout=0.3)
