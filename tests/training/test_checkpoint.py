"""Checkpoints are whole or absent, whatever happens while they are written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_lab.errors import RunError
from paddle_lab.training.checkpoint import (
    MANIFEST_FILE,
    MODEL_FILE,
    OPTIMIZER_FILE,
    STATE_FILE,
    Checkpoint,
    latest_checkpoint,
    prune,
    read_checkpoint,
    write_checkpoint,
)


def write(root: Path, step: int, **state: Any) -> Checkpoint:
    arrays = {"w": np.full((4, 4), step, dtype=np.float32)}
    return write_checkpoint(
        root, step, {STATE_FILE: state}, {MODEL_FILE: arrays, OPTIMIZER_FILE: arrays}
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    saved = write(tmp_path, 7, best={"step": 3})
    loaded = read_checkpoint(saved.path)
    assert loaded.step == 7 and loaded.state == {"best": {"step": 3}}
    assert loaded.arrays(MODEL_FILE)["w"][0, 0] == 7
    assert latest_checkpoint(tmp_path) == loaded


@pytest.mark.parametrize("name", [MODEL_FILE, OPTIMIZER_FILE, STATE_FILE, MANIFEST_FILE])
@pytest.mark.parametrize("damage", ["missing", "truncated", "one byte"])
def test_a_damaged_file_is_found_and_passed_over(tmp_path: Path, name: str, damage: str) -> None:
    good = write(tmp_path, 1)
    bad = write(tmp_path, 2)
    path = bad.path / name
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    with pytest.raises(RunError) as caught:
        read_checkpoint(bad.path)
    assert "not whole" in str(caught.value)
    found = latest_checkpoint(tmp_path)
    assert found is not None and found.step == good.step


def test_a_manifest_cannot_point_outside(tmp_path: Path) -> None:
    saved = write(tmp_path, 1)
    manifest = saved.path / MANIFEST_FILE
    manifest.write_text(manifest.read_text().replace(MODEL_FILE, "../" + MODEL_FILE))
    with pytest.raises(RunError):
        read_checkpoint(saved.path)


def test_only_what_is_kept_stays(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        write(tmp_path, step)
    (tmp_path / ".part-left-by-a-crash").mkdir()
    prune(tmp_path, lambda step: step in (1, 3))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000001", "step-00000003"]


@pytest.mark.slow
def test_killed_at_random_moments_nothing_half_written_is_taken_for_whole(tmp_path: Path) -> None:
    script = """
        import sys, itertools
        import numpy as np
        from pathlib import Path
        from paddle_lab.training.checkpoint import write_checkpoint
        arrays = {"w": np.ones((600, 600), dtype=np.float32)}
        files = {"model.safetensors": arrays, "optimizer.safetensors": arrays}
        print("ready", flush=True)
        for step in itertools.count(1):
            write_checkpoint(Path(sys.argv[1]), step, {"state.json": {"n": step}}, files)
    """
    rng = np.random.default_rng(3)
    for trial in range(6):
        root = tmp_path / str(trial)
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script), str(root)], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(float(rng.uniform(0.02, 0.4)))
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        for path in root.glob("step-*"):
            assert read_checkpoint(path).state["n"] == read_checkpoint(path).step


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    script = """
        import resource, signal, sys
        import numpy as np
        from pathlib import Path
        from paddle_lab.training.checkpoint import write_checkpoint
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        arrays = {"w": np.ones((600, 600), dtype=np.float32)}
        try:
            files = {"model.safetensors": arrays}
            write_checkpoint(Path(sys.argv[1]), 1, {"state.json": {}}, files)
        except OSError as error:
            print("refused", error.errno)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "c")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("refused")
    assert list((tmp_path / "c").iterdir()) == []


def test_a_step_that_is_written_again_is_whole_before_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 3, best={"step": 1})
    real, fails = Path.rename, [OSError(5, "Input/output error")]

    def rename(self: Path, target: Path) -> Path:
        if target.name == "step-00000003" and fails:
            raise fails.pop()
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="Input/output error"):
        write(tmp_path, 3, best={"step": 2})
    for wanted in (1, 2):
        newest = latest_checkpoint(tmp_path)
        assert newest is not None and newest.state == {"best": {"step": wanted}}
        assert [path.name for path in tmp_path.iterdir()] == ["step-00000003"]
        write(tmp_path, 3, best={"step": 2})
