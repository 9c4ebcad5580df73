"""Converted models in Paddle Lab's cache: made whole or not at all, and used only when whole.

The cache's folder has a name that anybody can work out, and may be shared. So a model in it is
taken only as it was written: exactly the files of its list, regular ones, each with its SHA-256.
Anything else is made anew from the source.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T
from paddle_lab.models.arrays import Weights
from paddle_lab.models.config import CONFIG_FILE
from paddle_lab.models.convert import SAFETENSORS_FILE
from paddle_lab.models.heads import HEAD_FILE
from paddle_lab.models.tokenizer import TOKENIZER_CONFIG_FILE, VOCAB_FILE
from paddle_lab.paths import fsync_dir
from paddle_lab.untrusted import UnusableFile, read_object, sha256_of

LIST_FILE: Final = "contents.json"
FILES: Final = frozenset({CONFIG_FILE, VOCAB_FILE, TOKENIZER_CONFIG_FILE, SAFETENSORS_FILE})
_FORMAT: Final = 1
_LEFTOVER_AGE_S: Final = 3600.0


def is_whole(folder: Path) -> bool:
    """Whether ``folder`` holds a converted model just as it was written, and nothing else."""
    try:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            return False
        found = {entry.name for entry in os.scandir(folder)}
        if found - {HEAD_FILE} != {*FILES, LIST_FILE}:
            return False
        if not all(stat.S_ISREG((folder / name).lstat().st_mode) for name in found):
            return False
        listed = read_object(folder / LIST_FILE)
        hashes = {name: sha256_of(folder / name) for name in found - {LIST_FILE}}
    except (OSError, UnusableFile):
        return False
    return listed == {"format": _FORMAT, "sha256": hashes}


def store(
    target: Path,
    config: dict[str, Any],
    vocabulary: list[str],
    tokenizer: dict[str, Any],
    weights: Weights,
    head: Weights | None = None,
) -> None:
    """Make ``target`` whole or not at all; when another process was faster, keep its folder.

    ``head`` are parameters beside the encoder's, in a file of their own.
    What was there before and is not whole is removed, and what a killed process left an hour ago.
    Raises ModelError when it cannot be written.
    """
    from safetensors.numpy import save_file

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(target)
        making = Path(tempfile.mkdtemp(dir=target.parent, prefix=_prefix(target)))
    except OSError as error:
        raise _cannot_store(target, error) from error
    try:
        _write_json(making / CONFIG_FILE, config)
        (making / VOCAB_FILE).write_text("".join(f"{token}\n" for token in vocabulary), "utf-8")
        _write_json(making / TOKENIZER_CONFIG_FILE, tokenizer)
        save_file(weights, making / SAFETENSORS_FILE, metadata={"format": "np"})
        if head is not None:
            save_file(head, making / HEAD_FILE, metadata={"format": "np"})
        with (making / SAFETENSORS_FILE).open("rb") as file:
            os.fsync(file.fileno())
        hashes = {path.name: sha256_of(path) for path in making.iterdir()}
        _write_json(making / LIST_FILE, {"format": _FORMAT, "sha256": hashes})
        making.chmod(0o755)
        if not is_whole(target):
            _remove(target)
            making.rename(target)
            fsync_dir(target.parent)
    except OSError as error:
        if not is_whole(target):
            raise _cannot_store(target, error) from error
    finally:
        if making.is_dir():
            shutil.rmtree(making, ignore_errors=True)


def _prefix(target: Path) -> str:
    return f".{target.name[:40]}-"


def _clear_leftovers(target: Path) -> None:
    """Remove half conversions of this model whose process was killed; a young one is at work."""
    for path in target.parent.glob(f"{_prefix(target)}*"):
        with contextlib.suppress(OSError):  # another process has just finished, or removed it
            if time.time() - path.lstat().st_mtime > _LEFTOVER_AGE_S:
                _remove(path)


def _remove(path: Path) -> None:
    """Whatever has this name; a link goes, and what it leads to stays. Raises OSError."""
    try:
        is_folder = stat.S_ISDIR(path.lstat().st_mode)
    except FileNotFoundError:
        return
    if is_folder:
        shutil.rmtree(path)
    else:
        path.unlink()


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8")


def _cannot_store(target: Path, error: OSError) -> ModelError:
    return ModelError(
        T(
            "Cannot store the converted model in {folder}",
            "无法将转换后的模型存入 {folder}",
            folder=target.parent,
        ),
        T("{error}", "{error}", error=error),
        T(
            "Free some space, or set PADDLE_LAB_CACHE_DIR to a folder that can be written.",
            "请释放空间，或将 PADDLE_LAB_CACHE_DIR 设为可写的文件夹。",
        ),
        code="model.cache",
    )
