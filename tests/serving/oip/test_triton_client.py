"""Triton's own client, from an environment of its own, against a service that really runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serving.process import Served

pytestmark = [pytest.mark.slow, pytest.mark.network]
SCRIPT = Path(__file__).with_name("triton_client.py")
TEXTS = ["质量很好，推荐！", "太差了", "😀👍🏽真香", ""]


@pytest.fixture(scope="module")
def its_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with tritonclient: it needs an older protobuf than ours."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("there is no uv to make the client's environment with")
    folder = tmp_path_factory.mktemp("triton")
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    for words in (
        ["venv", "--python", sys.executable, str(folder), "--allow-existing"],
        ["pip", "install", "--python", str(python), "tritonclient[http]"],
    ):
        done = subprocess.run([uv, *words], capture_output=True, text=True, timeout=250)
        if done.returncode:
            pytest.skip(f"tritonclient cannot be installed here: {done.stderr[-200:]}")
    return python


def test_it_works_unchanged(
    its_python: Path, serve: Callable[..., Served], real_bundle: Path
) -> None:
    service = serve(f"tiny={real_bundle}")
    words = [str(its_python), str(SCRIPT), str(service.port), *TEXTS]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["ready"] == [True, True, True] and found["inputs"][0] == "text"
    _, ours = service.ask("/predict", {"texts": TEXTS})
    for binary in (True, False):
        labels = [one["label"] for one in found[f"answers {binary}"]]
        assert labels == [one["label"] for one in ours["answers"]]
    assert found["logits"] == [1, 3] and "no model 'other'" in found["refused"]
