"""Checkpoints that are whole or absent, without pickles.

A checkpoint is a folder ``step-<n>`` with ``model.safetensors``, ``optimizer.safetensors``,
``state.json``, ``trainer_state.json`` (PaddleNLP's own) and, written last, ``manifest.json`` with
the SHA-256 of each. It is made in a hidden folder beside and renamed. Randomness needs no file: it
is a function of seed and step.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.paths import fsync_dir, put_in_place
from paddle_lab.runs.checks import check_of
from paddle_lab.untrusted import UnusableFile, read_object, sha256_of

MODEL_FILE = "model.safetensors"
OPTIMIZER_FILE = "optimizer.safetensors"
STATE_FILE = "state.json"
TRAINER_STATE_FILE = "trainer_state.json"
MANIFEST_FILE = "manifest.json"
#: What may stand in a checkpoint beside its manifest; nothing else is ever opened.
FILES: Final = frozenset({MODEL_FILE, OPTIMIZER_FILE, STATE_FILE, TRAINER_STATE_FILE})
_STAGING = ".part-"


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint on disk."""

    path: Path
    step: int
    state: dict[str, Any]

    def arrays(self, name: str) -> dict[str, Any]:
        """Arrays of :data:`MODEL_FILE` or :data:`OPTIMIZER_FILE` by name, as numpy."""
        from paddle_lab.models.safe_weights import read_weights

        return dict(read_weights(self.path / name))


def checkpoint_path(root: Path, step: int) -> Path:
    """Where the checkpoint of ``step`` is, if there is one."""
    return root / f"step-{step:08d}"


def write_checkpoint(
    root: Path, step: int, documents: dict[str, dict[str, Any]], arrays: dict[str, dict[str, Any]]
) -> Checkpoint:
    """Write ``root/step-<n>`` from JSON ``documents`` and safetensors ``arrays``, by file name.

    Raises OSError (disk full, no permission) with nothing left behind.
    """
    from safetensors.numpy import save

    root.mkdir(parents=True, exist_ok=True)
    staging = root / f"{_STAGING}{uuid.uuid4().hex}"
    aside = root / f"{_STAGING}{uuid.uuid4().hex}"
    target = checkpoint_path(root, step)
    try:
        staging.mkdir()
        hashes = {name: _write(staging / name, save(group)) for name, group in arrays.items()}
        hashes |= {name: _write(staging / name, _json(doc)) for name, doc in documents.items()}
        _write(staging / MANIFEST_FILE, _json({"format": 1, "step": step, "sha256": hashes}))
        fsync_dir(staging)
        put_in_place(staging, target, aside)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    shutil.rmtree(aside, ignore_errors=True)
    fsync_dir(root)
    return Checkpoint(target, step, documents[STATE_FILE])


def read_checkpoint(path: Path) -> Checkpoint:
    """A checkpoint whose every file is there and unchanged, with nothing beside them.

    Raises RunError naming the first file that is not.
    """
    try:
        manifest = read_object(path / MANIFEST_FILE)
        if (reason := check_of("CheckpointManifest")(manifest)) is not None:
            raise UnusableFile(f"{MANIFEST_FILE} {reason}")
        hashes = manifest["sha256"]
        found = {entry.name for entry in os.scandir(path)} - {MANIFEST_FILE}
        if not {STATE_FILE, MODEL_FILE} <= hashes.keys() <= FILES or found - hashes.keys():
            raise ValueError("it holds files that no checkpoint has")
        for name, expected in hashes.items():
            if not stat.S_ISREG((path / name).lstat().st_mode):
                raise ValueError(f"{name} is not a file")
            if sha256_of(path / name) != expected:
                raise ValueError(f"{name} differs from the manifest")
        state = read_object(path / STATE_FILE)
        step = int(manifest["step"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            T("The checkpoint {path} is not whole.", "检查点 {path} 不完整。", path=path),
            T("{error}", "{error}", error=error),
            T(
                "Resume from an earlier one, or start the run again.",
                "请从更早的检查点恢复，或重新开始运行。",
            ),
            code="run.checkpoint",
        ) from error
    return Checkpoint(path, step, state)


def latest_checkpoint(root: Path) -> Checkpoint | None:
    """The newest whole checkpoint with optimizer state; damaged ones are passed over."""
    for path in sorted(root.glob("step-*"), reverse=True):
        if not (path / OPTIMIZER_FILE).is_file():
            continue
        try:
            return read_checkpoint(path)
        except RunError:
            continue
    return None


def latest_step(root: Path) -> int | None:
    """The step of the newest checkpoint with optimizer state, whole or not: nothing is read."""
    found = [path.parent.name for path in root.glob(f"step-*/{OPTIMIZER_FILE}")]
    steps = [int(name[5:]) for name in found if name[5:].isdigit()]
    return max(steps, default=None)


def prune(root: Path, keep: Callable[[int], bool]) -> None:
    """Remove checkpoints whose step is not kept, and what interrupted writes left."""
    for path in root.glob("step-*"):
        step = path.name.removeprefix("step-")
        if not step.isdigit() or not keep(int(step)):
            shutil.rmtree(path, ignore_errors=True)
    for path in root.glob(f"{_STAGING}*"):
        shutil.rmtree(path, ignore_errors=True)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, allow_nan=False, indent=1).encode("utf-8")


def _write(path: Path, content: bytes) -> str:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()
