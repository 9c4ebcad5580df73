"""Clients of others, from environments of their own, against a service that really runs."""

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
HERE = Path(__file__).parent
TEXTS = ["质量很好，推荐！", "太差了", "😀👍🏽真香", ""]
#: What is installed for a script: these ask for another protobuf than ours.
CLIENTS = {"triton_client.py": "tritonclient[grpc,http]", "kserve_client.py": "kserve"}


def python_with(requirement: str, folder: Path) -> Path:
    """An interpreter in a new environment with it."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("there is no uv to make the client's environment with")
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    for words in (
        ["venv", "--python", sys.executable, str(folder), "--allow-existing"],
        ["pip", "install", "--python", str(python), requirement],
    ):
        done = subprocess.run([uv, *words], capture_output=True, text=True, timeout=250)
        if done.returncode:
            pytest.skip(f"{requirement} cannot be installed here: {done.stderr[-200:]}")
    return python


@pytest.mark.parametrize("script", CLIENTS)
def test_they_work_unchanged_over_http_and_grpc(
    serve: Callable[..., Served], real_bundle: Path, tmp_path: Path, script: str
) -> None:
    python = python_with(CLIENTS[script], tmp_path / "theirs")
    service = serve(f"tiny={real_bundle}", "--grpc-port", "0")
    (serving,) = service.events("serving")
    words = [str(python), str(HERE / script), serving["url"], serving["grpc"], *TEXTS]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    _, ours = service.ask("/predict", {"texts": TEXTS})
    expected = [one["label"] for one in ours["answers"]]
    for protocol in ("http", "grpc"):
        found: dict[str, Any] = json.loads(done.stdout)[protocol]
        assert found["ready"] == [True, True, True], found
        for form in ("raw", "typed"):
            assert [one["label"] for one in found[form]] == expected, (protocol, form)
        assert found["logits"] == [1, 3] and "no model 'other'" in found["refused"]
        assert found.get("inputs", ["text"])[0] == "text"
    assert service.terminate() == 0
